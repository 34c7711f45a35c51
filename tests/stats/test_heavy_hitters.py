"""The bounds that Misra and Gries promise, for any stream; and what is old is forgotten."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from svcdns.stats.heavy_hitters import WINDOW_SECONDS, HeavyHitters, RecentHeavyHitters

KEYS = st.lists(st.integers(0, 12) | st.sampled_from("ab"), max_size=300)


@given(KEYS, st.integers(1, 8))
def test_counts_are_never_too_high_and_not_too_low_by_more_than_is_said(
    keys: list[object], room: int
) -> None:
    hitters = HeavyHitters[object](room)
    true_counts = Counter(keys)
    for key in keys:
        hitters.add(key)
    assert len(hitters.counts) <= room
    assert hitters.max_undercount <= len(keys) / (room + 1)
    for key, times in true_counts.items():
        assert times - hitters.max_undercount <= hitters.counts.get(key, 0) <= times
    assert {
        key for key, times in true_counts.items() if times > len(keys) / (room + 1)
    } <= hitters.counts.keys()


def test_a_flood_of_different_keys_hides_no_frequent_one() -> None:
    hitters = HeavyHitters[object](16)
    for number in range(16_000):
        hitters.add(number if number % 10 else "often")
    assert hitters.counts["often"] >= 1600 - hitters.max_undercount
    assert len(hitters.counts) <= 16


@given(KEYS, st.integers(1, 20))
def test_top_is_sorted(keys: list[object], limit: int) -> None:
    hitters = RecentHeavyHitters[object](300, now=0.0)
    for key in keys:
        hitters.add(key)
    frequent = hitters.most_frequent(limit)
    assert [times for _, times in frequent] == sorted(Counter(keys).values(), reverse=True)[:limit]
    assert all(times == keys.count(key) for key, times in frequent)


def test_what_is_old_is_forgotten() -> None:
    hitters = RecentHeavyHitters[str](10, now=100.0)
    hitters.add("a")
    assert hitters.rotate(100.0 + WINDOW_SECONDS / 2) == WINDOW_SECONDS / 2
    assert hitters.rotate(100.0 + WINDOW_SECONDS) == WINDOW_SECONDS
    hitters.add("b")
    assert sorted(hitters.most_frequent(9)) == [("a", 1), ("b", 1)]
    assert hitters.rotate(100.0 + 2 * WINDOW_SECONDS) == WINDOW_SECONDS
    assert hitters.most_frequent(9) == [("b", 1)]
    hitters.rotate(100.0 + 3 * WINDOW_SECONDS)
    assert hitters.most_frequent(9) == []
