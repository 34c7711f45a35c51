"""Replies that are not the same bytes for long.

    usual query -> Living or Passing, kept for a second or a version of the table -> reply

A living one's records stand in another order each time; a passing one's TTLs count down by the second.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, final

from msgspec import Struct

from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages

Reorder: TypeAlias = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Records of one reply in the order in which they are to be sent in the next one."""

_OBJECT_OVERHEAD = 50
"""Bytes of a part as an object of its own, beside its own: measured."""


class HitCounter(Struct):
    """How often answers of one sort were given; whoever gives one adds to it."""

    count: int = 0


@final
class RotatingReply(Struct):
    """A reply without its id; `head` is what stands before the records, with the question."""

    head: bytes
    records: Sequence[bytes]
    reorder: Reorder
    opt: bytes
    hit_counter: HitCounter | None = None
    """Where it is counted; a table's answers are not."""

    @property
    def size(self) -> int:
        """Bytes, all in all."""
        return len(self.head) + sum(map(len, self.records)) + _OBJECT_OVERHEAD * (3 + len(self.records))

    def next_reply(self) -> bytes:
        """The next one: its records stand as those of the last one did, and then in another order."""
        if self.hit_counter is not None:
            self.hit_counter.count += 1
        self.records = records = self.reorder(self.records)
        return b"".join((self.head, *records, self.opt))


@final
class CachedReply(Struct, frozen=True):
    """What an upstream said, without its id, with the TTLs of this second."""

    message: bytes
    question_end: int
    """Where its records begin."""
    opt: bytes
    """Which it ends with."""
    hit_counter: HitCounter

    @property
    def size(self) -> int:
        """Bytes, all in all."""
        return len(self.message) + 2 * _OBJECT_OVERHEAD

    def next_reply(self) -> bytes:
        """It is counted."""
        self.hit_counter.count += 1
        return self.message

    def truncate(self, limit: int) -> bytes:
        """TC, and as many whole records of the answer as fit (RFC 2181 9)."""
        whole, start = self.message, self.question_end
        records = whole[start : len(whole) - len(self.opt)]
        room = limit - messages.ID_SIZE - start - len(self.opt)
        count, end = rrset_encoding.count_whole_records(int.from_bytes(whole[4:6], "big"), records, room)
        flags = (int.from_bytes(whole[:2], "big") | messages.TC).to_bytes(2, "big")
        counts = count.to_bytes(2, "big") + bytes((0, 0, 0, bool(self.opt)))
        question = whole[messages.HEADER_SIZE_WITHOUT_ID : start]
        return b"".join((flags, b"\0\1", counts, question, records[:end], self.opt))
