"""The API server as a source: list and watch over HTTP, into slim objects.

    credentials -> session -> client -> pages, lines -> decode -> lister (one per kind) -> Sink

| module | does |
|---|---|
| `source` | `ApiServerSource`: the kinds to list, their listers, the one-shot reads of commands |
| `lister` | list, watch, relist and resync of one kind: what to push, what is stale |
| `optional` | the same of a kind that an API server may lack |
| `session` | connections, and their renewal |
| `client` | requests: pages, watches, writes; every fault is a `SourceError` |
| `credentials`, `kubeconfig` | kubeconfig or service account, and their files as they change; its mistakes |
| `library` | the only import of kubernetes_asyncio |
| `lines`, `envelope`, `decode`, `triggered`, `slim` | bytes to what is told of objects; pure |
| `difference`, `faults` | what a list changes; what to do about a fault; pure |
| `status`, `settings`, `resources` | logs that do not repeat themselves; all times and sizes; paths |

Importing this package imports none of them: `source` costs 40 MB, and only the watcher and the
one-shot commands need it.
"""
