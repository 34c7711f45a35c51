"""The pages of the DNS server: probes, metrics, and what is frequent.

    stats.overview -> health, metrics_page, top_lists -> status_pages -> kubelet, Prometheus, people

The supervisor serves them, from an overview that it makes for each request.

| module | does |
|---|---|
| `status_pages` | answers `/health`, `/ready`, `/metrics` and `/debug/top` |
| `host_header` | decides which values of Host may see `/debug/`; pure |
| `health` | decides whether the server is healthy and ready, and says why not; pure |
| `top_lists` | makes the lists of the busiest clients, names and failures; pure |
| `metrics_page` | puts all metrics together, in the sections of deploy/METRICS.md |
| `dns_metrics` | takes the numbers of queries, replies and connections |
| `forward_metrics` | takes those of the cache and of the upstreams |
| `source_metrics` | takes those of the source and of the table |
| `process_metrics` | takes those of the processes and of the configuration |
| `series` | makes samples with labels of numbers, from the definitions in `stats` |
| `prometheus` | writes series in Prometheus' text format; the only import of prometheus_client here |
"""
