"""Kubernetes objects, and the rules of the control plane; knows nothing of DNS.

    source (watch or manifests) -> Change -> Store -> records of what was touched (`svcdns.cluster`)
    source -> Change -> injection.InjectionStore -> variables for new Pods (`svcdns.web.webhook`)

Everything here is pure: no socket, no clock, no log, no file.

| module | does |
|---|---|
| `objects` | the objects that answers are made from, as frozen structs with only the fields used |
| `ready_endpoints` | reduces an EndpointSlice to its ready addresses and their labels, to save memory |
| `store` | objects by kind and key, and which object has which address |
| `manifests` | a small control plane: defaults, rules, allocation and endpoints for objects from files |
| `injection` | the admission webhook's decisions, and the variables that `svcdns env` prints |
"""
