"""Counts are added up field by field; what is told of them survives JSON."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats import counters
from svcdns.stats.counters import (
    ConnectionCounts,
    ForwardStats,
    TrafficCounts,
    UpstreamCounts,
    WorkerCounts,
)
from svcdns.stats.histogram import TIME_BUCKETS, Histogram

TIMES = st.integers(0, 1 << 40)
BY_NAME = st.dictionaries(st.sampled_from(["A", "AAAA", "other"]), TIMES)
HISTOGRAMS = st.builds(
    Histogram,
    st.lists(TIMES, min_size=len(TIME_BUCKETS) + 1, max_size=len(TIME_BUCKETS) + 1),
    st.integers(0, 1000).map(float),
)
TRAFFIC = st.builds(
    TrafficCounts, queries_by_type=BY_NAME, dnssec_queries=TIMES, replies_by_rcode=BY_NAME, answer_seconds=HISTOGRAMS, unsent_replies=TIMES
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


@given(COUNTS, COUNTS, COUNTS)
def test_a_sum(one: WorkerCounts, two: WorkerCounts, three: WorkerCounts):
    nothing = WorkerCounts()
    assert counters.add(one, nothing) == one == counters.add(nothing, one)
    assert counters.add(one, two) == counters.add(two, one)
    assert counters.add(counters.add(one, two), three) == counters.add(one, counters.add(two, three))
    both = counters.add(one, two)
    assert both.slow_path_queries == one.slow_path_queries + two.slow_path_queries
    for key, traffic in one.traffic.items():
        other = two.traffic.get(key, TrafficCounts())
        assert (
            both.traffic[key].answer_seconds.sum_of_values
            == traffic.answer_seconds.sum_of_values + other.answer_seconds.sum_of_values
        )
        assert sum(both.traffic[key].queries_by_type.values()) == sum(
            (*traffic.queries_by_type.values(), *other.queries_by_type.values())
        )


@given(COUNTS, COUNTS)
def test_a_sum_changes_neither(one: WorkerCounts, two: WorkerCounts):
    before = msgspec.json.encode((one, two))
    counters.add(one, two)
    assert msgspec.json.encode((one, two)) == before


@given(COUNTS)
def test_through_json(counts: WorkerCounts):
    assert msgspec.json.decode(msgspec.json.encode(counts), type=WorkerCounts) == counts
