"""How svcdns grows: over workers, and over the size of the cluster: `make bench-scale`.

    apiserver   an API server of the benchmark's own, a process: lists in pages, watches, changes
    control     that process, as the run sees it
    lifecycle   cold and warm starts, memory
    events      from an event to its answer, changes beside queries, relists
    run         all sizes, all worker counts -> results.Scale

tests/fake_apiserver.py knows faults and is made to be read; this one keeps each object encoded, so that
what is measured is svcdns.
"""
