"""HTTP: what the DNS server shows of itself, and the admission webhook.

    stats.overview -> verdicts, exposition, toplists -> pages -> kubelet, Prometheus, people

The webhook is a process of its own, which shares no fate with DNS:

    source -> known (Sink) -> kube.injection_cluster
    API server -> server (TLS, limits) -> reviews -> kube.admission (pure) -> API server

| module | does |
|---|---|
| `pages` | `/health`, `/ready`, `/metrics`, `/debug/top` of the DNS server |
| `verdicts` | whether it is healthy and ready, and why not; pure |
| `exposition`, `exposition_...` | its metrics by name, in families; pure |
| `families` | words over prometheus_client for them |
| `toplists` | who asks most; pure |
| `server` | runs the webhook: the source, the sockets, the certificate, the end |
| `listening`, `connections` | an aiohttp application at sockets: who is let in, and for how long |
| `handler` | what such a connection may send, and what it is told of mistakes |
| `reviews` | `POST /mutate`: who may ask, status codes; the decision is `kube.admission`'s |
| `bodies` | requests' bodies: bounded each, in time, and together |
| `probes` | `/healthz`, `/readyz`, `/metrics` |
| `known` | what the source has told, and what is still waited for |
| `metrics` | the webhook's own |
| `pki` | the only import of cryptography: a CA, a serving certificate, what one says |
| `certificates` | when a certificate is made anew, and what is kept of the last one |
| `registration` | the objects of the API server that make it ask: as manifests, or patched in place |
"""
