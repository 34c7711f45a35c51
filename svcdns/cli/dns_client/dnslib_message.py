r"""A reply as a person reads it, and the only door to dnslib; for the command line.

dnslib knows how the many record types are written, but refuses labels that are legal (RFC 2181 11)
and fails in many ways on what is broken. So the sections and the names are read here, and dnslib
sees one record's data at a time: what it cannot read is shown as RFC 3597 says, `\# length hex`.
"""

import ipaddress
import struct
from collections.abc import Callable, Iterator

import dnslib

from svcdns.cli.dns_client import presentation
from svcdns.cli.dns_client.reply_text import (
    EdnsText,
    QuestionText,
    RecordText,
    ReplyText,
)
from svcdns.dns.wire import (
    messages,
    mnemonics,
    names,
    records,
)

_EXTRA_RCODE_NAMES = {16: "BADVERS", 23: "BADCOOKIE"}

_RDATA_LAYOUTS = {
    records.NS: "n",
    records.CNAME: "n",
    records.PTR: "n",
    records.MX: "Hn",
    records.SRV: "HHHn",
    records.SOA: "nnIIIII",
}
"""RDATA with names in it: `n` is a name, the rest as in struct."""


def parse_type(text: str) -> int:
    """`A`, `srv` or `TYPE65`; raises ValueError."""
    try:
        number = int(getattr(dnslib.QTYPE, text.upper()))
    except (dnslib.DNSError, AttributeError):
        raise ValueError(f"{text!r} is no record type, as A, SRV or TYPE65") from None
    if not 0 < number < 65536:
        raise ValueError(f"{text!r} is no record type: numbers go to 65535")
    return number


def type_text(number: int) -> str:
    """`A`, or `TYPE65280` for what has no name."""
    return str(dnslib.QTYPE[number])


def build_query(query_id: int, name: bytes, rrtype: int) -> bytes:
    """A query with RD set and an OPT record (RFC 6891), for a wire name."""
    head = messages.HEADER_FIELDS.pack(query_id, messages.RD, 1, 0, 0, 1)
    return head + name + messages.QUESTION_FIELDS.pack(rrtype, records.IN) + messages.encode_opt(False)


def is_reply_to(packet: bytes, query: bytes) -> bool:
    """Whether this is a reply to that query: id, question and direction (RFC 5452 9.1).

    A server that does not even understand the question may leave it out.
    """
    if len(packet) < 12 or packet[:2] != query[:2] or not packet[2] & 0x80:
        return False
    end = len(query) - len(messages.encode_opt(False))
    if packet[4:6] == b"\0\0":
        return bool(packet[3] & 0xF)
    return packet[12:end].lower() == query[12:end].lower()


def is_truncated(packet: bytes) -> bool:
    """Whether TC is set in a reply."""
    return bool(packet[2] & messages.TC >> 8)


def parse_reply(packet: bytes) -> ReplyText:
    """Read a reply; raises FormatError where its sections cannot be told apart."""
    if len(packet) < 12:
        raise messages.FormatError("shorter than a header")
    ident, flags, *counts = messages.HEADER_FIELDS.unpack_from(packet)
    reader = _MessageReader(packet)
    questions = tuple(reader.read_questions(counts[0]))
    answer, authority, additional = (tuple(reader.read_records(count)) for count in counts[1:])
    rcode = flags & 0xF | reader.rcode_high << 4
    return ReplyText(
        ident,
        _mnemonic(dnslib.OPCODE, (flags & messages.OPCODE_MASK) >> 11, "OPCODE"),
        _EXTRA_RCODE_NAMES.get(rcode) or _mnemonic(dnslib.RCODE, rcode, "RCODE"),
        tuple(word for bit, word in mnemonics.FLAGS if flags & bit),
        questions,
        answer,
        authority,
        additional,
        reader.edns,
    )


def _mnemonic(table: "dnslib.Bimap", number: int, prefix: str) -> str:
    return str(table.get(number, f"{prefix}{number}"))


class _MessageReader:
    """Goes through the sections; every read is within the packet, every pointer leads backwards."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.at = 12
        self.edns: EdnsText | None = None
        self.rcode_high = 0

    def read_questions(self, count: int) -> Iterator[QuestionText]:
        for _ in range(count):
            owner = self.read_name()
            rrtype, rrclass = self.unpack("!HH")
            yield QuestionText(owner, _mnemonic(dnslib.CLASS, rrclass, "CLASS"), type_text(rrtype))

    def read_records(self, count: int) -> Iterator[RecordText]:
        for _ in range(count):
            owner = self.read_name()
            rrtype, rrclass, ttl, length = self.unpack("!HHIH")
            end = self.at + length
            if end > len(self.packet):
                raise messages.FormatError("a record is longer than the message")
            if rrtype == records.OPT:
                self.rcode_high = ttl >> 24
                self.edns = _format_edns(rrclass, ttl, self.packet[self.at : end])
            else:
                rdata = self.read_rdata(rrtype, end)
                yield RecordText(
                    owner, ttl, _mnemonic(dnslib.CLASS, rrclass, "CLASS"), type_text(rrtype), rdata
                )
            self.at = end

    def read_rdata(self, rrtype: int, end: int) -> str:
        """The data up to `end` as text; unreadable data as RFC 3597 5 says."""
        data = self.packet[self.at : end]
        try:
            if layout := _RDATA_LAYOUTS.get(rrtype):
                text = " ".join(
                    str(self.read_name() if c == "n" else self.unpack("!" + c)[0]) for c in layout
                )
                return text if self.at == end else presentation.unknown_rdata(data)
            if known := _RDATA_FORMATTERS.get(rrtype):
                return known(data)
            return _format_with_dnslib(rrtype, data)
        except (messages.FormatError, ValueError):
            return presentation.unknown_rdata(data)

    def read_name(self) -> str:
        """The name here, its compression undone (RFC 1035 4.1.4)."""
        labels, room, at, start, end = [], names.MAX_NAME_LENGTH - 1, self.at, self.at, 0
        while length := self.byte_at(at):
            if length >= 0xC0:
                end = end or at + 2
                at = (length & 0x3F) << 8 | self.byte_at(at + 1)
                if at >= start:
                    raise messages.FormatError("a pointer that does not lead backwards")
                start = at
            elif length > names.MAX_LABEL_LENGTH or length >= room or at + 1 + length > len(self.packet):
                raise messages.FormatError("a name that is too long")
            else:
                room -= length + 1
                labels.append(self.packet[at + 1 : at + 1 + length])
                at += 1 + length
        self.at = end or at + 1
        return names.to_text(names.from_labels(labels))

    def byte_at(self, at: int) -> int:
        if at >= len(self.packet):
            raise messages.FormatError("the message ends within a name")
        return self.packet[at]

    def unpack(self, layout: str) -> tuple[int, ...]:
        try:
            found = struct.unpack_from(layout, self.packet, self.at)
        except struct.error:
            raise messages.FormatError("the message ends within a record") from None
        self.at += struct.calcsize(layout)
        return found


def _format_with_dnslib(rrtype: int, data: bytes) -> str:
    kind = dnslib.RDMAP.get(type_text(rrtype))
    if kind is None:
        return presentation.unknown_rdata(data)
    buffer = dnslib.DNSBuffer(data)
    try:
        text = str(kind.parse(buffer, len(data)).toZone())
    except Exception:  # of a dozen kinds, IndexError and struct.error among them
        return presentation.unknown_rdata(data)
    return presentation.escape_text(text) if buffer.offset == len(data) else presentation.unknown_rdata(data)


_RDATA_FORMATTERS: dict[int, Callable[[bytes], str]] = {
    records.A: lambda data: str(ipaddress.IPv4Address(data)),
    records.AAAA: lambda data: str(ipaddress.IPv6Address(data)),
    records.TXT: presentation.quote_strings,
}


def _format_edns(size: int, ttl: int, data: bytes) -> EdnsText:
    errors, options, at = [], [], 0
    while at + 4 <= len(data):
        code, length = messages.OPTION_FIELDS.unpack_from(data, at)
        value = data[at + 4 : at + 4 + length]
        if code == messages.EDE_OPTION and len(value) >= 2:
            errors.append(presentation.extended_error_text(value))
        else:
            options.append((code, value.hex()))
        at += 4 + length
    return EdnsText(ttl >> 16 & 0xFF, bool(ttl & 0x8000), size, tuple(errors), tuple(options))
