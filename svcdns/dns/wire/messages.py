"""Messages on the wire: their parts, and a reply that is cut to the size that its client takes.

      0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
    |                      ID                       |  RFC 1035 4.1.1; AD and CD: RFC 4035 3.2
    |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
    |      QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT       |

`query_parser` reads a query. Queries and our replies stand here without their id, which a transport keeps
(a response of an upstream has its own: `response`); pointers and limits count the whole message.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from svcdns.dns.wire import records
from svcdns.dns.wire.records import Record

MAX_UDP_SIZE = 1232
"""The largest UDP reply, and the size in our OPT: fits IPv6's least MTU (DNS flag day 2020)."""
MAX_UDP_SIZE_WITHOUT_EDNS = 512
"""RFC 1035 4.2.1."""
MAX_TCP_SIZE = 65535

ID_SIZE = 2
"""Bytes of a message's id."""
HEADER_SIZE_WITHOUT_ID = 10
"""Bytes of a header behind the id."""
QTYPE_QCLASS_SIZE = 4
"""Bytes of a question behind its name."""

QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
"""The bits of a header's flags."""
OPCODE_MASK = 0x7800

COOKIE_OPTION = 10
"""DNS cookies (RFC 7873 4)."""
EDE_OPTION = 15
OTHER_ERROR, STALE_ANSWER, NOT_READY, PROHIBITED, STALE_NXDOMAIN, NOT_AUTHORITATIVE = 0, 3, 14, 18, 19, 20
NO_REACHABLE_AUTHORITY, NETWORK_ERROR, INVALID_DATA = 22, 23, 24
"""Extended DNS Errors (RFC 8914 4)."""

ExtendedError: TypeAlias = tuple[int, str]
"""The code of an extended error, and a text for people."""

MAX_EDE_TEXT = 200
"""Bytes of an extended error's text; a longer one is cut."""

HEADER_FIELDS = struct.Struct("!HHHHHH")
"""A whole header: id, flags, and the counts of its four sections (RFC 1035 4.1.1)."""
HEADER_FIELDS_WITHOUT_ID = struct.Struct("!HHHHH")
"""The same behind the id."""
QUESTION_FIELDS = struct.Struct("!HH")
"""A question behind its name: type and class (RFC 1035 4.1.2)."""
RECORD_FIELDS = struct.Struct("!HHIH")
"""A record behind its owner: type, class, TTL, and the length of its RDATA (RFC 1035 4.1.3)."""
OPTION_FIELDS = struct.Struct("!HH")
"""An EDNS option in front of its data: code, and length of the data (RFC 6891 6.1.2)."""
_OPT = struct.Struct("!BHHBBHH")
_NO_QUESTION = bytes(2)
_NO_RECORDS = bytes(4)
"""Counts of answers and authority."""


class FormatError(Exception):
    """The query breaks the format, and is answered with FORMERR."""


class Edns(Struct, frozen=True):
    """The query's OPT record: the client's UDP size, EDNS version, and the DO bit (RFC 6891 6.1)."""

    udp_size: int
    version: int
    do: bool
    cookie: bytes = b""
    """The data of its first COOKIE option: 8 bytes of the client, and none or 8 to 32 of a server."""


class Query(Struct, frozen=True):
    """A parsed query; `question` is its bytes as they came, `qname` the folded wire name."""

    flags: int
    question: bytes
    qname: bytes
    qtype: int
    qclass: int
    edns: Edns | None
    reply_cookie: bytes = b""
    """The COOKIE option of its replies, in wire form; empty without (`dns/clients/server_cookies`)."""

    @property
    def wants_ad(self) -> bool:
        """Whether it asks for AD, where that holds (RFC 6840 5.8)."""
        return bool(self.flags & AD) or (self.edns is not None and self.edns.do)


class OptRecords(NamedTuple):
    """Our OPT record without and with the DO bit."""

    without_do: bytes
    with_do: bytes


def udp_reply_limit(udp_size: int) -> int:
    """The most bytes of a reply over UDP to a query whose OPT has this size (RFC 6891 6.2.3)."""
    return min(max(udp_size, MAX_UDP_SIZE_WITHOUT_EDNS), MAX_UDP_SIZE)


def encode_opt(do: bool, rcode_high: int = 0, options: bytes = b"") -> bytes:
    """Our OPT record (RFC 6891 6.1.2); `rcode_high`: the high bits of the response code."""
    return _OPT.pack(0, records.OPT, MAX_UDP_SIZE, rcode_high, 0, 0x8000 if do else 0, len(options)) + options


def encode_extended_error(code: int, text: str = "") -> bytes:
    """An EDNS option with an extended error (RFC 8914 2)."""
    data = text.encode()[:MAX_EDE_TEXT]

    return struct.pack("!HHH", EDE_OPTION, 2 + len(data), code) + data


def encode_extended_errors(errors: Iterable[ExtendedError]) -> bytes:
    """An EDNS option for each extended error, joined."""
    return b"".join([encode_extended_error(code, text) for code, text in errors])


def encode_opt_records(*errors: ExtendedError) -> OptRecords:
    """Our OPT records with extended errors."""
    options = encode_extended_errors(errors)

    return OptRecords(encode_opt(False, options=options), encode_opt(True, options=options))


OPT_RECORDS = OptRecords(encode_opt(False), encode_opt(True))
"""Our OPT records without any option."""


def encode_record(owner: bytes, rrtype: int, ttl: int, rdata: bytes) -> bytes:
    """One record of class IN; the owner is a wire name or a compression pointer."""
    return owner + RECORD_FIELDS.pack(rrtype, records.IN, ttl, len(rdata)) + rdata


def header_only_reply(query: bytes, rcode: int) -> bytes:
    """A reply of the header alone: opcode, RD and CD of the query, all counts zero; both without id."""
    flags = int.from_bytes(query[:2], "big")
    return (QR | flags & (OPCODE_MASK | RD | CD) | rcode).to_bytes(2, "big") + bytes(8)


class Sections(Struct):
    """The records of a reply before they are cut to size."""

    answer: list[Record] = []
    authority: list[Record] = []
    additional: list[Record] = []
    needed_additional: int = 0
    """How many of the first additional records may not be missing without TC."""


def reply_limit(edns: Edns | None, is_stream: bool) -> int:
    """The most bytes of a reply (RFC 6891 6.2.3); no more over UDP than passes unfragmented."""
    if is_stream:
        return MAX_TCP_SIZE
    if edns is None:
        return MAX_UDP_SIZE_WITHOUT_EDNS
    return udp_reply_limit(edns.udp_size)


def encode_reply(
    query: Query, flags: int, rcode: int, sections: Sections, limit: int, options: bytes = b""
) -> bytes:
    """Write the reply, without its id, so that with its id it fits into `limit` bytes.

    What does not fit is left out: first `options` (EDNS; RFC 8914 3), then additional records, and then
    answers and authority, from the end on. TC is set for these, and for additional records that are
    needed. The query's `reply_cookie` always stays. Owners that are a suffix of the question become pointers
    to it; nothing else is compressed.
    """
    owners = OwnerCompressor(query.question[:-4])
    answer, authority, additional = (
        [encode_record(owners.compress(r.owner), r.type, r.ttl, r.rdata) for r in part]
        for part in (sections.answer, sections.authority, sections.additional)
    )

    room = limit - HEADER_FIELDS.size - len(query.question)
    free = room - sum(map(len, (*answer, *authority)))
    if _OPT.size + len(query.reply_cookie) + len(options) > free:
        options = b""

    # The OPT record stands last, but its room is taken first: a reply to EDNS must have it.
    trailer = encode_opt(query.edns.do, rcode >> 4, query.reply_cookie + options) if query.edns else b""
    room -= len(trailer)

    answer, room, cut = _fit_records(answer, room)
    if not cut:
        authority, room, cut = _fit_records(authority, room)
    else:
        authority = []
    # Additional records may be missing without TC (RFC 2181 9), but not the glue of a delegation's own
    # servers (RFC 9471 3.1).
    additional = [] if cut else _fit_records(additional, room)[0]
    cut = cut or len(additional) < sections.needed_additional

    flags |= QR | query.flags & (RD | CD) | (TC if cut else 0) | rcode & 0xF
    counts = len(answer), len(authority), len(additional) + bool(trailer)
    head = HEADER_FIELDS_WITHOUT_ID.pack(flags, 1, *counts)
    return b"".join([head, query.question, *answer, *authority, *additional, trailer])


def read_rcode(reply: bytes) -> int:
    """The response code of a reply of ours, without id, with its high bits (RFC 6891 6.1.3).

    These are only looked for where they may be: in replies without records (BADVERS, BADCOOKIE).
    """
    rcode = reply[1] & 0xF
    if reply[4:8] != _NO_RECORDS:
        return rcode

    at = HEADER_SIZE_WITHOUT_ID
    if reply[2:4] != _NO_QUESTION:
        while reply[at]:
            at += reply[at] + 1
        at += 1 + QTYPE_QCLASS_SIZE
    return rcode | reply[at + 5] << 4 if len(reply) > at else rcode


def encode_cookie_reply(packet: bytes, edns: Edns, rcode: int, cookie_option: bytes) -> bytes:
    """The reply, without id, to a query that has no question and asks for a cookie (RFC 7873 5.4)."""
    flags = QR | int.from_bytes(packet[:2], "big") & (RD | CD) | rcode & 0xF
    head = HEADER_FIELDS_WITHOUT_ID.pack(flags, 0, 0, 0, 1)
    return head + encode_opt(edns.do, rcode >> 4, cookie_option)


def encode_chaos_reply(query: Query, answer_record: Record, limit: int) -> bytes:
    """A reply, without id, of one record of class CH, whose owner is the question."""
    message = encode_reply(query, AA, 0, Sections([answer_record]), limit)

    # The class stands behind the header, the question, a pointer to it (2 bytes) and the type.
    at = HEADER_SIZE_WITHOUT_ID + len(query.question) + 4
    return message[:at] + records.CH.to_bytes(2, "big") + message[at + 2 :]


def _fit_records(encoded_records: list[bytes], room: int) -> tuple[list[bytes], int, bool]:
    """The records that fit, how many bytes are free behind them, and whether some did not fit."""
    for count, part in enumerate(encoded_records):
        if len(part) > room:
            return encoded_records[:count], room, True
        room -= len(part)

    return encoded_records, room, False


class OwnerCompressor:
    """Shortens owners: the longest suffix that they share with the question becomes a pointer to it."""

    def __init__(self, question_name: bytes) -> None:
        folded, self.pointers, at = question_name.lower(), {}, 0
        while folded[at]:
            self.pointers[folded[at:]] = (0xC000 | 12 + at).to_bytes(2, "big")
            at += folded[at] + 1

    def compress(self, owner: bytes) -> bytes:
        """The owner, with a pointer for what it shares with the question (RFC 1035 4.1.4)."""
        folded, at = owner.lower(), 0
        while folded[at]:
            if pointer := self.pointers.get(folded[at:]):
                return owner[:at] + pointer
            at += folded[at] + 1

        return owner
