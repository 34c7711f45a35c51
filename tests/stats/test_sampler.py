"""One in so many, however the many are cut into batches."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats.sampler import Sampler


@given(st.lists(st.integers(0, 200), max_size=60), st.integers(1, 100), st.randoms(use_true_random=False))
def test_batches_do_not_matter(batches: list[int], every: int, chance: random.Random):
    state = chance.getstate()
    whole = list(Sampler(every, chance.random).select(sum(batches)))
    chance.setstate(state)
    cut, found, before = Sampler(every, chance.random), [], 0
    for size in batches:
        found += [before + place for place in cut.select(size)]
        before += size
    assert found == whole
    assert all(0 < later - earlier < 2 * every for earlier, later in itertools.pairwise(found))


def test_one_in_so_many():
    for every in (1, 2, 64, 1000):
        sampler = Sampler(every, random.Random(every).random)
        found = sum(len(sampler.select(64)) for _ in range(20_000))
        assert abs(found * every / (20_000 * 64) - 1) < 0.06
    assert list(Sampler(1, random.random).select(5)) == [0, 1, 2, 3, 4]


def test_a_rhythm_is_not_met():
    """A and AAAA in turn are looked at as often as each other."""
    sampler = Sampler(64, random.Random(1).random)
    found = sampler.select(640_000)
    assert abs(sum(place % 2 for place in found) / len(found) - 0.5) < 0.05
