"""What the server counts of itself: plain numbers, which its processes send each other; pure.

    worker, watcher -- once a second, what they have counted since they began --> supervisor
    supervisor      -- the sums, over every restart --> web (/metrics, /ready, /debug/top)

| module | has |
|---|---|
| `worker_counters` | what a worker reports: queries, the cache, upstreams, connections |
| `watcher_counters` | what the watcher reports: kinds of objects, the table |
| `overview` | the whole server at one moment, as `web` shows it |
| `metric` | the definition of a metric, which stands at the number that it shows |
| `sums` | how the counts of processes are added up |
| `histogram` | how many values fell into each range |
| `heavy_hitters` | the frequent keys among many, in bounded memory |
| `sampler` | which queries are in a sample |
"""
