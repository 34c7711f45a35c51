"""Measures svcdns beside NSD, Knot, Unbound and BIND on one machine: `make bench`.

cluster -> manifests, zones  (the same records, for svcdns and for the peers)
        -> queries           (what dnsperf asks)
servers + load + processes   (one measurement: a server on core 0, dnsperf on core 1)
measure -> figures -> report (interleaved rounds, medians, the table and RESULTS.md)
"""
