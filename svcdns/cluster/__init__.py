"""The Kubernetes DNS specification as code: objects to records. Only this package joins the two.

    Change -> affected: which parts of the tree it may alter -> name_tree: those parts, built anew

Each part is a pure function of the store. So an answer can be built twice, before and after a change, and
the difference is written: nothing is counted, and nothing can be forgotten.

| module | does |
|---|---|
| `specification` | everything that other packages call |
| `affected` | the parts of the tree that a change may alter, and the whole tree in parts |
| `name_tree` | builds these parts: zones, namespaces, Pods, and what the next three build |
| `service_records` | a Service's own name and its ports |
| `service_endpoints` | the names of its endpoints |
| `ptr_records` | the reverse names of addresses |
| `single_parts`, `owned_roots` | a part in pieces, each of one object or address; the names that these own |
| `rrsets` | RRsets of addresses and ports |
| `memo` | remembers the last result for each large Service |
| `options`, `derived_options` | the settings of a cluster zone, and the zones and predicates made of them |
| `range_zones` | reverse zones of networks |
| `tld_collision`, `tlds` | namespaces that are named like top-level domains |

Specification: kubernetes/dns docs/specification.md 1.1.0. In comments `BASE` is
`<service>.<namespace>.svc.<zone>`, and `HOST.BASE` is the name of an endpoint.

Importing this package imports none of them: the reader of the settings needs no objects of Kubernetes.
"""
