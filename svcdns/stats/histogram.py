"""How often a value was at most so large: plain numbers, added up over processes."""

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

TIME_BUCKETS = tuple(0.00025 * 2.0**n for n in range(16))
"""Bounds of times to an answer, 0.25 ms to 8 s; these and the other ones are CoreDNS's."""
SLIM_TIME_BUCKETS = tuple(0.00025 * 10.0**n for n in range(5))
PROGRAMMING_TIME_BUCKETS = tuple(0.001 * 2.0**n for n in range(20))
"""1 ms to 9 minutes."""
SIZE_BUCKETS = (0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000)


class Histogram(Struct):
    """`counts` of the values up to each bound and above the one before; one more for what is larger."""

    counts: list[int]
    sum_of_values: float = 0.0
    """Of all values."""

    def observe(self, bounds: Sequence[float], value: float, times: int = 1) -> None:
        """Count a value; `bounds` are those it was made for."""
        self.counts[bisect_left(bounds, value)] += times
        self.sum_of_values += value * times


def empty(bounds: Sequence[float]) -> Histogram:
    """One that has seen nothing."""
    return Histogram([0] * (len(bounds) + 1))
