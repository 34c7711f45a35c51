r"""Builds queries and reads replies; the only module that imports dnslib.

dnslib knows how the many record types are written, but it refuses labels that are legal (RFC 2181 11)
and raises many kinds of exceptions on broken data. So sections and names are read here, and dnslib sees
the data of one record at a time: what it cannot read is shown as RFC 3597 says, `\# length hex`.
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
"""Extended rcodes that dnslib has no names for (RFC 6891 9, RFC 7873 8)."""

_RDATA_LAYOUTS = {
    records.NS: "n",
    records.CNAME: "n",
    records.PTR: "n",
    records.MX: "Hn",
    records.SRV: "HHHn",
    records.SOA: "nnIIIII",
}
"""The fields of RDATA that may have compressed names: `n` is a name, the others are those of struct."""


_HEADER_SIZE = 12
"""Bytes of a header (RFC 1035 4.1.1)."""

_QR_BIT = 0x80
"""The bit of the third byte that is set in replies."""

_POINTER = 0xC0
"""The two bits that make the length of a label a pointer (RFC 1035 4.1.4)."""


def parse_type(text: str) -> int:
    """The number of a type, written as `A`, `srv` or `TYPE65`; raises ValueError."""
    try:
        number = int(getattr(dnslib.QTYPE, text.upper()))
    except (dnslib.DNSError, AttributeError):
        raise ValueError(f"{text!r} is no record type; examples are A, SRV and TYPE65") from None

    # dnslib takes any number behind TYPE; 0 is reserved (RFC 6895 3.1).
    if not 0 < number < 65536:
        raise ValueError(f"{text!r} is no record type: numbers go to 65535")
    return number


def type_text(number: int) -> str:
    """The name of a type, as `A`; `TYPE65280` if it has none (RFC 3597 5)."""
    return str(dnslib.QTYPE[number])


def build_query(query_id: int, name: bytes, rrtype: int) -> bytes:
    """A query for a wire name, with RD set and an OPT record (RFC 6891)."""
    header = messages.HEADER_FIELDS.pack(query_id, messages.RD, 1, 0, 0, 1)
    question = name + messages.QUESTION_FIELDS.pack(rrtype, records.IN)
    return header + question + messages.encode_opt(False)


def is_reply_to(packet: bytes, query: bytes) -> bool:
    """Whether a packet is a reply to a query of `build_query`: id, direction and question (RFC 5452 9.1)."""
    if len(packet) < _HEADER_SIZE or packet[:2] != query[:2] or not packet[2] & _QR_BIT:
        return False

    # A server that does not understand the question may leave it out; then the reply must be an error.
    if packet[4:6] == b"\0\0":
        return bool(packet[3] & 0xF)

    # Names may come back in other case (RFC 4343 3).
    question_end = len(query) - len(messages.encode_opt(False))
    return packet[_HEADER_SIZE:question_end].lower() == query[_HEADER_SIZE:question_end].lower()


def is_truncated(packet: bytes) -> bool:
    """Whether a reply was cut to fit, which the TC bit says."""
    return bool(packet[2] & messages.TC >> 8)  # the upper byte of the flags


def parse_reply(packet: bytes) -> ReplyText:
    """Read a reply; raises FormatError if it is not clear where its sections and records end."""
    if len(packet) < _HEADER_SIZE:
        raise messages.FormatError("shorter than a header")

    # In the order of the sections (RFC 1035 4.1.1).
    query_id, flags, *counts = messages.HEADER_FIELDS.unpack_from(packet)
    reader = _MessageReader(packet)
    questions = tuple(reader.read_questions(counts[0]))
    # `tuple` reads each section whole before the next: the reader has one position.
    answer, authority, additional = (tuple(reader.read_records(count)) for count in counts[1:])

    # Four bits are in the header; the eight above them come from the OPT record (RFC 6891 6.1.3).
    rcode = flags & 0xF | reader.rcode_high << 4
    return ReplyText(
        id=query_id,
        opcode=_mnemonic(dnslib.OPCODE, (flags & messages.OPCODE_MASK) >> 11, "OPCODE"),
        rcode=_EXTRA_RCODE_NAMES.get(rcode) or _mnemonic(dnslib.RCODE, rcode, "RCODE"),
        flags=tuple(word for bit, word in mnemonics.FLAGS if flags & bit),
        questions=questions,
        answer=answer,
        authority=authority,
        additional=additional,
        edns=reader.edns,
    )


def _mnemonic(table: "dnslib.Bimap", number: int, prefix: str) -> str:
    """The name of a number in a table of dnslib; as `CLASS7` if it has none."""
    return str(table.get(number, f"{prefix}{number}"))


class _MessageReader:
    """Reads the sections of a packet in their order; no read is beyond its end.

    `at` is where the next read begins.
    """

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.at = _HEADER_SIZE
        self.edns: EdnsText | None = None
        self.rcode_high = 0

    def read_questions(self, count: int) -> Iterator[QuestionText]:
        """The next `count` entries of the question section."""
        for _ in range(count):
            owner = self.read_name()
            rrtype, rrclass = self.unpack("!HH")
            yield QuestionText(owner, _mnemonic(dnslib.CLASS, rrclass, "CLASS"), type_text(rrtype))

    def read_records(self, count: int) -> Iterator[RecordText]:
        """The next `count` records, but for OPT, which goes to `edns` and `rcode_high`."""
        for _ in range(count):
            owner = self.read_name()
            rrtype, rrclass, ttl, length = self.unpack("!HHIH")
            end = self.at + length
            if end > len(self.packet):
                raise messages.FormatError("a record is longer than the message")

            # OPT uses the fields of a record for other things: the class is a size (RFC 6891 6.1.2).
            if rrtype == records.OPT:
                self.rcode_high = ttl >> 24
                self.edns = _format_edns(rrclass, ttl, self.packet[self.at : end])
            else:
                rdata = self.read_rdata(rrtype, end)
                class_text = _mnemonic(dnslib.CLASS, rrclass, "CLASS")
                yield RecordText(owner, ttl, class_text, type_text(rrtype), rdata)

            # By the record's length, wherever reading its data has ended.
            self.at = end

    def read_rdata(self, rrtype: int, end: int) -> str:
        """The data from here to `end` as text; if it cannot be read, as RFC 3597 5 says."""
        data = self.packet[self.at : end]
        try:
            if layout := _RDATA_LAYOUTS.get(rrtype):
                fields = [self.read_name() if c == "n" else self.unpack("!" + c)[0] for c in layout]

                # A name may run past the record's end, into bytes of the next one.
                return " ".join(map(str, fields)) if self.at == end else presentation.unknown_rdata(data)

            if formatter := _RDATA_FORMATTERS.get(rrtype):
                return formatter(data)
            return _format_with_dnslib(rrtype, data)
        except (messages.FormatError, ValueError):
            return presentation.unknown_rdata(data)

    def read_name(self) -> str:
        """The name here, as text, without compression (RFC 1035 4.1.4)."""
        labels = []
        room = names.MAX_NAME_LENGTH - 1  # the last byte is the root's
        position = self.at
        lowest_start = self.at
        end = 0  # behind the first pointer, where the next field begins

        while length := self.byte_at(position):
            if length >= _POINTER:
                # Only the first pointer: what follows it stands elsewhere.
                end = end or position + 2
                position = (length & 0x3F) << 8 | self.byte_at(position + 1)

                # Each pointer must lead before all that was read, or a loop would never end.
                if position >= lowest_start:
                    raise messages.FormatError("a pointer that does not lead backwards")
                lowest_start = position
                continue

            label_end = position + 1 + length
            if length > names.MAX_LABEL_LENGTH or length >= room or label_end > len(self.packet):
                raise messages.FormatError("a name that is too long")
            # Each label is longer than its text by the byte of its length.
            room -= length + 1
            labels.append(self.packet[position + 1 : label_end])
            position = label_end

        self.at = end or position + 1
        return names.to_text(names.from_labels(labels))

    def byte_at(self, position: int) -> int:
        """A byte of a name; raises FormatError behind the end."""
        if position >= len(self.packet):
            raise messages.FormatError("the message ends within a name")
        return self.packet[position]

    def unpack(self, layout: str) -> tuple[int, ...]:
        """The next fields, by a format of struct; raises FormatError if the packet ends before."""
        try:
            fields = struct.unpack_from(layout, self.packet, self.at)
        except struct.error:
            raise messages.FormatError("the message ends within a record") from None
        self.at += struct.calcsize(layout)
        return fields


def _format_with_dnslib(rrtype: int, data: bytes) -> str:
    """The data as dnslib writes it; if it cannot, as RFC 3597 5 says."""
    rdata_class = dnslib.RDMAP.get(type_text(rrtype))
    if rdata_class is None:
        return presentation.unknown_rdata(data)

    buffer = dnslib.DNSBuffer(data)
    try:
        text = str(rdata_class.parse(buffer, len(data)).toZone())
    except Exception:  # a dozen kinds, IndexError and struct.error among them
        return presentation.unknown_rdata(data)

    # dnslib says nothing of bytes that it did not read, but what it shows would not be all.
    is_whole = buffer.offset == len(data)
    return presentation.escape_text(text) if is_whole else presentation.unknown_rdata(data)


_RDATA_FORMATTERS: dict[int, Callable[[bytes], str]] = {
    records.A: lambda data: str(ipaddress.IPv4Address(data)),
    records.AAAA: lambda data: str(ipaddress.IPv6Address(data)),
    records.TXT: presentation.quote_strings,
}
"""Types that are written here, exactly as dig writes them."""


def _format_edns(size: int, ttl: int, data: bytes) -> EdnsText:
    """An OPT record by its class, TTL and data (RFC 6891 6.1)."""
    errors = []
    options = []
    position = 0
    while position + messages.OPTION_FIELDS.size <= len(data):
        code, length = messages.OPTION_FIELDS.unpack_from(data, position)
        position += messages.OPTION_FIELDS.size
        value = data[position : position + length]
        position += length

        # Two bytes are the least that an error has; a shorter one is shown as it is.
        if code == messages.EDE_OPTION and len(value) >= 2:
            errors.append(presentation.extended_error_text(value))
        else:
            options.append((code, value.hex()))

    return EdnsText(
        version=ttl >> 16 & 0xFF,
        do=bool(ttl & 0x8000),
        size=size,
        errors=tuple(errors),
        options=tuple(options),
    )
