"""Replies that are not the same bytes for long.

    usual query -> Living or Passing, kept for a second or a version of the table -> reply

A living one's records stand in another order each time; a passing one's TTLs count down by the second.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, final

from msgspec import Struct

from svcdns.dns import answers, wire

Order: TypeAlias = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Records of one reply in the order in which they are to be sent in the next one."""

_OBJECT = 50
"""Bytes of a part as an object of its own, beside its own: measured."""


class Given(Struct):
    """How often answers of one sort were given; whoever gives one adds to it."""

    times: int = 0


@final
class Living(Struct):
    """A reply without its id; `head` is what stands before the records, with the question."""

    head: bytes
    records: Sequence[bytes]
    order: Order
    opt: bytes
    given: Given | None = None
    """Where it is counted; a table's answers are not."""

    @property
    def size(self) -> int:
        """Bytes, all in all."""
        return len(self.head) + sum(map(len, self.records)) + _OBJECT * (3 + len(self.records))

    def reply(self) -> bytes:
        """The next one: its records stand as those of the last one did, and then in another order."""
        if self.given is not None:
            self.given.times += 1
        self.records = records = self.order(self.records)
        return b"".join((self.head, *records, self.opt))


@final
class Passing(Struct, frozen=True):
    """What an upstream said, without its id, with the TTLs of this second."""

    whole: bytes
    question_end: int
    """Where its records begin."""
    opt: bytes
    """Which it ends with."""
    given: Given

    @property
    def size(self) -> int:
        """Bytes, all in all."""
        return len(self.whole) + 2 * _OBJECT

    def reply(self) -> bytes:
        """It is counted."""
        self.given.times += 1
        return self.whole

    def cut(self, limit: int) -> bytes:
        """TC, and as many whole records of the answer as fit (RFC 2181 9)."""
        whole, start = self.whole, self.question_end
        records = whole[start : len(whole) - len(self.opt)]
        room = limit - wire.ID - start - len(self.opt)
        count, end = answers.whole_records(int.from_bytes(whole[4:6], "big"), records, room)
        flags = (int.from_bytes(whole[:2], "big") | wire.TC).to_bytes(2, "big")
        counts = count.to_bytes(2, "big") + bytes((0, 0, 0, bool(self.opt)))
        question = whole[wire.HEADER : start]
        return b"".join((flags, b"\0\1", counts, question, records[:end], self.opt))
