"""Variables of Services for Pods: the admission webhook's decisions, and what `svcdns env` prints.

    Change -> InjectionStore -> AvailableVars, for a namespace or an annotation
    AdmissionReview -> admission_review -> admission (with AvailableVars) -> json_patch -> AdmissionReview

The processes and the sockets are in `svcdns.web.webhook`; the command is in `svcdns.cli`.

| module | does |
|---|---|
| `admission` | decides what happens to a Pod that is being created |
| `admission_review` | decodes the API server's request, and encodes the answer |
| `opt_in` | reads labels and annotations: whether to inject, and which Services |
| `injection_store` | Services and Namespaces of the cluster, and the variables available to Pods |
| `service_env_vars` | the variables that the kubelet makes of one Service |
| `service_env` | the variables of several Services, each name once |
| `available_vars` | these variables in the order of injection, and which of them `envFrom` may set |
| `pod_spec`, `workloads` | the spec of a Pod; the Pod template in a Deployment and other kinds |
| `pod_injection` | chooses the variables of each container of a Pod |
| `container_env_names` | the names that a container sets or refers to, next to the available variables |
| `env_budget` | which variables fit into a container's limit of bytes |
| `injection_warnings` | the warnings about a container that lacks variables it may expect |
| `container_env` | the environment that a container starts with, and `$(NAME)` in it |
| `json_patch` | JSON Patch (RFC 6902) |
"""
