"""Which one of many is looked at: one in so many, at random distances; pure.

A regular distance would fall in with the rhythm of a client that asks A and AAAA in turn.
"""

from collections.abc import Callable, Sequence


class Sampler:
    """Goes on from one batch to the next."""

    def __init__(self, every: int, chance: Callable[[], float]) -> None:
        """`chance()` is a random number from 0 up to 1 (`random.random`)."""
        self._widest = 2 * every - 1
        self._chance = chance
        self._next = int(self._widest * chance())

    def among(self, count: int) -> Sequence[int]:
        """The places of those that are looked at among the next `count`."""
        if self._next >= count:
            self._next -= count
            return ()
        found = []
        while self._next < count:
            found.append(self._next)
            self._next += 1 + int(self._widest * self._chance())
        self._next -= count
        return found
