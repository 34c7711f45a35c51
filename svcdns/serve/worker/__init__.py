"""A worker: the process that receives queries and answers them.

    client --datagrams--> udp (mmsg) --+                  +--> dns.answer: from the table
    client --stream-----> tcp ---------+--> Worker -------+--> forward: from an upstream
                          |
                          +--batches--> traffic, sampling, query_log --a second--> supervisor

Each worker has its own sockets and shares only the table, which it reads and never writes. It knows
nothing of Kubernetes, and imports nothing of the watcher or the supervisor.

| module | does |
|---|---|
| `worker_process` | the process: sockets, event loop, start, draining and end |
| `worker` | answers queries from the table, or asks an upstream |
| `fair_queue` | queries for upstreams, taken from each client in turn |
| `service` | what `udp` and `tcp` need of the worker: the protocols it implements |
| `udp` | reads a UDP socket: batches of datagrams in, batches of replies out |
| `mmsg` | recvmmsg and sendmmsg: many datagrams per system call |
| `tcp` | one client's connection over TCP or TLS: framing, pipelining, deadlines |
| `tls_listener` | accepts connections over TLS, and counts them before their handshake |
| `cookie_keeper` | the secrets of DNS cookies, read again when their file changes |
| `reply_limiter` | limits the rate of replies over UDP, if that is configured |
| `client_connections` | all TCP and TLS clients, and how many there may be |
| `traffic` | counts the queries and replies of a transport, a batch at a time |
| `sampling` | keeps the most frequent clients, names and failures, from one query in 64 |
| `query_log` | hands queries to the query log's process, which writes the lines |
| `worker_stats` | everything a worker has counted, as it is sent to the supervisor |
"""
