"""Responses of upstreams: what dnspython writes is read whole, and nothing else leaves but ResponseError."""

import contextlib

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records, response
from svcdns.dns.wire.messages import Sections

ROWS = [
    "www.example.com. 60 IN A 192.0.2.1",
    "www.example.com. 60 IN AAAA 2001:db8::1",
    "alias.example.com. 60 IN CNAME www.example.com.",
    "example.com. 60 IN MX 10 mail.example.com.",
    "example.com. 60 IN SOA ns.example.com. hostmaster.example.com. 7 2 3 4 5",
    "_http._tcp.example.com. 60 IN SRV 1 2 80 www.example.com.",
    'example.com. 60 IN TXT "one" "two"',
    'example.com. 60 IN CAA 0 issue "ca.example"',
    "1.2.0.192.in-addr.arpa. 60 IN PTR www.example.com.",
    "sub.example.com. 60 IN NS ns.sub.example.com.",
]


def message(rows: list[str], rcode: str = "NOERROR") -> dns.message.Message:
    """A response about www.example.com A with these records, compressed as servers do."""
    reply = dns.message.make_response(dns.message.make_query("www.example.com", "A", use_edns=0))
    reply.set_rcode(dns.rcode.from_text(rcode))
    for number, row in enumerate(rows):
        part = (reply.answer, reply.authority, reply.additional)[number % 3]
        name, ttl, rrclass, rrtype, rdata = row.split(None, 4)
        part.append(dns.rrset.from_text(name, int(ttl), rrclass, rrtype, rdata))
    return reply


@given(st.lists(st.sampled_from(ROWS), unique=True))
def test_names_come_out_whole(rows: list[str]) -> None:
    reply = message(rows)
    parsed_response = response.parse_response(reply.to_wire())
    parts = (
        parsed_response.sections.answer,
        parsed_response.sections.authority,
        parsed_response.sections.additional,
    )
    for section, part in zip((reply.answer, reply.authority, reply.additional), parts, strict=True):
        expected = [(rrset.name.to_wire(), rrset.ttl, rrset.rdtype, rrset[0].to_wire()) for rrset in section]
        assert [(r.owner, r.ttl, r.type, r.rdata) for r in part] == expected
    assert parsed_response.question == names.from_text("www.example.com") + b"\0\1\0\1"


def test_an_extended_rcode() -> None:
    assert response.parse_response(message([], "BADVERS").to_wire()).rcode == records.BADVERS


@given(st.one_of(st.binary(max_size=200), st.just(message(ROWS).to_wire())), st.data())
def test_any_bytes(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 4))):
        if changed:
            changed[draw.draw(st.integers(0, len(changed) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(response.ResponseError):
        response.parse_response(bytes(changed))


@pytest.mark.parametrize(
    ("case", "name"),
    {
        "a loop": b"\xc0\x0c",
        "a loop of two": b"\xc0\x0e\xc0\x0c",
        "forwards": b"\xc0\xff",
        "an unknown label type": b"\x80abc",
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_names(case: str, name: bytes) -> None:
    head = b"\0\0\x81\x80\0\1\0\0\0\0\0\0"
    with pytest.raises(response.ResponseError):
        response.parse_response(head + name + b"\0\1\0\1")


def test_a_chain_of_pointers_is_bounded() -> None:
    """64 KiB of names that each lead through thousands of pointers would take seconds."""
    head, first = b"\0\0\x81\x80\0\1\0\2\0\0\0\0" + b"\0\0\1\0\1", 17 + 11
    for count, fits in ((response.MAX_POINTERS - 1, True), (response.MAX_POINTERS, False)):
        chain = b"".join((0xC000 | (first + 2 * n - 2 if n else 12)).to_bytes(2, "big") for n in range(count))
        record = b"\0\x10\0\1\0\0\0\0"
        owner = (0xC000 | first + 2 * count - 2).to_bytes(2, "big")
        packet = head + b"\0" + record + len(chain).to_bytes(2, "big") + chain + owner + record + b"\0\0"
        if fits:
            assert response.parse_response(packet).sections.answer[1].owner == names.ROOT
        else:
            with pytest.raises(response.ResponseError):
                response.parse_response(packet)


def test_the_case_of_the_question() -> None:
    parsed_response = response.parse_response(message([]).to_wire().replace(b"www", b"wWW"))
    assert parsed_response.qname == b"\3wWW\7example\3com\0"
    assert parsed_response.question == names.from_text("www.example.com") + b"\0\1\0\1"


@pytest.mark.parametrize(
    ("rcode", "fits"), [(0, False), (1, True), (2, True), (3, False), (4, True), (5, True)]
)
def test_a_header_alone_is_an_error(rcode: int, fits: bool) -> None:
    packet = bytes((1, 2, 0x81, 0x80 | rcode)) + bytes(8)
    if fits:
        assert response.parse_response(packet) == response.Response(
            0x102, 0x8180 | rcode, rcode, b"", Sections()
        )
    else:
        with pytest.raises(response.ResponseError):
            response.parse_response(packet)


def test_counts_that_lie() -> None:
    wire = message([]).to_wire()
    with pytest.raises(response.ResponseError):
        response.parse_response(wire[:6] + b"\xff\xff" + wire[8:])


def test_extended_errors_are_read_and_bounded() -> None:
    def parsed(*options: dns.edns.Option) -> response.Response:
        reply = message([])
        reply.use_edns(0, options=list(options))
        return response.parse_response(reply.to_wire())

    cookie = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"8 octets")
    parsed_response = parsed(
        cookie,
        dns.edns.EDEOption(dns.edns.EDECode.BLOCKED, "a list"),
        dns.edns.EDEOption(dns.edns.EDECode.FORGED_ANSWER),
    )
    assert parsed_response.extended_errors == ((15, "a list"), (4, ""))
    assert parsed(
        *(dns.edns.EDEOption(dns.edns.EDECode.make(code)) for code in range(100))
    ).extended_errors == (
        (0, ""),
        (1, ""),
        (2, ""),
    )
    for data in (b"", b"\0", b"\0\x0f\xff"):
        odd = parsed(dns.edns.GenericOption(dns.edns.OptionType.EDE, data))
        assert odd.extended_errors == (((15, "�"),) if len(data) > 2 else ())
