"""An upstream's response, read strictly: hostile bytes in, records with whole names out.

Nothing is allocated by the counts of the header. A compression pointer leads backwards, so that no
chain of them ends later than the message is long (RFC 1035 4.1.4).
"""

import itertools
import struct
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import (
    HEADER_FIELDS,
    OPTION_FIELDS,
    QUESTION_FIELDS,
    RECORD_FIELDS,
    ExtendedError,
    Sections,
)
from svcdns.dns.wire.records import Record, RRType

_MAX_TTL = 0x7FFFFFFF
"""Seconds; a TTL with the first bit set counts as 0 (RFC 2181 8)."""

MAX_POINTERS = 127
"""Pointers in one name: as many as it can have labels. Longer chains are made to keep their reader busy."""

MAX_EXTENDED_ERRORS = 3
"""Extended errors that are read of one message: they are logged, and passed on to the client."""

RDATA_NAMES = {
    records.NS: (0, 1),
    records.CNAME: (0, 1),
    records.PTR: (0, 1),
    records.DNAME: (0, 1),
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
    """What an OPT record says: the high bits of the response code, and the extended errors."""

    rcode_high: int = 0
    extended_errors: tuple[ExtendedError, ...] = ()


class Response(Struct, frozen=True):
    """A response; what its OPT record says is in `rcode` and `extended_errors`.

    `question` is the folded name, type and class; `qname` is its name in the case it came in. Both are
    empty where a server that cannot or will not answer sends its header alone.
    """

    id: int
    flags: int
    rcode: int
    question: bytes
    sections: Sections
    qname: bytes = b""
    extended_errors: tuple[ExtendedError, ...] = ()
    has_edns: bool = False
    """It has an OPT record."""

    @property
    def is_truncated(self) -> bool:
        """TC: the server asks for the query to come over TCP."""
        return bool(self.flags & messages.TC)


def parse_response(packet: bytes) -> Response:
    """Read a response with one question, or with none (see Response); raises ResponseError alone."""
    try:
        return _parse_message(packet)
    except (struct.error, IndexError) as error:
        # Every length is checked by reading: what is cut off ends in one of these.
        raise ResponseError("the message is cut off") from error


def _parse_message(packet: bytes) -> Response:
    message_id, flags, question_count, *counts = HEADER_FIELDS.unpack_from(packet)
    if not flags & messages.QR or flags & messages.OPCODE_MASK:
        raise ResponseError("no response to a query")

    if not question_count and flags & 0xF not in (records.NOERROR, records.NXDOMAIN):
        return Response(message_id, flags, flags & 0xF, b"", Sections())
    if question_count != 1:
        raise ResponseError("no question, or several")

    qname, at = read_name(packet, HEADER_FIELDS.size)
    qtype, qclass = QUESTION_FIELDS.unpack_from(packet, at)
    question = qname.lower() + QUESTION_FIELDS.pack(qtype, qclass)
    at += QUESTION_FIELDS.size

    opt: _OptFields | None = None
    sections: list[list[Record]] = []
    for count in counts:
        section: list[Record] = []
        for _ in range(count):
            record, at = _read_record(packet, at)
            if isinstance(record, Record):
                section.append(record)
            else:
                opt = record
        sections.append(section)

    rcode_high, extended_errors = opt or _OptFields()
    answer, authority, additional = sections
    return Response(
        message_id,
        flags,
        flags & 0xF | rcode_high << 4,
        question,
        Sections(answer, authority, additional),
        qname,
        extended_errors,
        has_edns=opt is not None,
    )


def _read_record(packet: bytes, at: int) -> tuple[Record | _OptFields, int]:
    """The record, and where the next one begins."""
    owner, at = read_name(packet, at)
    rrtype, rrclass, ttl, length = RECORD_FIELDS.unpack_from(packet, at)
    at += RECORD_FIELDS.size
    end = at + length
    if end > len(packet):
        raise ResponseError("a record is longer than the message")

    if rrtype == records.OPT:
        # An OPT's TTL holds the high bits of the response code first (RFC 6891 6.1.3).
        errors = itertools.islice(_parse_extended_errors(packet[at:end]), MAX_EXTENDED_ERRORS)
        return _OptFields(ttl >> 24, tuple(errors)), end

    if rrclass != records.IN:
        raise ResponseError("a record of another class")
    ttl = ttl if ttl <= _MAX_TTL else 0
    return Record(owner, rrtype, ttl, _expand_rdata(packet, rrtype, at, end)), end


def _parse_extended_errors(options: bytes) -> Iterator[ExtendedError]:
    """The extended errors among EDNS options (RFC 8914 2); the first option that is cut off ends them."""
    at = 0
    while at + OPTION_FIELDS.size <= len(options):
        code, length = OPTION_FIELDS.unpack_from(options, at)
        at += OPTION_FIELDS.size
        data = options[at : at + length]
        at += length

        # The error's own code has 2 bytes, and the text may be missing.
        if code == messages.EDE_OPTION and 2 <= length == len(data):
            yield int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")


def _expand_rdata(packet: bytes, rrtype: RRType, at: int, end: int) -> bytes:
    """The RDATA between two places of a message, with its names in full."""
    if end - at != _ADDRESS_SIZES.get(rrtype, end - at):
        raise ResponseError("an address of another length")

    size_before_names, name_count = RDATA_NAMES.get(rrtype, (0, 0))
    if not name_count:
        return packet[at:end]

    parts = [packet[at : at + size_before_names]]
    at += size_before_names
    for _ in range(name_count):
        name, at = read_name(packet, at)
        parts.append(name)

    # Only a SOA has something behind its names.
    numbers_size = records.SOA_NUMBERS.size if rrtype == records.SOA else 0
    if at + numbers_size != end:
        raise ResponseError("a name is longer or shorter than its record")
    return b"".join([*parts, packet[at:end]])


def read_name(packet: bytes, at: int) -> tuple[bytes, int]:
    """The whole name at a place of a message, and where it ends there; raises ResponseError, IndexError."""
    labels: list[bytes] = []
    size = 1
    end = 0  # where the message goes on: behind the first pointer
    limit = at  # a pointer leads before this place
    pointer_count = 0

    while length := packet[at]:
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | packet[at + 1]
            end = end or at + 2
            pointer_count += 1
            if target >= limit or pointer_count > MAX_POINTERS:
                raise ResponseError("a compression pointer leads forwards, or to no end")
            at = limit = target
            continue

        if length > names.MAX_LABEL_LENGTH:
            raise ResponseError("an unknown label type")
        label = packet[at : at + length + 1]
        size += len(label)
        if len(label) <= length or size > names.MAX_NAME_LENGTH:
            raise ResponseError("a name is too long")
        labels.append(label)
        at += length + 1

    return b"".join(labels) + names.ROOT, end or at + 1
