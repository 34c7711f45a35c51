"""Counts are added up field by field; what is told of them survives JSON."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats import numbers
from svcdns.stats.histogram import SECONDS, Histogram
from svcdns.stats.numbers import Asked, Outside, Streams, Traffic, WorkerCounts

TIMES = st.integers(0, 1 << 40)
BY_NAME = st.dictionaries(st.sampled_from(["A", "AAAA", "other"]), TIMES)
HISTOGRAMS = st.builds(
    Histogram,
    st.lists(TIMES, min_size=len(SECONDS) + 1, max_size=len(SECONDS) + 1),
    st.integers(0, 1000).map(float),
)
TRAFFIC = st.builds(Traffic, types=BY_NAME, dnssec=TIMES, codes=BY_NAME, seconds=HISTOGRAMS, unsent=TIMES)
ASKED = st.builds(Asked, st.dictionaries(st.sampled_from(["NOERROR", "SERVFAIL"]), HISTOGRAMS), TIMES)
COUNTS = st.builds(
    WorkerCounts,
    traffic=st.dictionaries(st.sampled_from(["udp 1", "tcp 2"]), TRAFFIC),
    slow=TIMES,
    servfails=BY_NAME,
    streams=st.builds(Streams, TIMES, TIMES),
    outside=st.builds(
        Outside, hits=TIMES, upstreams=st.dictionaries(st.sampled_from([". a", "b. a"]), ASKED)
    ),
)


@given(COUNTS, COUNTS, COUNTS)
def test_a_sum(one: WorkerCounts, two: WorkerCounts, three: WorkerCounts):
    nothing = WorkerCounts()
    assert numbers.plus(one, nothing) == one == numbers.plus(nothing, one)
    assert numbers.plus(one, two) == numbers.plus(two, one)
    assert numbers.plus(numbers.plus(one, two), three) == numbers.plus(one, numbers.plus(two, three))
    both = numbers.plus(one, two)
    assert both.slow == one.slow + two.slow
    for key, traffic in one.traffic.items():
        other = two.traffic.get(key, Traffic())
        assert both.traffic[key].seconds.total == traffic.seconds.total + other.seconds.total
        assert sum(both.traffic[key].types.values()) == sum((*traffic.types.values(), *other.types.values()))


@given(COUNTS, COUNTS)
def test_a_sum_changes_neither(one: WorkerCounts, two: WorkerCounts):
    before = msgspec.json.encode((one, two))
    numbers.plus(one, two)
    assert msgspec.json.encode((one, two)) == before


@given(COUNTS)
def test_through_json(counts: WorkerCounts):
    assert msgspec.json.decode(msgspec.json.encode(counts), type=WorkerCounts) == counts
