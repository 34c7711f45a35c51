"""What the hostile upstream knows, and the messages that say it or lie.

The truth is a pure function of a question, and a question of its number: who asks can check each answer,
and nothing is remembered. All is bytes, so that tens of thousands are answered in seconds.
"""

import struct
from typing import NamedTuple

A, CNAME, SOA, MX, TXT, AAAA = 1, 5, 6, 15, 16, 28
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5

TTL = 300
LARGEST = 1232
"""Longer answers are cut over UDP."""

FORGERIES = ("wrong id", "wrong question", "other case", "garbage", "another port")

_ZONE = b"\4load\7example\0"
_HEADER = struct.Struct("!HHHHH")
_RR = struct.Struct("!HHIH")
_RESPONSE, _TC = 0x8180, 0x0200
_EVIL = bytes((6, 6, 6, 6))


class Record(NamedTuple):
    """Names in full, folded."""

    owner: bytes
    type: int
    rdata: bytes


class Truth(NamedTuple):
    """What there is to say; in the answer CNAMEs come first, the other records are sorted."""

    rcode: int = 0
    answer: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()


_SOA = (Record(_ZONE, SOA, _ZONE + _ZONE + struct.pack("!5I", 1, 2, 3, 4, TTL)),)


def question(number: int) -> bytes:
    """The question of this number, folded: its name, type and class."""
    rrtype = {4: MX, 5: TXT, 6: AAAA}.get(number % 16, A)
    return _name("n", number) + struct.pack("!HH", rrtype, 1)


def truth(number: int) -> Truth:
    """The answer to this question."""
    name, middle, end = _name("n", number), _name("middle", number), _name("end", number)
    match number % 16:
        case 0:
            return Truth(NXDOMAIN, authority=_SOA)
        case 1:
            return Truth(authority=_SOA)
        case 2:
            links = Record(name, CNAME, middle), Record(middle, CNAME, end)
            return Truth(answer=(*links, *_addresses(end, number)))
        case 3:
            return Truth(NXDOMAIN, (Record(name, CNAME, end),), _SOA)
        case 4:
            return Truth(answer=(Record(name, MX, b"\0\x0a" + end),))
        case 5:
            string = bytes((200,)) + b"%200d" % number
            return Truth(answer=(Record(name, TXT, string * (9 if _is_long(number) else 1)),))
        case 6:
            sixes = (struct.pack("!IIII", 0x20010DB8, 0, number, last) for last in range(3))
            return Truth(answer=tuple(Record(name, AAAA, rdata) for rdata in sixes))
    return Truth(answer=tuple(_addresses(name, number)))


def _is_long(number: int) -> bool:
    """Too long for a datagram: one answer of 64."""
    return number % 64 == 5


def _addresses(owner: bytes, number: int) -> list[Record]:
    first = 0x0A000000 + 4 * number
    return [Record(owner, A, struct.pack("!I", first + at)) for at in range(1 + number % 4)]


def _name(kind: str, number: int) -> bytes:
    label = f"{kind}{number}".encode()
    return bytes((len(label),)) + label + _ZONE


class Reply:
    """What may be sent to a query: the truth, and the ways to spoil it."""

    def __init__(self, query: bytes) -> None:
        self.number = int(query[14 : 13 + query[12]])
        self._id = query[:2]
        self._question = query[12 : query.index(0, 12) + 5]

    def whole(self, *beside: Record) -> bytes:
        """The truth, and beside it these records; an answer of them alone would be no answer."""
        rcode, answer, authority = truth(self.number)
        sections = (*answer, *beside) if answer else (), (*authority, *beside), beside
        return self._message(self._id, rcode, self._question, *sections)

    def over_udp(self) -> bytes:
        """The truth, unless it is too long."""
        return self.cut() if _is_long(self.number) else self.whole()

    def cut(self) -> bytes:
        """TC, and no records."""
        return self._message(self._id, _TC, self._question)

    def poisoned(self) -> bytes:
        """The truth beside lies about names that others ask for."""
        if _is_long(self.number):
            return self.cut()
        others = _name("n", self.number + 1), _name("end", self.number + 16)
        return self.whole(*(Record(second, A, _EVIL) for second in others))

    def useless(self) -> bytes:
        """A failure, or nothing but a lie about another name."""
        second = Record(_name("n", self.number + 16), A, _EVIL)
        match self.number % 3:
            case 0:
                return self._message(self._id, 0, self._question, (second,))
            case 1:
                return self._message(self._id, SERVFAIL, self._question)
        return self._message(self._id, REFUSED, self._question)

    def forged(self, kind: str) -> bytes:
        """The lie of somebody who guesses what he cannot see (of FORGERIES)."""
        ident, query_parts = self._id, self._question
        match kind:
            case "garbage":
                return self.whole()[:-7]
            case "wrong id":
                ident = bytes((ident[0], ident[1] ^ 1))
            case "wrong question":
                query_parts = question(self.number + 16)
            case "other case":
                query_parts = query_parts[:-4].swapcase() + query_parts[-4:]
        return self._message(ident, 0, query_parts, (Record(self._question[:-4], A, _EVIL),))

    @staticmethod
    def _message(ident: bytes, flags: int, query_parts: bytes, *sections: tuple[Record, ...]) -> bytes:
        counts = [*map(len, sections), 0, 0, 0][:3]
        packed = (
            record.owner + _RR.pack(record.type, 1, TTL, len(record.rdata)) + record.rdata
            for section in sections
            for record in section
        )
        return b"".join((ident, _HEADER.pack(_RESPONSE | flags, 1, *counts), query_parts, *packed))
