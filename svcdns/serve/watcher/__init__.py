"""The watcher: the process that follows the cluster, and the only one that writes the table of answers.

    source --changes--> Watcher (kube.store) --ClusterAnswers--> table --read by--> workers
    zone and hosts files -----> StaticDataPublisher ---------------^ |
                                                                     +--snapshots--> state folder

The process manager starts another watcher whenever one ends; it lists again, and writes the difference.

| module | does |
|---|---|
| `watcher_process` | the process: opens source and table, runs all the rest until the supervisor says stop |
| `watcher` | takes objects from the source, and writes the answers of what changed |
| `cluster_answers` | which keys and values the table is to hold of the cluster |
| `publication` | makes the whole table what the store says |
| `refused_objects` | keeps the changes that cannot be taken, and tries them again |
| `republish_timer` | when to try without a change: to write the whole table, and to make what is faulty |
| `faulty_names_log` | logs which names cannot be made, once each |
| `static_data` | writes the names of zone files and hosts files |
| `table_state` | what the table says of itself: how fresh it is, and which zones it has |
| `snapshots` | creates the table from the last snapshot, and saves it for the next start |
| `change_notes` | what is said and counted of changes, at no answer's cost |
| `programming_latency` | measures how long a change of endpoints took until it was answered |
| `object_warnings` | warns in the log of objects that do not do what their owners may think |
| `watcher_report` | reports to the supervisor once a second, for `/ready` and the metrics |
| `memory` | gives freed memory back, and keeps the garbage collector from long-lived objects |
| `banner` | prints what a person can ask the server that just started |
"""
