"""The Kubernetes DNS specification as code: objects to records. Only this package joins the two.

    change -> `touched`: which parts of the tree it may alter -> `tree`: those parts, made anew

Each part is a pure function of the store, so that an answer can be made twice, before and after a
change, and the difference be written: nothing is counted, nothing can be forgotten.
Specification: kubernetes/dns docs/specification.md 1.1.0. In comments `BASE` is
`<service>.<namespace>.svc.<zone>`, and `HOST.BASE` the name of an endpoint.

| module | does |
|---|---|
| `specification` | all that other packages call |
| `options`, `derived` | the settings of a cluster zone, and what follows from them: zones, predicates |
| `touched` | which parts of the tree a change may alter |
| `tree`, `services`, `endpoints`, `pointers`, `rrsets`, `remembered` | the parts: names and RRsets |
| `reverse` | the reverse zones of networks |
| `capture` | Services whose names hide a top-level domain |

Importing this package imports none of them.
"""
