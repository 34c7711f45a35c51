"""Waits double up to their bound, and start over after success."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import backoff
from svcdns.backoff import Backoff

SECONDS = st.floats(0.001, 100.0)


class Uniform:
    """Randomness that takes the highest value, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.ranges: list[tuple[float, float]] = []

    def __call__(self, low: float, high: float) -> float:
        self.ranges.append((low, high))
        return high


@pytest.mark.parametrize(("attempt", "most"), [(0, 0.5), (1, 1.0), (5, 16.0), (6, 30.0), (10**6, 30.0)])
def test_pauses_double_up_to_the_greatest(attempt: int, most: float) -> None:
    uniform = Uniform()
    assert backoff.jittered(attempt, 0.5, 30.0, uniform) == most
    assert uniform.ranges == [(0.0, most)]


@given(SECONDS, st.floats(1.0, 1000.0), st.integers(1, 40))
def test_the_range_doubles_from_the_first_to_the_bound(first: float, factor: float, count: int) -> None:
    """Against doubling step by step."""
    most, uniform = first * factor, Uniform()
    waits, expected, wait = Backoff(first, most, uniform), [], first
    for _ in range(count):
        assert waits.next() == wait
        expected.append((0.0, wait))
        wait = min(2 * wait, most)
    assert uniform.ranges == expected


def test_success_starts_over() -> None:
    waits = Backoff(1.0, 60.0)
    assert [waits.next() for _ in range(3)] == [1.0, 2.0, 4.0]
    waits.reset()
    assert waits.next() == 1.0


@given(st.lists(st.floats(0.0, 20.0), max_size=40))
def test_lives_that_are_short_or_steady(lives: list[float]) -> None:
    """The first is replaced at once; one that lived for 10 s is, and starts over."""
    waits, wait = Backoff(0.05, 30.0, immediate=1, steady=10.0), 0.0
    for life in lives:
        if life >= 10.0:
            wait = 0.0
            assert waits.after(life) == 0.0
        else:
            assert waits.after(life) == wait
            wait = min(30.0, max(0.05, 2 * wait))
