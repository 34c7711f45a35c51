"""The API server as a source: list and watch over HTTP, into slim objects.

    credentials -> client -> pages, chunks -> lines -> decode -> lister (one per kind) -> Sink

| module | does |
|---|---|
| `source` | `ApiServerSource`: the kinds to list, their listers, the one-shot reads of commands |
| `lister` | list, watch, relist and resync of one kind: what to push, what is stale |
| `client` | requests, pages and streams; every fault is a `SourceError` |
| `credentials` | kubeconfig or service account, and their files as they change |
| `library` | the only import of kubernetes_asyncio |
| `decode`, `slim`, `lines`, `backoff` | pure |
| `status`, `settings` | what /ready and the metrics read; all times and sizes |

Importing this package imports none of them: `source` costs 40 MB, and only the watcher and the
one-shot commands need it.
"""
