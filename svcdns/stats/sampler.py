"""Which one of many is looked at: one in so many, at random distances; pure.

A regular distance would fall in with the rhythm of a client that asks A and AAAA in turn.
"""

from collections.abc import Callable, Sequence


class Sampler:
    """Goes on from one batch to the next."""

    def __init__(self, interval: int, random_fraction: Callable[[], float]) -> None:
        """`chance()` is a random number from 0 up to 1 (`random.random`)."""
        self._max_gap = 2 * interval - 1
        self._random_fraction = random_fraction
        self._next_position = int(self._max_gap * random_fraction())

    def select(self, count: int) -> Sequence[int]:
        """The places of those that are looked at among the next `count`."""
        if self._next_position >= count:
            self._next_position -= count
            return ()
        found = []
        while self._next_position < count:
            found.append(self._next_position)
            self._next_position += 1 + int(self._max_gap * self._random_fraction())
        self._next_position -= count
        return found
