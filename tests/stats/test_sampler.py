"""One in so many, however the many are cut into batches."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats.sampler import Sampler


@given(st.lists(st.integers(0, 200), max_size=60), st.integers(1, 100), st.randoms(use_true_random=False))
def test_batches_do_not_matter(batches: list[int], every: int, chance: random.Random) -> None:
    state = chance.getstate()
    whole = list(Sampler(every, chance.random).select(sum(batches)))
    chance.setstate(state)
    sampler = Sampler(every, chance.random)
    positions: list[int] = []
    before = 0
    for size in batches:
        positions += [before + position for position in sampler.select(size)]
        before += size
    assert positions == whole
    assert all(0 < later - earlier < 2 * every for earlier, later in itertools.pairwise(positions))


def test_one_in_so_many() -> None:
    for every in (1, 2, 64, 1000):
        sampler = Sampler(every, random.Random(every).random)
        chosen = sum(len(sampler.select(64)) for _ in range(20_000))
        assert abs(chosen * every / (20_000 * 64) - 1) < 0.06
    assert list(Sampler(1, random.random).select(5)) == [0, 1, 2, 3, 4]


def test_a_rhythm_is_not_met() -> None:
    """A and AAAA in turn are looked at as often as each other."""
    sampler = Sampler(64, random.Random(1).random)
    positions = sampler.select(640_000)
    assert abs(sum(position % 2 for position in positions) / len(positions) - 0.5) < 0.05
