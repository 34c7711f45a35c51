"""A control plane as functions: it turns manifests into the objects that a cluster would hold.

    parsed YAML -> manifest_decoder (type, defaults, rules) -> control_plane (allocation, EndpointSlices)

The reader of the files (`svcdns.sources.manifests`) knows lines and columns; this package knows only
documents, and reports what is wrong by field path.

| module | does |
|---|---|
| `manifest_objects` | the objects as people write them, with more fields than answers need |
| `manifest_decoder` | expands Lists, picks the type, converts, and runs defaults and rules |
| `defaults` | the defaults that the API server fills in |
| `validation` | the rules of the API server, for every kind |
| `service_validation` | the rules for Services |
| `endpoints_validation` | the rules for EndpointSlices and the older Endpoints |
| `field_rules` | the rules for one value, and the API server's words for an error |
| `control_plane` | from declared objects to the objects of a cluster |
| `service_ranges` | the ranges that numbers are allocated from, and a pool of such numbers |
| `ip_families` | which IP families a Service has |
| `allocation` | cluster IPs and node ports |
| `endpoints_controller` | EndpointSlices from Pods, or from the older Endpoints |
"""
