"""An upstream's response, read strictly: hostile bytes in, records with whole names out.

Nothing is allocated by the counts of the header. A compression pointer leads backwards, so that no
chain of them ends later than the message is long (RFC 1035 4.1.4).
"""

import itertools
import struct
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import (
    HEADER_FIELDS,
    OPTION_FIELDS,
    QUESTION_FIELDS,
    RECORD_FIELDS,
    ExtendedError,
    Sections,
)
from svcdns.dns.wire.records import Record

_MAX_TTL = 0x7FFFFFFF

MAX_POINTERS = 127
"""In one name: as many as it can have labels. Longer chains are made to keep their reader busy."""

MAX_EXTENDED_ERRORS = 3
"""Extended errors that are read of one message."""

RDATA_NAMES = {
    records.NS: (0, 1),
    records.CNAME: (0, 1),
    records.PTR: (0, 1),
    39: (0, 1),  # DNAME
    **dict.fromkeys((3, 4, 7, 8, 9), (0, 1)),  # MD, MF, MB, MG, MR
    14: (0, 2),  # MINFO
    17: (0, 2),  # RP
    21: (2, 1),  # RT
    26: (2, 2),  # PX
    records.MX: (2, 1),
    records.SRV: (6, 1),
    records.SOA: (0, 2),
    18: (2, 1),  # AFSDB
}
"""By type: bytes before the names in its RDATA, and how many names follow (RFC 3597 4: only old types)."""


_ADDRESS_SIZES = {records.A: 4, records.AAAA: 16}


class ResponseError(Exception):
    """The bytes are no response, or one that breaks the format."""


class _OptFields(NamedTuple):
    """Of EDNS: the rcode's high bits, and the extended errors."""

    rcode_high: int = 0
    extended_errors: tuple[ExtendedError, ...] = ()


class Response(Struct, frozen=True):
    """A response, its OPT apart; `question` is folded, `qname` its name in the case it came in.

    Both are empty where a server that does not understand the query sends its header alone.
    """

    id: int
    flags: int
    rcode: int
    question: bytes
    sections: Sections
    qname: bytes = b""
    extended_errors: tuple[ExtendedError, ...] = ()

    @property
    def is_truncated(self) -> bool:
        """TC: ask again over TCP."""
        return bool(self.flags & messages.TC)


def parse_response(packet: bytes) -> Response:
    """Read a response with one question, or with none (see Response); raises ResponseError alone."""
    try:
        return _parse_message(packet)
    except (struct.error, IndexError) as error:
        raise ResponseError("the message is cut off") from error


def _parse_message(packet: bytes) -> Response:
    ident, flags, questions, *counts = HEADER_FIELDS.unpack_from(packet)
    if not flags & messages.QR or flags & messages.OPCODE_MASK:
        raise ResponseError("no response to a query")
    if not questions and flags & 0xF in (records.FORMERR, records.NOTIMP):
        return Response(ident, flags, flags & 0xF, b"", Sections())
    if questions != 1:
        raise ResponseError("no question, or several")
    name, at = read_name(packet, 12)
    rrtype, rrclass = QUESTION_FIELDS.unpack_from(packet, at)
    question = name.lower() + QUESTION_FIELDS.pack(rrtype, rrclass)
    at += 4
    opt, parts = _OptFields(), []
    for count in counts:
        part: list[Record] = []
        for _ in range(count):
            found, at = _read_record(packet, at)
            if isinstance(found, Record):
                part.append(found)
            else:
                opt = found
        parts.append(part)
    rcode = flags & 0xF | opt.rcode_high << 4
    return Response(ident, flags, rcode, question, Sections(*parts), name, opt.extended_errors)


def _read_record(packet: bytes, at: int) -> tuple[Record | _OptFields, int]:
    """The record, and where the next one begins."""
    owner, at = read_name(packet, at)
    rrtype, rrclass, ttl, length = RECORD_FIELDS.unpack_from(packet, at)
    at += RECORD_FIELDS.size
    end = at + length
    if end > len(packet):
        raise ResponseError("a record is longer than the message")
    if rrtype == records.OPT:
        return _OptFields(
            ttl >> 24, tuple(itertools.islice(_parse_extended_errors(packet[at:end]), MAX_EXTENDED_ERRORS))
        ), end
    if rrclass != records.IN:
        raise ResponseError("a record of another class")
    ttl = ttl if ttl <= _MAX_TTL else 0  # RFC 2181 8
    return Record(owner, rrtype, ttl, _expand_rdata(packet, rrtype, at, end)), end


def _parse_extended_errors(options: bytes) -> Iterator[ExtendedError]:
    """Extended errors (RFC 8914 2); options are only told apart, what breaks their format ends them."""
    at = 0
    while at + 4 <= len(options):
        code, length = OPTION_FIELDS.unpack_from(options, at)
        data = options[at + 4 : at + 4 + length]
        at += 4 + length
        if code == messages.EDE_OPTION and 2 <= length == len(data):
            yield int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")


def _expand_rdata(packet: bytes, rrtype: int, at: int, end: int) -> bytes:
    """The RDATA with its names in full."""
    if end - at != _ADDRESS_SIZES.get(rrtype, end - at):
        raise ResponseError("an address of another length")
    before, names = RDATA_NAMES.get(rrtype, (0, 0))
    if not names:
        return packet[at:end]
    parts = [packet[at : at + before]]
    at += before
    for _ in range(names):
        name, at = read_name(packet, at)
        parts.append(name)
    numbers = 20 if rrtype == records.SOA else 0
    if at + numbers != end:
        raise ResponseError("a name is longer or shorter than its record")
    return b"".join([*parts, packet[at:end]])


def read_name(packet: bytes, at: int) -> tuple[bytes, int]:
    """The whole name, and where it ends in the message."""
    labels, size, end, limit, pointers = [], 1, 0, at, 0
    while length := packet[at]:
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | packet[at + 1]
            end = end or at + 2
            pointers += 1
            if target >= limit or pointers > MAX_POINTERS:
                raise ResponseError("a compression pointer leads forwards, or to no end")
            at = limit = target
            continue
        if length > 63:
            raise ResponseError("an unknown label type")
        label = packet[at : at + length + 1]
        size += len(label)
        if len(label) <= length or size > 255:
            raise ResponseError("a name is too long")
        labels.append(label)
        at += length + 1
    return b"".join(labels) + b"\0", end or at + 1
