"""The bounds that Misra and Gries promise, for any stream; and what is old is forgotten."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats.heavy_hitters import WINDOW_SECONDS, HeavyHitters, RecentHeavyHitters

KEYS = st.lists(st.integers(0, 12) | st.sampled_from("ab"), max_size=300)


@given(KEYS, st.integers(1, 8))
def test_counts_are_never_too_high_and_not_too_low_by_more_than_is_said(keys: list[object], room: int):
    made, true = HeavyHitters[object](room), Counter(keys)
    for key in keys:
        made.add(key)
    assert len(made.counts) <= room
    assert made.max_undercount <= len(keys) / (room + 1)
    for key, times in true.items():
        assert times - made.max_undercount <= made.counts.get(key, 0) <= times
    assert {key for key, times in true.items() if times > len(keys) / (room + 1)} <= made.counts.keys()


def test_a_flood_of_different_keys_hides_no_frequent_one():
    made = HeavyHitters[object](16)
    for number in range(16_000):
        made.add(number if number % 10 else "often")
    assert made.counts["often"] >= 1600 - made.max_undercount
    assert len(made.counts) <= 16


@given(KEYS, st.integers(1, 20))
def test_top_is_sorted(keys: list[object], most: int):
    made = RecentHeavyHitters[object](300, now=0.0)
    for key in keys:
        made.add(key)
    found = made.most_frequent(most)
    assert [times for _, times in found] == sorted(Counter(keys).values(), reverse=True)[:most]
    assert all(times == keys.count(key) for key, times in found)


def test_what_is_old_is_forgotten():
    made = RecentHeavyHitters[str](10, now=100.0)
    made.add("a")
    assert made.rotate(100.0 + WINDOW_SECONDS / 2) == WINDOW_SECONDS / 2
    assert made.rotate(100.0 + WINDOW_SECONDS) == WINDOW_SECONDS
    made.add("b")
    assert sorted(made.most_frequent(9)) == [("a", 1), ("b", 1)]
    assert made.rotate(100.0 + 2 * WINDOW_SECONDS) == WINDOW_SECONDS
    assert made.most_frequent(9) == [("b", 1)]
    made.rotate(100.0 + 3 * WINDOW_SECONDS)
    assert made.most_frequent(9) == []
