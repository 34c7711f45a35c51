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
"""A key and its value."""

BATCH_SIZE = 5_000
"""Entries that are objects before they are packed: some 2 MB."""
_RANGE_COUNT = 32
"""Ranges of keys: of so many, one at a time is objects again."""

_pack = msgpack.Encoder().encode
_unpack = msgpack.Decoder(list[Entry]).decode


def sort_entries(entries: Iterable[Entry], batch_size: int = BATCH_SIZE) -> Iterator[Entry]:
    """The entries in the order of their keys, each key once; of equal keys the last entry counts."""
    unread = iter(entries)
    batch = list(itertools.islice(unread, batch_size))
    if len(batch) < batch_size:
        return iter(sorted(dict(batch).items()))

    # The first batch stands for all: where it misleads, ranges are uneven, but the order is right.
    keys = sorted(key for key, _ in batch)
    step = -(-len(keys) // _RANGE_COUNT)  # rounded up
    bounds = keys[::step][1:]
    ranges = [_KeyRange() for _ in range(len(bounds) + 1)]

    while batch:
        batch_by_range: list[list[Entry]] = [[] for _ in ranges]
        for entry in batch:
            batch_by_range[bisect_right(bounds, entry[0])].append(entry)
        for key_range, range_entries in zip(ranges, batch_by_range, strict=True):
            key_range.add(range_entries)
        batch = list(itertools.islice(unread, batch_size))
    return _sort_ranges(ranges)


def _sort_ranges(ranges: list["_KeyRange"]) -> Iterator[Entry]:
    # Popped from the end, so that a range's memory is free before the next one is unpacked.
    ranges.reverse()
    while ranges:
        yield from sorted(ranges.pop().entries().items())


class _KeyRange:
    """Packed batches in one block of memory, which goes back to the system whole; small blocks would not."""

    __slots__ = ("_batch_ends", "_packed_batches")

    def __init__(self) -> None:
        self._packed_batches = bytearray()
        self._batch_ends = [0]

    def add(self, entries: list[Entry]) -> None:
        self._packed_batches += _pack(entries)
        self._batch_ends.append(len(self._packed_batches))

    def entries(self) -> dict[bytes, bytes]:
        entries: dict[bytes, bytes] = {}
        with memoryview(self._packed_batches) as packed:
            for start, end in itertools.pairwise(self._batch_ends):
                entries.update(_unpack(packed[start:end]))
        return entries
