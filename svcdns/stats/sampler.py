"""Which of many queries are in a sample: one in so many on average, at random distances; pure.

A regular distance could fall in with the rhythm of a client that asks A and AAAA in turn.
"""

from collections.abc import Callable, Sequence


class Sampler:
    """Chooses positions in a stream that comes in batches; the batches' sizes do not matter."""

    def __init__(self, interval: int, random_fraction: Callable[[], float]) -> None:
        """One in `interval` is chosen; `random_fraction` gives numbers from 0 up to 1 (`random.random`)."""
        # Distances of 1 to 2 x interval - 1 are `interval` on average.
        self._max_gap = 2 * interval - 1
        self._random_fraction = random_fraction
        self._next_position = int(self._max_gap * random_fraction())

    def select(self, count: int) -> Sequence[int]:
        """The positions, from 0, that are chosen among the next `count`."""
        if self._next_position >= count:
            self._next_position -= count
            return ()  # the usual case in small batches; it makes no list

        positions = []
        while self._next_position < count:
            positions.append(self._next_position)
            self._next_position += 1 + int(self._max_gap * self._random_fraction())

        # From here on it is a position in the next batch.
        self._next_position -= count
        return positions
