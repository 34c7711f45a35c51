"""The frequent keys of a stream with any number of different keys, in bounded memory.

J. Misra and D. Gries, "Finding repeated elements" (1982): with room for k keys, a key that comes more often
than n / (k + 1) times in n is found. No count is too low by more than that, and none is too high. A new
key without room takes one from each count, so a flood of different keys costs one step each on average.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

WINDOW_SECONDS = 300.0
"""The length of a window. The counts cover the current window and the one before: 5 to 10 minutes."""


class HeavyHitters(Generic[Key]):
    """Counts of at most `capacity` keys."""

    def __init__(self, capacity: int) -> None:
        self.counts: dict[Key, int] = {}
        self.max_undercount = 0
        """No count is too low by more than this."""
        self._capacity = capacity

    def add(self, key: Key) -> None:
        """Count a key once more."""
        counts = self.counts

        if key in counts:
            counts[key] += 1
        elif len(counts) < self._capacity:
            counts[key] = 1
        else:
            # The new key and one of each counted key cancel each other out.
            self.max_undercount += 1
            # A count of 1 becomes 0 and leaves, which is how room for others comes about.
            self.counts = {counted: count - 1 for counted, count in counts.items() if count > 1}


class RecentHeavyHitters(Generic[Key]):
    """The frequent keys of the last minutes: counts older than two windows are forgotten."""

    def __init__(self, capacity: int, now: float) -> None:
        self._capacity = capacity
        self._previous: HeavyHitters[Key] | None = None
        self._current: HeavyHitters[Key] = HeavyHitters(capacity)
        # Equal as long as there is no previous window.
        self._previous_started_at = self._current_started_at = now

    def add(self, key: Key) -> None:
        """Count a key once more."""
        self._current.add(key)

    def rotate(self, now: float) -> float:
        """Forget what is too old. Returns how many seconds the counts cover. To be called now and then."""
        # Two windows: with one, the lists would be empty at each beginning.
        if now - self._current_started_at >= WINDOW_SECONDS:
            self._previous = self._current
            self._previous_started_at = self._current_started_at
            self._current = HeavyHitters(self._capacity)
            self._current_started_at = now

        return now - self._previous_started_at

    def most_frequent(self, limit: int) -> list[tuple[Key, int]]:
        """At most `limit` keys with their counts, the most frequent first."""
        counts = dict(self._previous.counts) if self._previous else {}
        for key, count in self._current.counts.items():
            counts[key] = counts.get(key, 0) + count

        return sorted(counts.items(), key=lambda key_and_count: -key_and_count[1])[:limit]
