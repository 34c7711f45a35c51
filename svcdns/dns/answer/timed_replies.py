"""Replies that are not the same bytes for long.

    usual query -> RotatingReply or CachedReply, cached for a second -> reply

A RotatingReply has its records in another order each time; a CachedReply's TTLs count down by the second.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, final

from msgspec import Struct

from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages

Reorder: TypeAlias = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Records of one reply in the order in which they are to be sent in the next one."""

_OBJECT_OVERHEAD = 50
"""Bytes that a `bytes` object takes beside its content, with its place in a tuple: measured."""


class HitCounter(Struct):
    """How many queries an upstream's cached answer has served; whoever sends it adds to `count`."""

    count: int = 0


@final
class RotatingReply(Struct):
    """A reply without its id, whose records stand in another order each time."""

    head: bytes
    """Header and question: what stands before the records."""
    records: Sequence[bytes]
    """Encoded records, in the order of the last reply."""
    reorder: Reorder
    opt: bytes
    hit_counter: HitCounter | None = None
    """None for an answer of the table, which is not counted."""

    @property
    def size(self) -> int:
        """Approximate bytes of memory."""
        return len(self.head) + sum(map(len, self.records)) + _OBJECT_OVERHEAD * (3 + len(self.records))

    def next_reply(self) -> bytes:
        """The next reply, without id."""
        if self.hit_counter is not None:
            self.hit_counter.count += 1
        self.records = records = self.reorder(self.records)
        return b"".join((self.head, *records, self.opt))


@final
class CachedReply(Struct, frozen=True):
    """An upstream's answer without its id, with the TTLs of this second."""

    message: bytes
    question_end: int
    """Where the records begin."""
    opt: bytes
    """The OPT with which the message ends; empty without EDNS."""
    hit_counter: HitCounter

    @property
    def size(self) -> int:
        """Approximate bytes of memory."""
        return len(self.message) + 2 * _OBJECT_OVERHEAD

    def next_reply(self) -> bytes:
        """The message, which is counted."""
        self.hit_counter.count += 1
        return self.message

    def truncate(self, limit: int) -> bytes:
        """What fits into `limit` bytes with the id: all but the additional records, if that is enough.

        Else TC, and as many whole records of the answer as fit (RFC 2181 9).
        """
        message = self.message
        records = message[self.question_end : len(message) - len(self.opt)]
        room = limit - messages.ID_SIZE - self.question_end - len(self.opt)
        answer_count, authority_count = (int.from_bytes(message[at : at + 2], "big") for at in (4, 6))
        needed_count = answer_count + authority_count
        count, end = rrset_encoding.count_whole_records(needed_count, records, room)

        # The header anew: one question, what fits, the OPT alone.
        flags = int.from_bytes(message[:2], "big")
        if count < needed_count:
            flags |= messages.TC
            answer_count, end = rrset_encoding.count_whole_records(answer_count, records, room)
            authority_count = 0
        head = messages.HEADER_FIELDS_WITHOUT_ID.pack(flags, 1, answer_count, authority_count, bool(self.opt))
        question = message[messages.HEADER_SIZE_WITHOUT_ID : self.question_end]
        return b"".join((head, question, records[:end], self.opt))
