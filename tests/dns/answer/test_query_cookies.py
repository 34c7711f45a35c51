"""Cookies on the slow path: every length, beside other options, and without a question."""

import struct

import dns.edns
import dns.rcode
import pytest

from svcdns.dns.answer import query_cookies
from svcdns.dns.answer.answer_context import AnswerContext
from tests.dns import asked, tables
from tests.dns.answer.test_cookie_path import split

CACHES = tables.make()
NSID = bytes.fromhex("00030000")
SUBNET = bytes.fromhex("0008000700011800c00002")
OTHERS = asked.COOKIE[:4] + b"another1"


def cookie(size: int) -> bytes:
    return struct.pack("!HH", 10, size) + bytes(size)


def ask(options: bytes, stream: bool = False, version: int = 0) -> bytes:
    packet = asked.packet("web.default.svc", additional=(asked.opt(version=version, options=options),))
    reply = asked.slow(CACHES, packet, stream)
    assert isinstance(reply, bytes)
    return reply


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("size", range(50))
def test_the_lengths_of_a_cookie(size: int, stream: bool) -> None:
    """RFC 7873 5.2.2: 8, or 16 to 40; on both paths."""
    packet = asked.packet("web.default.svc", additional=(asked.opt(options=cookie(size)),))
    for reply in (ask(cookie(size), stream), asked.reply(CACHES, packet, stream)):
        if size == 8 or 16 <= size <= 40:
            assert asked.read(reply).rcode() == dns.rcode.NOERROR
            assert split(reply)[1][4:12] == bytes(8)
        else:
            assert (asked.read(reply).rcode(), len(reply)) == (dns.rcode.FORMERR, 12)


@pytest.mark.parametrize(
    "options",
    [
        asked.COOKIE,
        asked.OUR_COOKIE,
        NSID + asked.COOKIE,
        asked.COOKIE + NSID + SUBNET + asked.PADDING,
        asked.COOKIE + OTHERS,
        asked.COOKIE + cookie(9),
    ],
    ids=["new", "known", "behind NSID", "before others", "of two the first", "of two the well-formed first"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_cookie_is_answered_beside_what_else_there_is(options: bytes, stream: bool) -> None:
    reply = ask(options, stream)
    assert split(reply)[1] == asked.OUR_COOKIE
    assert len(asked.read(reply).answer) == 1


@pytest.mark.parametrize("options", [cookie(9) + asked.COOKIE, NSID + cookie(15)])
def test_a_malformed_first_cookie_is_formerr(options: bytes) -> None:
    assert asked.read(ask(options)).rcode() == dns.rcode.FORMERR


@pytest.mark.parametrize("options", [NSID, SUBNET, asked.PADDING, b""])
def test_who_sends_no_cookie_gets_none(options: bytes) -> None:
    assert split(ask(options))[1] == b""


def test_another_version_of_edns_has_no_cookies() -> None:
    """Its answer is BADVERS, whatever its options are."""
    for options in (asked.COOKIE, cookie(9)):
        reply = ask(options, version=1)
        assert asked.read(reply).rcode() == dns.rcode.BADVERS
        assert split(reply)[1] == b""


def test_failures_have_the_cookie_too() -> None:
    """REFUSED, and SERVFAIL for a loop; the extended error stands beside it."""
    for name, rcode in (("www.example.com.", dns.rcode.REFUSED), ("loop.default.svc", dns.rcode.SERVFAIL)):
        packet = asked.packet(name, additional=(asked.opt(options=asked.COOKIE),))
        reply = asked.reply(CACHES, packet)
        assert asked.read(reply).rcode() == rcode
        assert split(reply)[1] == asked.OUR_COOKIE


def without_question(options: bytes, *, counts: tuple[int, ...] = (0, 0, 0, 1), flags: int = 0x0100) -> bytes:
    return struct.pack("!HHHHHH", 7, flags, *counts) + asked.opt(options=options)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("options", "rcode"),
    [
        (asked.COOKIE, dns.rcode.NOERROR),
        (asked.OUR_COOKIE, dns.rcode.NOERROR),
        (asked.OUR_COOKIE[:-1] + b"\0", dns.rcode.BADCOOKIE),
        (NSID + asked.COOKIE, dns.rcode.NOERROR),
    ],
    ids=["learn", "confirm", "invalid", "behind NSID"],
)
def test_a_query_for_a_cookie_alone(options: bytes, rcode: dns.rcode.Rcode, stream: bool) -> None:
    """RFC 7873 5.4."""
    reply = asked.slow(CACHES, without_question(options), stream)
    assert isinstance(reply, bytes)
    message = asked.read(reply)
    assert (message.rcode(), message.id, message.question, message.answer) == (rcode, 7, [], [])
    assert split(reply)[1] == asked.OUR_COOKIE


@pytest.mark.parametrize(
    "packet",
    [
        without_question(b""),
        without_question(NSID),
        without_question(cookie(9)),
        without_question(asked.COOKIE, counts=(0, 1, 0, 1)),
        without_question(asked.COOKIE, counts=(0, 0, 1, 1)),
        without_question(asked.COOKIE, counts=(0, 0, 0, 0)),
        without_question(asked.COOKIE)[:-1],
        without_question(asked.COOKIE) + b"\0",
    ],
)
def test_without_a_question_and_a_cookie_it_is_formerr(packet: bytes) -> None:
    reply = asked.slow(CACHES, packet)
    assert isinstance(reply, bytes)
    assert (reply[3] & 0xF, len(reply)) == (dns.rcode.FORMERR, 12)


def test_a_server_without_cookies_reads_none() -> None:
    view = tables.serve(tables.entries(tables.LINES), AnswerContext(lambda bits: 1)).view
    packet = asked.packet("web.default.svc", additional=(asked.opt(options=asked.COOKIE),))
    assert query_cookies.parse_query(view, packet[2:], asked.CLIENT).reply_cookie == b""
