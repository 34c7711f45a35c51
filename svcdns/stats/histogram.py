"""How many values fell into each range: plain numbers, which can be added up over processes."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

Buckets: TypeAlias = tuple[float, ...]
"""The upper bounds of a histogram's buckets, in ascending order; the last bucket has no bound."""

# The bounds are CoreDNS's, because its dashboards compute quantiles from these very buckets.
TIME_BUCKETS: Buckets = tuple(0.00025 * 2.0**n for n in range(16))
"""Seconds until an answer: 0.25 ms to 8 s."""
SLIM_TIME_BUCKETS: Buckets = tuple(0.00025 * 10.0**n for n in range(5))
"""Seconds, in fewer steps: 0.25 ms to 2.5 s."""
PROGRAMMING_TIME_BUCKETS: Buckets = tuple(0.001 * 2.0**n for n in range(20))
"""Seconds until a change is in the table: 1 ms to 9 minutes."""
# 8291 instead of 8191 is CoreDNS's own, and stays so for the same reason.
SIZE_BUCKETS: Buckets = (0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000)
"""Bytes of a message; 65,535 is the largest one (RFC 1035 4.2.2)."""


class Histogram(Struct):
    """How many values each bucket has; the bounds stay with whoever counts and whoever shows."""

    counts: list[int]
    """One number for each bound, of the values up to it and above the bound before; one more at the end."""
    sum_of_values: float = 0.0

    def observe(self, bounds: Sequence[float], value: float, times: int = 1) -> None:
        """Count a value so many times; `bounds` are those that the histogram was made for."""
        # `bisect_left`: a value equal to a bound belongs below it, as `le` of Prometheus says.
        self.counts[bisect_left(bounds, value)] += times
        self.sum_of_values += value * times


def empty(bounds: Sequence[float]) -> Histogram:
    """A histogram without values."""
    return Histogram([0] * (len(bounds) + 1))
