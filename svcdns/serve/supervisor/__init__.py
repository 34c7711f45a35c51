"""The supervisor: starts the server's processes, replaces those that end or hang, and ends them in order.

    signals, settings --> supervisor --> ProcessManager --> Generation --fork--> workers, watcher, query log
                                              ^                                        |
                          ServerStatus -------+------------reports, once a second------+
                               |
                               +--> web.status: /ready, /metrics

It answers no queries itself. A generation is the set of processes that serve by one configuration; a
reload starts the next generation, which takes over without losing a query.

| module | does |
|---|---|
| `entry` | the first moments of `svcdns serve`: early signals, and imports beside the reader |
| `supervisor` | the supervisor's own loop: signals, HTTP, start and end |
| `reload` | notices a changed configuration, and has it read and applied |
| `config_reader` | reads the settings in a process of its own, at the start and at a reload |
| `generation` | the processes of one configuration, and what the next one may keep of them |
| `process_manager` | keeps a generation running: replaces what ends or hangs, recreates a damaged table |
| `handover` | goes from one generation to the next |
| `lameduck` | waits before the end until clients have stopped asking |
| `processes` | one child process: fork, messages, restarts, end |
| `status` | everything that is known of the server, for `/ready` and `/metrics` |
| `totals` | adds up what the processes count, over their restarts |
| `procfs` | what Linux knows of processes and sockets |
| `upstream_log` | logs once what every worker reports of an upstream |
"""
