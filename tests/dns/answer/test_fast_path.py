"""The fast path: what it answers is what the slow path says; what is usual, it answers."""

import itertools

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from svcdns.dns.answer import fast_path, resolve
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.reply_cache import ReplyCache
from svcdns.dns.table.table_meta import Freshness
from svcdns.dns.wire import messages
from tests.dns import asked, tables
from tests.fuzz import inputs

STATES = {
    (state, forwarding): tables.make(state=state, forwarding=forwarding)
    for state, forwarding in itertools.product((Freshness.FRESH, Freshness.STALE), (False, True))
} | {(Freshness.EMPTY, False): tables.make(state=Freshness.EMPTY)}

OWNERS = sorted({line.split()[0] for line in tables.LINES})
NEAR = (".", "svc", "default.svc", "_tcp.web.default.svc", "x.web.default.svc", "nope.svc", "xcluster.local.")
ELSEWHERE = ("com.", "version.bind.", "arpa.", "0.10.in-addr.arpa.")
SPELLED = ("1-2-3-4.default.pod", "fd00--1.default.pod", "1-2-3-4.nope.pod")
TYPES = (1, 2, 5, 6, 12, 16, 28, 33, 65, 0, 41, 248, 249, 250, 251, 252, 253, 254, 255, 256, 65281, 65535)


@st.composite
def cased(draw: st.DrawFn) -> bytes:
    """A name that exists or nearly does, spelled in some case."""
    name = bytearray(asked.wire_name(draw(st.sampled_from((*OWNERS, *NEAR, *ELSEWHERE, *SPELLED)))))
    at = 0
    while length := name[at]:
        for place in range(at + 1, at + 1 + length):
            if chr(name[place]).isalpha() and draw(st.booleans()):
                name[place] ^= 0x20
        at += length + 1
    return bytes(name)


OPTIONS = st.sampled_from((b"", asked.COOKIE, b"\0\x0c\0\3\0\0\0", asked.COOKIE[:-1], b"\xff\xff\0\0"))
OPT = st.builds(
    asked.opt,
    st.sampled_from((0, 511, 512, 513, 700, 1232, 4096, 65535)),
    version=st.sampled_from((0, 0, 0, 1, 255)),
    do=st.booleans(),
    options=OPTIONS,
)
FLAGS = st.sampled_from((0x0100, 0x0000, 0x0120, 0x0110, 0x0130, 0x0010, 0x0400, 0x0200, 0x0140, 0x0105))
QUERIES = st.builds(
    asked.packet,
    cased(),
    st.sampled_from(TYPES),
    flags=FLAGS,
    rrclass=st.sampled_from((1, 1, 1, 1, 3, 254, 255)),
    additional=st.lists(OPT, max_size=2).map(tuple),
)


@settings(max_examples=10 * settings().max_examples)
@given(st.one_of(QUERIES, QUERIES, inputs.PACKETS), st.sampled_from(sorted(STATES)), st.booleans())
def test_both_paths_say_the_same(packet: bytes, state: tuple[Freshness, bool], stream: bool) -> None:
    caches = STATES[state]
    caches.reply_cache = ReplyCache()
    caches.timed_replies.clear()
    fast, slow = asked.fast(caches, packet, stream), asked.slow(caches, packet, stream)
    event("fast" if fast else "slow")
    if fast is None:
        return
    assert isinstance(slow, bytes)
    assert fast[12:].startswith(packet[12 : packet.index(b"\0", 12) + 5]), "the question's own bytes"
    assert asked.said(asked.read(fast)) == asked.said(asked.read(slow))
    again = asked.fast(caches, packet, stream)
    assert again is not None
    assert asked.said(asked.read(again)) == asked.said(asked.read(slow))


USUAL = {
    "A": asked.packet("web.default.svc"),
    "AAAA": asked.packet("web.default.svc", "AAAA"),
    "several": asked.packet("db.default.svc"),
    "SRV": asked.packet("_http._tcp.web.default.svc", "SRV"),
    "PTR": asked.packet("1.0.96.10.in-addr.arpa.", "PTR"),
    "NODATA": asked.packet("db.default.svc", "AAAA"),
    "an empty non-terminal": asked.packet("default.svc"),
    "NXDOMAIN by search path": asked.packet("example.com.default.svc.cluster.local"),
    "capitals": asked.packet("WEB.dEFAULT.svc"),
    "plain dig": asked.packet("web.default.svc", flags=0x0120, additional=(asked.opt(options=asked.COOKIE),)),
    "glibc": asked.packet("web.default.svc", additional=(asked.opt(1200),)),
    "a validator": asked.packet("web.default.svc", flags=0x0110, additional=(asked.opt(4096, do=True),)),
    "without RD": asked.packet("web.default.svc", flags=0),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("packet", USUAL.values(), ids=USUAL.keys())
def test_what_is_usual_is_answered_here(packet: bytes, stream: bool) -> None:
    for state in (Freshness.FRESH, Freshness.STALE):
        assert asked.fast(STATES[state, False], packet, stream)


def test_an_answer_that_does_not_fit_goes_the_slow_path() -> None:
    caches = tables.make([f"many 30 A 10.0.0.{number}" for number in range(60)])
    assert asked.fast(caches, asked.packet("many"), False) is None
    assert asked.fast(caches, asked.packet("many", additional=(asked.opt(980),)), False) is None
    fits = asked.fast(caches, asked.packet("many", additional=(asked.opt(1100),)), False)
    assert fits is not None and 980 < len(fits) <= 1100
    assert asked.fast(caches, asked.packet("many"), True)


def test_glue_that_even_a_stream_cannot_hold() -> None:
    lines = [f"many 30 SRV 0 1 80 host-{host}" for host in range(64)]
    lines += [f"host-{host} 30 AAAA fd00::{host:x}:{number:x}" for host in range(64) for number in range(64)]
    caches = tables.make(lines)
    reply = asked.reply(caches, asked.packet("many", "SRV"), stream=True)
    assert len(reply) <= messages.MAX_TCP_SIZE
    message = asked.read(reply)
    assert len(message.answer) == 64
    assert not asked.is_cut(message)


def test_a_kept_reply_is_for_the_same_bytes_only() -> None:
    caches = tables.make()
    for packet in (*USUAL.values(), *USUAL.values()):
        assert asked.read(asked.reply(caches, packet)).question == asked.read(packet).question


@settings(max_examples=5 * settings().max_examples)
@given(st.lists(QUERIES, min_size=2, max_size=12), st.sampled_from(sorted(STATES)))
def test_a_batch_gets_what_each_query_gets(packets: list[bytes], state: tuple[Freshness, bool]) -> None:
    """Each in its place, however often it is in the batch."""
    caches = STATES[state]
    batch = [packet[2:] for packet in (*packets, *reversed(packets))]
    _forget(caches)
    single = [asked.without_id(caches, query, False) for query in batch]
    _forget(caches)
    together = fast_path.answer_batch(caches, batch, lambda query, i: asked.without_id(caches, query, False))
    assert [_said(reply) for reply in together] == [_said(reply) for reply in single]


def _forget(caches: FastPathCaches) -> None:
    """As the next version of the table does, with the same names."""
    view = caches.view
    caches.begin_transaction(view.get, view.has_prefix, next(tables.VERSIONS), 0.0)


def _said(reply: bytes | resolve.PendingQuery | None) -> object:
    return asked.said(asked.read(bytes(2) + reply)) if isinstance(reply, bytes) else type(reply)


def test_in_a_batch_one_that_lives_is_for_its_own_query_alone() -> None:
    caches = tables.make([*(f"many 30 A 10.0.0.{number}" for number in range(10)), "one 30 A 10.0.1.1"])
    many, one = (asked.packet(name)[2:] for name in ("many", "one"))
    for _ in range(3):
        found = fast_path.answer_batch(caches, [many, one, many], lambda query, i: pytest.fail(f"{query!r}"))
        assert [len(asked.read(bytes(2) + reply).answer) for reply in found] == [10, 1, 10]
