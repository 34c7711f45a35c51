"""Queries with a cookie on the hot path: the reply to the same query without, and the client's cookie."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.answer import cookie_path
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.table.table_meta import Freshness
from svcdns.dns.wire import messages
from tests.dns import asked, tables

STATES = {
    (state, forwarding): tables.make(state=state, forwarding=forwarding)
    for state in Freshness
    for forwarding in (False, True)
}
FRESH = STATES[Freshness.FRESH, False]
NAMES = st.sampled_from(
    [
        "web.default.svc",
        "WEB.default.svc",
        "db.default.svc",
        "gone.default.svc",
        "no.such",
        "x.y.z.",
        "default",
    ]
)
COOKIES = (asked.COOKIE, asked.OUR_COOKIE)


def split(reply: bytes) -> tuple[bytes, bytes]:
    """A reply without its cookie, and that as an option, as an independent reader sees them."""
    message = asked.read(reply)
    others = [option for option in message.options if option.otype != messages.COOKIE_OPTION]
    found = [option for option in message.options if option.otype == messages.COOKIE_OPTION]
    message.use_edns(0, message.ednsflags, message.payload, options=others)
    data = [option.to_wire() or b"" for option in found]
    assert len(data) <= 1
    return message.to_wire(), struct.pack("!HH", 10, len(data[0])) + data[0] if data else b""


@given(
    NAMES,
    st.sampled_from(["A", "AAAA", "SRV"]),
    st.sampled_from([0, 512, 1232, 4096]),
    st.booleans(),
    st.sampled_from(COOKIES),
    st.booleans(),
    st.sampled_from(sorted(STATES)),
)
def test_the_reply_is_that_without_a_cookie_and_the_cookie(
    name: str, rrtype: str, size: int, do: bool, cookie: bytes, stream: bool, state: tuple[Freshness, bool]
) -> None:
    """On both paths, stale or not, and only where the other query is answered on the hot path too."""
    caches = STATES[state]
    plain = asked.packet(name, rrtype, additional=(asked.opt(size, do=do),))
    query = asked.packet(name, rrtype, additional=(asked.opt(size, do=do, options=cookie),))
    fast = cookie_path.answer_with_cookie(caches, query[2:], asked.CLIENT, stream)
    expected = asked.fast(caches, plain, stream)
    assert (fast is None) == (expected is None)
    if fast is None or expected is None:
        return

    message, option = split(asked.PREFIX + fast)
    assert option == asked.OUR_COOKIE
    assert asked.said(asked.read(message)) == asked.said(asked.read(expected))

    slow = asked.slow(caches, query, stream)
    assert isinstance(slow, bytes)
    assert split(slow)[1] == asked.OUR_COOKIE
    assert asked.said(asked.read(slow)) == asked.said(asked.read(asked.PREFIX + fast))


def test_the_caches_keep_the_query_without_its_cookie() -> None:
    caches = tables.make()
    for number in range(100):
        asked.reply(caches, asked.packet("web.default.svc", additional=(asked.cookie(number),)))
        asked.reply(caches, asked.packet(f"no{number}.nothing.svc", additional=(asked.cookie(number),)))
    assert set(caches.reply_cache) <= {
        asked.packet(name, additional=(asked.opt(),))[2:] for name in ("web.default.svc", "no0.nothing.svc")
    }
    assert len(caches.nxdomain_replies) == 1
    assert len(caches.shapes) == 1


def test_a_reply_that_has_no_room_for_the_cookie_is_cut_by_the_slow_path() -> None:
    """With the cookie in it, and TC where records are missing."""
    caches = tables.make([f"many 30 TXT {'x' * 200}{number}" for number in range(6)])
    packets = [
        asked.packet("many", "TXT", additional=(asked.opt(size, options=asked.COOKIE),))
        for size in range(1180, 1233)
    ]
    truncated = 0
    for packet in packets:
        reply = asked.reply(caches, packet)
        limit = int.from_bytes(packet[-21:-19], "big")
        assert len(reply) <= limit
        assert split(reply)[1] == asked.OUR_COOKIE
        truncated += bool(reply[2] & 2)
    assert truncated > 0


@pytest.mark.parametrize(
    "options",
    [
        b"",
        asked.PADDING,
        asked.COOKIE + asked.PADDING,
        asked.PADDING + asked.COOKIE,
        asked.COOKIE * 2,
        asked.COOKIE[:-1],
        struct.pack("!HH", 10, 16) + bytes(16),
        struct.pack("!HH", 10, 40) + bytes(40),
        struct.pack("!HH", 11, 8) + bytes(8),
        struct.pack("!HH", 10, 7) + bytes(8),
    ],
)
def test_what_is_no_usual_cookie_is_not_answered_here(options: bytes) -> None:
    packet = asked.packet("web.default.svc", additional=(asked.opt(options=options),))[2:]
    assert cookie_path.usual_cookie(packet) == b""
    assert cookie_path.answer_with_cookie(FRESH, packet, asked.CLIENT, False) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_a_cookie_or_none(packet: bytes) -> None:
    assert len(cookie_path.usual_cookie(packet)) in (0, 8, 24)
    cookie_path.answer_with_cookie(FRESH, packet, asked.CLIENT, False)


def test_a_longer_option_before_the_cookie_is_not_taken_for_the_opt() -> None:
    """The bytes before the cookie look like an OPT's, but lie within an option that is longer than said."""
    inner = asked.opt(options=asked.COOKIE)
    packet = asked.packet("web.default.svc", additional=(asked.opt(options=asked.PADDING) + inner,))[2:]
    assert cookie_path.usual_cookie(packet) == b""


def test_without_cookies_of_a_server_the_reply_has_none() -> None:
    context = AnswerContext(lambda bits: 1)
    caches: FastPathCaches = tables.serve(tables.entries(tables.LINES), context)
    query = asked.packet("web.default.svc", additional=(asked.opt(options=asked.COOKIE),))
    assert split(asked.reply(caches, query))[1] == b""
