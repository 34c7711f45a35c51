"""Measures svcdns: beside its peers, as the cluster grows, and its pure parts. CONTRIBUTING.md says how.

cluster -> manifests, zones    the same records, for svcdns and for the peers
        -> queries, outside    what dnsperf asks
servers/ + load + processes    one measurement: a server on its core, dnsperf on another
measure -> figures             interleaved rounds, medians, ratios
peers, scale/, fairness/, micro    a run each -> results/*.json
report/                        results/*.json -> RESULTS.md, charts/*.svg
pure -> micro, regression      functions without I/O: their times, and a check for CI
webhook                        how long an admission review takes
"""
