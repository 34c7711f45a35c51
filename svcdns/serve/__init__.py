"""The running server: a supervisor, one watcher, and workers, each a process of its own.

    supervisor --starts, replaces, stops--> watcher --writes--> table --read by--> workers --> clients
         ^                                     |                                      |
         +---------------reports, once a second (runtime.ipc)------------------------+

The processes share the table, and no memory beyond what a fork copies.

| package | does |
|---|---|
| `supervisor` | starts the processes, replaces those that end, applies another configuration |
| `watcher` | follows the cluster and the files, and writes the answers to the table |
| `worker` | receives queries and answers them |
| `runtime` | what all of them need: their configuration, their sockets, their messages |

A supervisor knows its workers and its watcher; these do not know each other.
"""
