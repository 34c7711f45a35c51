"""The admission webhook: Pods that opt in get the addresses of Services as environment variables.

    sources -> webhook_state -> kube.injection.injection_store
                                     |
    API server -> review_handler -> kube.injection.admission (pure) -> API server
    kubelet, Prometheus -> webhook_probes

`svcdns webhook` is this process; `svcdns webhook certs` uses the second half of the table.

| module | does |
|---|---|
| `webhook_server` | runs the process: the source, the sockets, the certificate, the end |
| `review_handler` | answers `POST /mutate`: who may ask, status codes; `kube.injection` decides |
| `webhook_probes` | answers `/healthz`, `/readyz` and `/metrics` |
| `webhook_state` | takes in what the source says, and knows what is still waited for |
| `webhook_metrics` | counts reviews, for Prometheus |
| `pki` | makes and reads certificates; the only import of cryptography |
| `certificate_renewal` | says when a certificate is made anew, and what stays of the last one |
| `webhook_manifests` | the objects that make the API server ask, as manifests; pure |
| `registration` | brings these objects up to date in the API server |
"""
