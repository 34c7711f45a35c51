"""What stands in authority where a zone has nothing to say (RFC 2308 3): its SOA, as small as it gets."""

from collections.abc import Mapping
from typing import final

from msgspec import Struct

from svcdns.dns import names, records, wire
from svcdns.dns.records import Soa


class Denials(dict[int, bytes]):
    """By the length of the question's name, into which names of the SOA point; made when asked for."""

    def __init__(self, apex: bytes, soa: Soa, serial: int) -> None:
        """`apex` is the zone's name, at the end of every name that it is asked for."""
        super().__init__()
        self._apex = apex
        self._soa = soa
        self._serial = serial
        self._denied: dict[tuple[bytes, bytes, int], Denied] = {}

    def denied(self, head: bytes, opt: bytes, above: int) -> "Denied | None":
        """The same one for the same: many names share it, and so it stays in the processor's cache.

        None where the longest name's might not fit into 512 bytes (RFC 1035 4.2.1); a cluster's own zone
        has its SOA's names within itself, so its SOA takes 54, and it always does.
        """
        question = names.MAX_NAME + wire.QUESTION
        if wire.ID + len(head) + question + len(self[names.MAX_NAME]) + len(opt) > wire.PLAIN_SIZE:
            return None
        key = head, opt, above
        found = self._denied.get(key)
        if found is None:
            found = self._denied[key] = Denied(head, self, opt, above)
        return found

    def __missing__(self, name_length: int) -> bytes:
        pointer = (0xC000 | 12 + name_length - len(self._apex)).to_bytes(2, "big")
        rdata = b"".join(
            (
                self._compressed(self._soa.mname, pointer),
                self._compressed(self._soa.rname, pointer),
                self._soa.numbers(self._serial),
            )
        )
        made = self[name_length] = wire.record(pointer, records.SOA, self._soa.negative_ttl, rdata)
        return made

    def _compressed(self, name: bytes, pointer: bytes) -> bytes:
        return name[: -len(self._apex)] + pointer if names.is_below(name, self._apex) else name


@final
class Denied(Struct, frozen=True, gc=False):
    """What queries get that differ in the first label alone, where the name above does not exist."""

    head: bytes
    soas: Mapping[int, bytes]
    """See `Denials`."""
    opt: bytes
    above: int
    """Bytes of a name without those of its first label, which may be any."""

    def reply(self, asked: bytes) -> bytes | None:
        """Without id, as the query is; None where its first label is none (RFC 1035 3.1)."""
        size = asked[wire.HEADER]
        length = size + self.above
        if not 0 < size < 64 or length > names.MAX_NAME:
            return None
        question = asked[wire.HEADER : wire.HEADER + length + wire.QUESTION]
        return b"".join((self.head, question, self.soas[length], self.opt))
