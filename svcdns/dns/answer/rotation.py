"""Records in a random order, in a quarter of a microsecond.

Up to MAX_POOLED_RECORDS, a permutation drawn from a pool is applied to the order of the last reply. For
few records the pool is all permutations, so that each order is equally likely. For more it is POOL_SIZE
random ones, and already the first reply is the product of two: as even as 10,000 answers can show, for
what is uneven in one is evened out by the next. Above MAX_POOLED_RECORDS, records are sorted by random keys.
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
"""More records take longer to sort, but such sets are rare; and each count has a pool of its own."""
POOL_SIZE = 512
"""Permutations of a pool: all of up to 5 records (120)."""


class Shuffler:
    """One process's pools; each is made when a set of that many records is first answered."""

    def __init__(self, random_bits: RandomBits) -> None:
        self._random_bits = random_bits
        self._reorders: dict[int, Reorder] = {}

    def reorder_for(self, count: int) -> Reorder:
        """What reorders `count` (2 or more) records; to be applied to the order that it gave last."""
        reorder = self._reorders.get(count)
        if reorder is None:
            reorder = self._reorders[count] = (
                self._sort_by_random_keys if count > MAX_POOLED_RECORDS else self._make_pool(count)
            )
        return reorder

    def _sort_by_random_keys(self, records: Sequence[bytes]) -> list[bytes]:
        keys = [self._random_bits(64) for _ in records]
        return [record for _, record in sorted(zip(keys, records, strict=True))]

    def _make_pool(self, count: int) -> Reorder:
        numbers = range(count)
        if math.factorial(count) <= POOL_SIZE:
            permutations = list(itertools.permutations(numbers))
        else:
            permutations = [tuple(self._random_permutation(count)) for _ in range(POOL_SIZE)]

        # An itemgetter applies its permutation in C. 40 bits make the modulo's unevenness too small to see.
        pool: list[Reorder] = [itemgetter(*permutation) for permutation in permutations]
        random_bits = self._random_bits
        size = len(pool)
        return lambda records: pool[random_bits(40) % size](records)

    def _random_permutation(self, count: int) -> list[int]:
        keyed = sorted((self._random_bits(64), number) for number in range(count))
        return [number for _, number in keyed]


def split_records(value: bytes, start: int, count: int, record_size: int) -> tuple[bytes, ...]:
    """The `count` encoded records of `record_size` bytes each, from `start` on."""
    return _record_unpacker(count, record_size)(value, start)


@functools.cache
def _record_unpacker(count: int, record_size: int) -> Callable[[bytes, int], tuple[bytes, ...]]:
    return struct.Struct(f"{record_size}s" * count).unpack_from
