"""Counts are added up field by field, in any order."""

import msgspec
import pytest
from hypothesis import given

from svcdns.stats import sums
from svcdns.stats.histogram import Histogram
from svcdns.stats.worker_counters import TrafficCounts, WorkerCounts
from tests.stats.counts import COUNTS


@given(COUNTS, COUNTS, COUNTS)
def test_a_sum(first: WorkerCounts, second: WorkerCounts, third: WorkerCounts) -> None:
    nothing = WorkerCounts()
    assert sums.add(first, nothing) == first == sums.add(nothing, first)
    assert sums.add(first, second) == sums.add(second, first)
    assert sums.add(sums.add(first, second), third) == sums.add(first, sums.add(second, third))


@given(COUNTS, COUNTS)
def test_each_field_and_key_is_added(first: WorkerCounts, second: WorkerCounts) -> None:
    both = sums.add(first, second)
    assert both.slow_path_queries == first.slow_path_queries + second.slow_path_queries

    for key, traffic in first.traffic.items():
        more_traffic = second.traffic.get(key, TrafficCounts())
        seconds = traffic.answer_seconds.sum_of_values + more_traffic.answer_seconds.sum_of_values
        assert both.traffic[key].answer_seconds.sum_of_values == seconds

        queries = (*traffic.queries_by_type.values(), *more_traffic.queries_by_type.values())
        assert sum(both.traffic[key].queries_by_type.values()) == sum(queries)


@given(COUNTS, COUNTS)
def test_a_sum_changes_neither(first: WorkerCounts, second: WorkerCounts) -> None:
    before = msgspec.json.encode((first, second))
    sums.add(first, second)
    assert msgspec.json.encode((first, second)) == before


def test_lists_of_different_lengths_have_no_sum() -> None:
    """Histograms of different buckets: their numbers mean different things."""
    with pytest.raises(ValueError, match="shorter"):
        sums.add(Histogram([1, 2]), Histogram([1]))
