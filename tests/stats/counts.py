"""Any counts of a worker, for hypothesis."""

from hypothesis import strategies as st

from svcdns.stats.histogram import TIME_BUCKETS, Histogram
from svcdns.stats.worker_counters import (
    ConnectionCounts,
    ForwardStats,
    TrafficCounts,
    UpstreamCounts,
    WorkerCounts,
)

TIMES = st.integers(0, 1 << 40)
BY_NAME = st.dictionaries(st.sampled_from(["A", "AAAA", "other"]), TIMES)
HISTOGRAMS = st.builds(
    Histogram,
    st.lists(TIMES, min_size=len(TIME_BUCKETS) + 1, max_size=len(TIME_BUCKETS) + 1),
    st.integers(0, 1000).map(float),
)
TRAFFIC = st.builds(
    TrafficCounts,
    queries_by_type=BY_NAME,
    dnssec_queries=TIMES,
    replies_by_rcode=BY_NAME,
    answer_seconds=HISTOGRAMS,
    unsent_replies=TIMES,
)
ASKED = st.builds(
    UpstreamCounts, st.dictionaries(st.sampled_from(["NOERROR", "SERVFAIL"]), HISTOGRAMS), TIMES
)
COUNTS = st.builds(
    WorkerCounts,
    traffic=st.dictionaries(st.sampled_from(["udp 1", "tcp 2"]), TRAFFIC),
    slow_path_queries=TIMES,
    servfails_by_reason=BY_NAME,
    connections=st.builds(ConnectionCounts, TIMES, TIMES),
    forwarding=st.builds(
        ForwardStats, cache_hits=TIMES, upstreams=st.dictionaries(st.sampled_from([". a", "b. a"]), ASKED)
    ),
)
