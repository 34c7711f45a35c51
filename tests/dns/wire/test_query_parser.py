"""Queries are read as another reader reads them, or refused with a header alone."""

import struct

import dns.exception
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from svcdns.dns.wire import messages, query_parser, records
from tests.dns import asked, tables
from tests.fuzz import inputs

VIEW = tables.make()
QUESTION = asked.wire_name("web.default.svc") + b"\0\1\0\1"
LONGEST = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\0"


def head(*counts: int, flags: int = 0x0100) -> bytes:
    """A header with these counts."""
    return struct.pack("!HHHHHH", 0x1234, flags, *counts)


@given(inputs.PACKETS)
def test_what_is_read_is_what_another_reader_reads(packet: bytes) -> None:
    assume(len(packet) >= 12 and not packet[2] & 0xF8)
    try:
        found = query_parser.parse_query(packet[2:])
    except messages.FormatError:
        return
    assume(bool(found.edns) == bool(packet[11]))  # an unsigned TSIG and the like, only skipped here
    message = dns.message.from_wire(packet)
    (question,) = message.question
    assert found.flags & 0x7FF == message.flags & 0x7FF
    assert found.qname == question.name.to_wire().lower()  # type: ignore[union-attr]
    assert (found.qtype, found.qclass) == (question.rdtype, question.rdclass)
    assert packet[12:].startswith(found.question)
    if found.edns:
        assert (found.edns.udp_size, found.edns.version) == (message.payload, message.edns)
        assert found.edns.do == bool(message.ednsflags & 0x8000)
    else:
        assert message.edns == -1


@given(inputs.PACKETS)
def test_what_another_reader_cannot_read_is_refused(packet: bytes) -> None:
    assume(len(packet) >= 12 and not packet[2] & 0xF8 and packet[10:12] in (b"\0\0", b"\0\1"))
    try:
        dns.message.from_wire(packet, ignore_trailing=False)
    except (dns.message.UnknownTSIGKey, dns.message.BadTSIG):
        return
    except (dns.exception.DNSException, ValueError, struct.error):
        with pytest.raises(messages.FormatError):
            found = query_parser.parse_query(packet[2:])
            assume(bool(found.edns) == bool(packet[11]))


MALFORMED = {
    "no question": head(0, 0, 0, 0),
    "two questions": head(2, 0, 0, 0) + QUESTION * 2,
    "65,535 questions": head(65535, 0, 0, 0) + QUESTION,
    "a question that is not there": head(1, 0, 0, 0),
    "a question without its class": head(1, 0, 0, 0) + QUESTION[:-2],
    "a name that does not end": head(1, 0, 0, 0) + b"\3web",
    "a label that does not end": head(1, 0, 0, 0) + b"\x3fweb\0\0\1\0\1",
    "a label of 64": head(1, 0, 0, 0) + b"\x40" + b"a" * 64 + b"\0\0\1\0\1",
    "a label type of old": head(1, 0, 0, 0) + b"\x80\0\0\1\0\1",
    "a name of 256 bytes": head(1, 0, 0, 0) + b"\1a" + LONGEST[1:] + b"\0\0\1\0\1",
    "a name of 257 bytes": head(1, 0, 0, 0) + b"\1a" + LONGEST + b"\0\1\0\1",
    "a name as long as a datagram": head(1, 0, 0, 0) + b"\1a" * 2000 + b"\0\0\1\0\1",
    "a pointer to itself": head(1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
    "a pointer behind a label": head(1, 0, 0, 0) + b"\3web\xc0\x0c\0\1\0\1",
    "an answer": head(1, 1, 0, 0) + QUESTION + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4abcd",
    "an authority record": head(1, 0, 1, 0) + QUESTION + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4abcd",
    "65,535 answers": head(1, 65535, 0, 0) + QUESTION,
    "three additional records": head(1, 0, 0, 3) + QUESTION + asked.opt() + b"\0\0\1\0\1\0\0\0\0\0\0" * 2,
    "65,535 additional records": head(1, 0, 0, 65535) + QUESTION + asked.opt(),
    "an additional record that is not there": head(1, 0, 0, 1) + QUESTION,
    "an additional record that is cut": head(1, 0, 0, 1) + QUESTION + asked.opt()[:-1],
    "an additional name that is cut": head(1, 0, 0, 1) + QUESTION + b"\xc0",
    "an additional name that does not end": head(1, 0, 0, 1) + QUESTION + b"\1a" * 200,
    "record data that is cut": head(1, 0, 0, 1) + QUESTION + b"\0\0\1\0\1\0\0\0\0\0\4abc",
    "bytes behind the message": head(1, 0, 0, 0) + QUESTION + b"\0",
    "an OPT that was not announced": head(1, 0, 0, 0) + QUESTION + asked.opt(),
    "two OPTs": head(1, 0, 0, 2) + QUESTION + asked.opt() * 2,
    "an OPT with a name": head(1, 0, 0, 1) + QUESTION + b"\1a" + asked.opt(),
    "an OPT whose name is a pointer": head(1, 0, 0, 1) + QUESTION + b"\xc0\x0c" + asked.opt()[1:],
    "half an option": head(1, 0, 0, 1) + QUESTION + asked.opt(options=b"\0\x0a\0"),
    "an option longer than its OPT": head(1, 0, 0, 1)
    + QUESTION
    + asked.opt(options=b"\0\x0a\0\x09" + b"x" * 8),
    "options that do not fill their OPT": head(1, 0, 0, 1)
    + QUESTION
    + asked.opt(options=asked.COOKIE + b"\0"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_malformed_gets_a_header(packet: bytes, stream: bool) -> None:
    assert asked.reply(VIEW, packet, stream) == head(0, 0, 0, 0, flags=0x8101)


def test_the_longest_name_is_no_mistake() -> None:
    assert len(LONGEST) == 255
    assert asked.ask(VIEW, LONGEST).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("opcode", range(1, 16))
def test_other_opcodes_are_not_implemented(opcode: int) -> None:
    packet = asked.packet("web.default.svc", flags=opcode << 11 | 0x0110)
    for cut in (packet, packet[:12], packet + b"more"):
        assert asked.reply(VIEW, cut) == head(
            0, 0, 0, 0, flags=0x8000 | opcode << 11 | 0x0110 | records.NOTIMP
        )


@given(st.one_of(inputs.PACKETS, st.binary(max_size=11)))
def test_a_response_and_less_than_a_header_are_not_answered(packet: bytes) -> None:
    for silent in (packet[:11], packet[:2] + b"\x80" + packet[3:], packet[:2] + b"\xff" + packet[3:]):
        assume(len(silent) < 12 or silent[2] & 0x80)
        assert asked.slow(VIEW, silent, False) is None
        assert asked.slow(VIEW, silent, True) is None
