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

from svcdns.dns.answer.timed_replies import Reorder

RandomBits: TypeAlias = Callable[[int], int]
"""A uniformly random number of so many bits (`random.Random.getrandbits`)."""

MAX_POOLED_RECORDS = 16
POOL_SIZE = 512


class Shuffler:
    """One process's pools; they are made when a number of records is first asked for."""

    def __init__(self, random_bits: RandomBits) -> None:
        self._random_bits = random_bits
        self._reorders: dict[int, Reorder] = {}

    def reorder_for(self, count: int) -> Reorder:
        """Of `count` (2 or more) records, to be applied to what it gave the last time."""
        found = self._reorders.get(count)
        if found is None:
            found = self._reorders[count] = (
                self._sort_by_random_keys if count > MAX_POOLED_RECORDS else self._make_pool(count)
            )
        return found

    def _sort_by_random_keys(self, records: Sequence[bytes]) -> list[bytes]:
        keys = [self._random_bits(64) for _ in records]
        return [record for _, record in sorted(zip(keys, records, strict=True))]

    def _make_pool(self, count: int) -> Reorder:
        numbers = range(count)
        if math.factorial(count) <= POOL_SIZE:
            permutations = list(itertools.permutations(numbers))
        else:
            permutations = [tuple(self._random_permutation(count)) for _ in range(POOL_SIZE)]
        pool: list[Reorder] = [itemgetter(*permutation) for permutation in permutations]
        bits, size = self._random_bits, len(pool)
        return lambda records: pool[bits(40) % size](records)

    def _random_permutation(self, count: int) -> list[int]:
        keyed = sorted((self._random_bits(64), number) for number in range(count))
        return [number for _, number in keyed]


def split_records(value: bytes, start: int, count: int, record_size: int) -> tuple[bytes, ...]:
    """The `count` records of `unit` bytes from `start` on."""
    return _record_unpacker(count, record_size)(value, start)


@functools.cache
def _record_unpacker(count: int, record_size: int) -> Callable[[bytes, int], tuple[bytes, ...]]:
    return struct.Struct(f"{record_size}s" * count).unpack_from
