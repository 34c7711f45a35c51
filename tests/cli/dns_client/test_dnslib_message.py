"""Replies read for people: every section and type, and whatever a server may send."""

import contextlib

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svcdns.cli.dns_client import dnslib_message, presentation
from svcdns.cli.dns_client.reply_text import EdnsText, QuestionText, RecordText
from svcdns.dns.wire import messages, names

QUERY = dnslib_message.build_query(4711, names.from_text("Web.shop.svc.cluster.local."), 1)

ASKED = b"\0\1\x80\0\0\1" + bytes(6)
"""The header of a reply with a question."""

LONG = b"\x3f" + b"a" * 63
"""The longest label."""


def answered(*records: str) -> bytes:
    """A reply to QUERY by dnspython; each record is `owner type rdata`."""
    reply = dns.message.make_response(dns.message.from_wire(QUERY))
    for text in records:
        owner, rrtype, rdata = text.split(" ", 2)
        reply.answer.append(dns.rrset.from_text(owner, 30, "IN", rrtype, rdata))

    return reply.to_wire()


def test_a_query_is_what_dnspython_reads() -> None:
    query = dns.message.from_wire(QUERY)
    assert (query.id, query.edns, query.payload) == (4711, 0, 1232)
    assert query.flags == dns.flags.RD
    assert str(query.question[0]) == "Web.shop.svc.cluster.local. IN A"


def test_a_reply() -> None:
    result = dnslib_message.parse_reply(answered("web.shop.svc.cluster.local. A 10.96.0.1"))
    assert (result.id, result.opcode, result.rcode, result.flags) == (4711, "QUERY", "NOERROR", ("qr", "rd"))
    assert result.questions == (QuestionText("Web.shop.svc.cluster.local.", "IN", "A"),)
    assert result.answer == (RecordText("Web.shop.svc.cluster.local.", 30, "IN", "A", "10.96.0.1"),)
    assert result.edns == EdnsText(0, False, 8192, (), ())


TYPES = [
    "a. A 10.96.0.1",
    "a. AAAA fd00:10::1",
    "a. CNAME target.example.org.",
    "a. NS ns.dns.cluster.local.",
    "a. PTR web.shop.svc.cluster.local.",
    "a. MX 10 mail.example.org.",
    "a. SRV 0 33 8080 web.shop.svc.cluster.local.",
    "a. SOA ns.x. hostmaster.x. 1 7200 1800 86400 30",
    'a. TXT "1.1.0"',
    'a. TXT "two" "strings; with \\"quotes\\" and \\\\"',
    'a. CAA 0 issue "ca.example.org"',
    "a. DS 1 8 2 " + "AB" * 32,
    "a. SSHFP 1 2 " + "ab" * 32,
    "a. TYPE65280 \\# 2 ABCD",
]


@pytest.mark.parametrize("record", TYPES)
def test_the_text_of_a_type_is_that_of_a_zone_file(record: str) -> None:
    _, rrtype, rdata = record.split(" ", 2)
    result = dnslib_message.parse_reply(answered(record)).answer[0]
    assert (result.type, result.rdata.lower()) == (rrtype, rdata.lower())


@pytest.mark.parametrize(
    ("rrtype", "data", "text"),
    [
        (1, b"\1\2\3", "\\# 3 010203"),
        (16, b"\5ab", "\\# 3 056162"),
        (16, b"\3a\xff\x1b", '"a\\255\\027"'),
        (33, b"\0\0", "\\# 2 0000"),
        (5, b"\3\xe4.b\0", "\\228\\.b."),
        (5, b"\1a\0junk", "\\# 7 01610" + "06A756E6B"),
        (6, b"\0\0", "\\# 2 0000"),
        (257, b"\0", "\\# 1 00"),
        (65280, b"", "\\# 0"),
    ],
)
def test_data_that_cannot_be_read_is_shown_as_rfc_3597_says(rrtype: int, data: bytes, text: str) -> None:
    packet = b"\0\1\x80\0\0\0\0\1\0\0\0\0" + messages.encode_record(b"\0", rrtype, 5, data)
    assert dnslib_message.parse_reply(packet).answer[0].rdata == text


def test_labels_that_are_no_text() -> None:
    packet = ASKED + b"\3a.\xff\0\0\1\0\1"
    assert dnslib_message.parse_reply(packet).questions[0].name == "a\\.\\255."


def test_the_opt_record() -> None:
    """Extended errors by name, other options as numbers, and the upper bits of the rcode."""
    error = (
        messages.encode_extended_error(3)
        + messages.encode_extended_error(22, "no\nupstream")
        + messages.encode_extended_error(999)
    )
    opt = messages.encode_opt(True, rcode_high=1, options=error + b"\0\x0a\0\2\xca\xfe")
    result = dnslib_message.parse_reply(b"\0\1\x80\0\0\0\0\0\0\0\0\1" + opt)

    assert result.rcode == "BADVERS"
    assert result.additional == ()
    assert result.edns == EdnsText(
        0,
        True,
        1232,
        ("3 (Stale Answer)", "22 (No Reachable Authority): (no\\010upstream)", "999"),
        ((10, "cafe"),),
    )


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        (b"", "shorter than a header"),
        (QUERY[:4] + b"\0\2" + QUERY[6:12] + QUERY[12:44], "the message ends within a name"),
        (ASKED + b"\xc0\x0c\0\1\0\1", "a pointer that does not lead backwards"),
        (ASKED + b"\x40a", "a name that is too long"),
        (
            ASKED + LONG + b"\xc0\x0c",
            "a pointer that does not lead backwards",
        ),
        (
            ASKED + LONG * 4 + b"\0\0\1\0\1",
            "a name that is too long",
        ),
        (b"\0\1\x80\0\0\0\xff\xff\0\0\0\0", "the message ends within a name"),
    ],
)
def test_a_message_whose_sections_cannot_be_told_apart(packet: bytes, message: str) -> None:
    with pytest.raises(messages.FormatError, match=message):
        dnslib_message.parse_reply(packet)


def test_which_packet_answers_a_query() -> None:
    reply = answered()
    assert dnslib_message.is_reply_to(reply, QUERY)
    assert dnslib_message.is_reply_to(reply.replace(b"Web", b"wEB"), QUERY)
    assert not dnslib_message.is_reply_to(QUERY, QUERY)
    assert not dnslib_message.is_reply_to(b"\0\0" + reply[2:], QUERY)
    assert not dnslib_message.is_reply_to(reply.replace(b"Web", b"db_"), QUERY)
    assert not dnslib_message.is_reply_to(reply[:11], QUERY)
    refusing = messages.header_only_reply(QUERY, 1)

    assert dnslib_message.is_reply_to(refusing, QUERY)
    assert not dnslib_message.is_reply_to(refusing[:3] + b"\0" + refusing[4:], QUERY)


def test_types_by_name_and_number() -> None:
    assert [dnslib_message.parse_type(text) for text in ("A", "srv", "TYPE65", "ANY")] == [1, 33, 65, 255]
    assert [dnslib_message.type_text(number) for number in (1, 65, 65280)] == ["A", "HTTPS", "TYPE65280"]
    for text in ("", "B", "TYPE", "TYPE0", "TYPE65536", "TYPE-1", "__class__", "forward"):
        with pytest.raises(ValueError, match="is no record type"):
            dnslib_message.parse_type(text)


@given(
    st.binary(max_size=120), st.integers(0, 3), st.sampled_from([1, 5, 6, 16, 33, 41, 43, 46, 64, 65, 257])
)
@example(b"\xc0\x0c", 0, 5)
def test_any_packet_is_read_or_refused(data: bytes, count: int, rrtype: int) -> None:
    """Whatever comes: a Reply whose texts print, or FormatError; nothing else."""
    head = b"\0\1\x84\0\0\1" + bytes((0, count)) + b"\0\1\0\1" + b"\1a\0\0\1\0\1"
    for packet in (
        data,
        head + data,
        head + messages.encode_record(b"\xc0\x0c", rrtype, 1, data) * (count + 2),
    ):
        try:
            result = dnslib_message.parse_reply(packet)
        except messages.FormatError:
            continue
        for item in (*result.answer, *result.authority, *result.additional):
            assert all(0x20 <= ord(c) < 0x7F for c in item.owner + item.rdata)


@given(st.binary(max_size=40))
def test_strings_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert presentation.quote_strings(data).isprintable()
