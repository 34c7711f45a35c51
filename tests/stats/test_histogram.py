"""Each value is counted once, where Prometheus looks for it: at the least bound that is not below it."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats import histogram

ALL = (
    histogram.TIME_BUCKETS,
    histogram.SLIM_TIME_BUCKETS,
    histogram.PROGRAMMING_TIME_BUCKETS,
    histogram.SIZE_BUCKETS,
)


@given(st.sampled_from(ALL), st.lists(st.tuples(st.floats(0, 1e5), st.integers(1, 9)), max_size=50))
def test_what_is_at_most_a_bound(bounds: tuple[float, ...], values: list[tuple[float, int]]) -> None:
    counted = histogram.empty(bounds)
    for value, times in values:
        counted.observe(bounds, value, times)
    for number, bound in enumerate(bounds, 1):
        assert sum(counted.counts[:number]) == sum(times for value, times in values if value <= bound)
    assert sum(counted.counts) == sum(times for _, times in values)
    assert abs(counted.sum_of_values - sum(value * times for value, times in values)) < 1e-3


def test_bounds_are_in_order() -> None:
    assert all(list(bounds) == sorted(set(bounds)) for bounds in ALL)
