"""An upstream's response, read strictly: hostile bytes in, records with whole names out.

Two steps: `answers` compares what arrived with the query that was sent (RFC 5452 9.1), for on a
datagram that is no answer the wait goes on; `parse` reads what is one. Nothing is allocated by the
counts of the header, and a compression pointer leads backwards (RFC 1035 4.1.4). Many pointers to one
long name would still multiply the work, so names may cost two steps for each byte of the message.
"""

import struct

from msgspec import Struct

from svcdns.dns import names, records, wire
from svcdns.dns.records import Record
from svcdns.dns.wire import Sections

_HEADER = struct.Struct("!HHHHHH")
_RR = struct.Struct("!HHIH")

DNAME, AFSDB = 39, 18
NAMES_AT = {
    records.NS: (0, 1),
    records.CNAME: (0, 1),
    records.PTR: (0, 1),
    DNAME: (0, 1),
    records.MX: (2, 1),
    AFSDB: (2, 1),
    records.SRV: (6, 1),
    records.SOA: (0, 2),
}
"""By type: bytes before the names in its RDATA, and how many follow. No other type's RDATA may be
compressed (RFC 3597 4), but the oldest, which nobody uses."""


class ResponseError(Exception):
    """The bytes are no response, or one that breaks the format."""


class Response(Struct, frozen=True):
    """A response without its OPT; `question` is folded, `edns` says whether there was an OPT."""

    id: int
    flags: int
    rcode: int
    question: bytes
    sections: Sections
    edns: bool


def answers(packet: bytes, query: bytes, question_end: int) -> bool:
    """Whether this is the answer to that query of ours: its id, direction, opcode and question, case and all.

    A server that does not understand the query may answer with the header alone.
    """
    if len(packet) < 12 or packet[:2] != query[:2] or packet[2] & 0xF8 != 0x80:
        return False
    if len(packet) == 12:
        return packet[3] & 0xF in (records.FORMERR, records.NOTIMP) and packet[4:12] == bytes(8)
    return packet[4:6] == b"\0\1" and packet[12:question_end] == query[12:question_end]


def is_truncated(packet: bytes) -> bool:
    """TC: what is behind the header may be cut anywhere; to be asked again over TCP."""
    return bool(packet[2] & wire.TC >> 8)


def parse(packet: bytes) -> Response:
    """Read a response to one question, or the header alone; raises ResponseError and nothing else."""
    try:
        return _Reader(packet).response()
    except (struct.error, IndexError) as error:
        raise ResponseError("the message is cut off") from error


class _Reader:
    """Goes through a message once; `names` are those that pointers lead to, by their offset."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.at = 12
        self.names: dict[int, bytes] = {}
        self.steps = 2 * len(packet)
        self.edns = False
        self.rcode_high = 0

    def response(self) -> Response:
        ident, flags, questions, *counts = _HEADER.unpack_from(self.packet)
        if not flags & wire.QR or flags & wire.OPCODE or questions > 1:
            raise ResponseError("no response to one query")
        question = self.question() if questions else b""
        sections = Sections(*[self.section(count) for count in counts])
        rcode = flags & 0xF | self.rcode_high << 4
        return Response(ident, flags, rcode, question, sections, self.edns)

    def question(self) -> bytes:
        name = self.name()
        kind = self.packet[self.at : self.at + 4]
        if len(kind) < 4:
            raise ResponseError("the question is cut off")
        self.at += 4
        return name.lower() + kind

    def section(self, count: int) -> list[Record]:
        found = []
        for _ in range(count):
            record = self.record()
            if record is not None:
                found.append(record)
        return found

    def record(self) -> Record | None:
        """The next record; None for OPT."""
        owner = self.name()
        rrtype, rrclass, ttl, length = _RR.unpack_from(self.packet, self.at)
        self.at += _RR.size
        end = self.at + length
        if end > len(self.packet):
            raise ResponseError("a record is longer than the message")
        if rrtype == records.OPT:
            if self.edns or owner != names.ROOT:
                raise ResponseError("OPT twice, or with a name (RFC 6891 6.1.1)")
            self.edns, self.rcode_high, self.at = True, ttl >> 24, end
            return None
        if rrclass != records.IN:
            raise ResponseError("a record of another class")
        return Record(owner, rrtype, ttl, self.rdata(rrtype, end))

    def rdata(self, rrtype: int, end: int) -> bytes:
        """The RDATA up to `end` with its names in full."""
        before, count = NAMES_AT.get(rrtype, (0, 0))
        start = self.at
        if count:
            self.at += before
            parts = [self.packet[start : self.at], *[self.name() for _ in range(count)]]
            if self.at > end:
                raise ResponseError("a name is longer than its record")
            parts.append(self.packet[self.at : end])
            self.at = end
            return b"".join(parts)
        self.at = end
        return self.packet[start:end]

    def name(self) -> bytes:
        """The whole name that begins here."""
        name, self.at = self.name_at(self.at)
        return name

    def name_at(self, start: int, room: int = names.MAX_NAME) -> tuple[bytes, int]:
        """The whole name of at most `room` bytes, and where it ends here: behind its root or pointer."""
        packet, at = self.packet, start
        while length := packet[at]:
            self.steps -= 1
            if self.steps < 0:
                raise ResponseError("more names than a message of this size can need")
            if length > names.MAX_LABEL:
                if length < 0xC0:
                    raise ResponseError("an unknown label type")
                target = (length & 0x3F) << 8 | packet[at + 1]
                if target >= start:
                    raise ResponseError("a compression pointer leads forwards")
                rest, end = self.target(target, room - (at - start)), at + 2
                break
            at += length + 1
        else:
            rest, end = names.ROOT, at + 1
        if at - start + len(rest) > room:
            raise ResponseError("a name is too long")
        return packet[start:at] + rest, end

    def target(self, at: int, room: int) -> bytes:
        """The name that a pointer leads to; each pointer on the way has a label before it, so few follow."""
        name = self.names.get(at)
        if name is None:
            if room < 1 or self.packet[at] >= 0xC0:
                raise ResponseError("a compression pointer leads to a pointer, or the name is too long")
            name = self.names[at] = self.name_at(at, room)[0]
        return name
