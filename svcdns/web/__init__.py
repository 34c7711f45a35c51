"""HTTP: what the DNS server shows of itself, and the admission webhook.

    kubelet, Prometheus, people -> http_listener -> status  -> an overview of the DNS server
    API server                  -> http_listener -> webhook -> kube.injection (pure) -> the review's answer

The two share a listener and nothing else: the webhook is a process of its own, so that its end or its load
does not touch DNS.

| module | does |
|---|---|
| `http_listener` | serves an aiohttp application at sockets, with or without TLS |
| `http_connections` | bounds the connections: how many, how long, and who goes if there are too many |
| `request_handler` | bounds what a connection may send, and what its client learns of mistakes |
| `request_limits` | bounds the bodies of requests: each, in time, and all together |
| `status/` | the DNS server's pages: probes, metrics, the busiest clients and names |
| `webhook/` | the webhook: its server, its reviews, its certificates, its objects in the cluster |
"""
