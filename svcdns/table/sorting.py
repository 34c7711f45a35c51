"""Entries in the order of their keys, when there are too many to hold as objects.

They wait packed, in ranges of keys that the first ones divide evenly; one range at a time is unpacked and
sorted. That takes a tenth more memory than their own bytes; as objects they would take nearly twice as much,
and in a table of their own more than twice.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import msgpack

Entry: TypeAlias = tuple[bytes, bytes]

BATCH_SIZE = 5_000
_RANGE_COUNT = 32

_pack = msgpack.Encoder().encode
_unpack = msgpack.Decoder(list[Entry]).decode


def sort_entries(entries: Iterable[Entry], batch_size: int = BATCH_SIZE) -> Iterator[Entry]:
    """By key, each once; of equal ones the last. So many are packed together."""
    rest = iter(entries)
    part = list(itertools.islice(rest, batch_size))
    if len(part) < batch_size:
        return iter(sorted(dict(part).items()))
    keys = sorted(key for key, _ in part)
    bounds = keys[:: -(-len(keys) // _RANGE_COUNT)][1:]
    ranges = [_KeyRange() for _ in range(len(bounds) + 1)]
    while part:
        found: list[list[Entry]] = [[] for _ in ranges]
        for entry in part:
            found[bisect_right(bounds, entry[0])].append(entry)
        for one, more in zip(ranges, found, strict=True):
            one.add(more)
        part = list(itertools.islice(rest, batch_size))
    return _sort_ranges(ranges)


def _sort_ranges(ranges: list["_KeyRange"]) -> Iterator[Entry]:
    ranges.reverse()
    while ranges:
        yield from sorted(ranges.pop().entries().items())


class _KeyRange:
    """One block of memory, which the system gets back whole; many small ones it would not."""

    __slots__ = ("_batch_ends", "_packed_batches")

    def __init__(self) -> None:
        self._packed_batches = bytearray()
        self._batch_ends = [0]

    def add(self, entries: list[Entry]) -> None:
        self._packed_batches += _pack(entries)
        self._batch_ends.append(len(self._packed_batches))

    def entries(self) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        with memoryview(self._packed_batches) as packed:
            for start, end in itertools.pairwise(self._batch_ends):
                found.update(_unpack(packed[start:end]))
        return found
