"""The API server as a source: list and watch over HTTP, into small objects.

    login -> api_session -> api_server_client -> envelope, line_splitter -> object_decoder
                -> reflector (one per kind) -> ObjectSink

| module | does |
|---|---|
| `api_server_source` | `ApiServerSource`: one reflector for each kind that is listed |
| `fetch_objects` | each list once, for the commands |
| `reflector` | list, watch, relist and resync of one kind: what to push, what is stale |
| `optional_resource` | the same for a kind that an API server may lack |
| `api_server_client` | requests: pages, watches, writes; every fault is a `SourceError` |
| `api_session` | the connections, and their renewal |
| `login` | kubeconfig and service account, exec plugins, TLS and proxies |
| `line_splitter`, `envelope` | bytes to pages and events; pure |
| `object_decoder`, `change_time`, `strip_objects` | JSON to the objects that are stored; pure |
| `list_difference` | what a list changes; pure |
| `api_errors` | what can go wrong, and what to do then; pure |
| `api_server_log` | each fault when it begins and when it is over |
| `api_resources` | the paths of the kinds |
| `options` | all times and sizes |

Importing this package imports none of them: `api_server_source` costs 40 MB, and only the watcher and the
one-shot commands need it.
"""
