"""Records in a random order, in a quarter of a microsecond.

Strategy: up to SMALL records, a permutation that is drawn from a pool is applied to the order of the
reply before. For few records the pool is all permutations, and each order as likely; for more it is
POOL random ones, and a set's first reply already the product of two: as even as 10,000 answers can show,
for what is uneven in the one is evened out by the next. Above SMALL, records are sorted by random keys.
"""

import functools
import itertools
import math
import struct
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from svcdns.dns.living import Order

RandomBits: TypeAlias = Callable[[int], int]
"""A uniformly random number of so many bits (`random.Random.getrandbits`)."""

SMALL = 16
POOL = 512


class Shuffler:
    """One process's pools; they are made when a number of records is first asked for."""

    def __init__(self, random_bits: RandomBits) -> None:
        self._bits = random_bits
        self._orders: dict[int, Order] = {}

    def order(self, count: int) -> Order:
        """Of `count` (2 or more) records, to be applied to what it gave the last time."""
        found = self._orders.get(count)
        if found is None:
            found = self._orders[count] = self._sorted if count > SMALL else self._drawn(count)
        return found

    def _sorted(self, records: Sequence[bytes]) -> list[bytes]:
        keys = [self._bits(64) for _ in records]
        return [record for _, record in sorted(zip(keys, records, strict=True))]

    def _drawn(self, count: int) -> Order:
        numbers = range(count)
        if math.factorial(count) <= POOL:
            permutations = list(itertools.permutations(numbers))
        else:
            permutations = [tuple(self._permutation(count)) for _ in range(POOL)]
        pool: list[Order] = [itemgetter(*permutation) for permutation in permutations]
        bits, size = self._bits, len(pool)
        return lambda records: pool[bits(40) % size](records)

    def _permutation(self, count: int) -> list[int]:
        keyed = sorted((self._bits(64), number) for number in range(count))
        return [number for _, number in keyed]


def split(value: bytes, start: int, count: int, unit: int) -> tuple[bytes, ...]:
    """The `count` records of `unit` bytes from `start` on."""
    return _units(count, unit)(value, start)


@functools.cache
def _units(count: int, unit: int) -> Callable[[bytes, int], tuple[bytes, ...]]:
    return struct.Struct(f"{unit}s" * count).unpack_from
