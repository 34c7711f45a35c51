"""The frequent ones among any number of different keys, in bounded memory.

J. Misra and D. Gries, "Finding repeated elements" (1982): with room for k keys, one that came more often
than n / (k + 1) times of n is there, and no count is too low by more than that, nor ever too high. A new
key without room takes one from each count, so a flood of different keys costs one step each on average.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

WINDOW_SECONDS = 300.0
"""Seconds; what is shown are the last one to two of these."""


class HeavyHitters(Generic[Key]):
    """Counts of at most `room` keys."""

    def __init__(self, capacity: int) -> None:
        self.counts: dict[Key, int] = {}
        self.max_undercount = 0
        """No count is too low by more than this."""
        self._capacity = capacity

    def add(self, key: Key) -> None:
        """It came once more."""
        counts = self.counts
        if key in counts:
            counts[key] += 1
        elif len(counts) < self._capacity:
            counts[key] = 1
        else:
            self.max_undercount += 1
            self.counts = {known: count - 1 for known, count in counts.items() if count > 1}


class RecentHeavyHitters(Generic[Key]):
    """The frequent ones of the last minutes: what is older than two windows is forgotten."""

    def __init__(self, capacity: int, now: float) -> None:
        self._capacity = capacity
        self._previous: HeavyHitters[Key] | None = None
        self._current: HeavyHitters[Key] = HeavyHitters(capacity)
        self._previous_started_at = self._current_started_at = now

    def add(self, key: Key) -> None:
        """It came once more."""
        self._current.add(key)

    def rotate(self, now: float) -> float:
        """Forget what is too old; the seconds that are looked back on. To be called now and then."""
        if now - self._current_started_at >= WINDOW_SECONDS:
            self._previous, self._current = self._current, HeavyHitters(self._capacity)
            self._previous_started_at, self._current_started_at = self._current_started_at, now
        return now - self._previous_started_at

    def most_frequent(self, limit: int) -> list[tuple[Key, int]]:
        """The most frequent ones first, with counts as those of Frequent."""
        counts = dict(self._previous.counts) if self._previous else {}
        for key, count in self._current.counts.items():
            counts[key] = counts.get(key, 0) + count
        return sorted(counts.items(), key=lambda item: -item[1])[:limit]
