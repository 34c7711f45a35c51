"""What the supervisor and its children share: the configuration, messages and sockets.

| module | has |
|---|---|
| `runtime_config` | all settings of `svcdns serve` in one shape: the process, its listeners, their blocks |
| `host_defaults` | defaults that depend on the machine: CPUs, the state folder |
| `launch_config` | what the reader of the settings hands over, and a reload reads again |
| `last_good` | the last configuration that could be served, kept for the next start |
| `ipc` | messages between the supervisor and its children |
| `sockets` | the sockets that the supervisor holds for its workers |
| `client_lanes` | which of a worker's UDP sockets a client's queries reach |

None of these modules imports a worker, a watcher or the supervisor.
"""
