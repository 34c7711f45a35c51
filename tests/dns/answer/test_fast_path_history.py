"""The fast path remembers much from query to query: what it says must not depend on what was asked before."""

import itertools

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from svcdns.dns.answer import fast_path_caches, reply_cache
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.wire.records import Soa
from tests.dns import asked, tables

FIRST = (
    *(b"\1a", b"\1A", b"\3www", b"\7example", b"\6middle", b"\3pod", b"\7default", b"\x0e10-0-0-1"),
    *(b"\2in", b"\3a\0b", b"\5\0\0\1\0\1", b"\3\xff\x80@", b"\x21" + b"y" * 33, b"\x22" + b"y" * 34),
    *(b"\x3f" + b"y" * 63, b"\x40" + b"y" * 64, b"\x80" + b"y" * 128, b"\xc0\x0c", b"\0", b"", b"\1a\1b"),
)
"""First labels, and what is none; with one of 33 bytes a name below LONG has 255."""

LONG = b"".join(b"\x3f" + letter * 63 for letter in (b"a", b"b", b"c")) + asked.wire_name("n.default.svc")

ABOVE = (
    *map(asked.wire_name, ("example.com.default.svc", "eXample.COM.default.svc", "com.default.svc")),
    *map(asked.wire_name, ("default.svc", "web.default.svc", "ext.default.svc", "nope.svc", "svc", "@")),
    *map(asked.wire_name, ("the.middle", "middle", "nope", "default.pod", "nope.pod", "pod", "local.", ".")),
    *map(asked.wire_name, ("1.10.in-addr.arpa.", "10.in-addr.arpa.", "com.")),
    LONG,
)

TAILS = (
    *(b"\0\1\0\1", b"\0\x1c\0\1", b"\0\x2b\0\1", b"\0\xff\0\1", b"\0\1\0\3", b"\0\1\0\1\0", b"\0\1\0"),
    *(b"\0\1\0\1" + opt for opt in (asked.opt(), asked.opt(4096, do=True), asked.opt(options=asked.COOKIE))),
)
"""Type and class, and what follows."""

FLAGS = st.sampled_from((0x0100, 0x0100, 0x0000, 0x0110))

MIDDLE = asked.wire_name("in.the.middle")


def _table(
    number: int, *lines: str, inner: bool = False, state: Freshness = Freshness.FRESH
) -> dict[bytes, bytes]:
    """The usual one with more records, a serial, and a zone within the cluster's."""
    soa = Soa(MIDDLE, MIDDLE, 7)
    zones = (*tables.ZONES, *([Zone(MIDDLE, ZoneKind.UNAVAILABLE, 3, 30, soa)] if inner else ()))
    table = tables.entries([*tables.LINES, *lines], state)
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, state, dict(enumerate(zones)))
    )
    table[node_format.SERIAL_KEY] = number.to_bytes(4, "big")
    return table


TABLES = (
    _table(1),
    _table(2, "www.example.com.default.svc 30 A 10.0.0.9", "a.nope.svc 30 A 10.0.0.8", inner=True),
    _table(3, "com.default.svc 30 CNAME web.default.svc", "a.nope 30 A 10.0.0.7", state=Freshness.STALE),
)


@pytest.mark.parametrize("above", ABOVE)
@settings(max_examples=settings().max_examples // 3)
@given(
    st.lists(st.sampled_from(TABLES), min_size=2, max_size=3),
    st.lists(st.tuples(FLAGS, st.sampled_from(TAILS)), min_size=1, max_size=3, unique=True),
    st.permutations(FIRST),
    st.booleans(),
    st.sampled_from((reply_cache.MAX_BYTES, 3000)),
)
def test_what_was_asked_before_is_of_no_matter(
    above: bytes,
    versions: list[dict[bytes, bytes]],
    sorts: list[tuple[int, bytes]],
    first: list[bytes],
    stream: bool,
    kept: int,
) -> None:
    """The slow path remembers nothing of it."""
    caches = tables.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reply_cache, "MAX_BYTES", kept)
        patch.setattr(fast_path_caches, "MAX_TIMED_REPLY_BYTES", kept)
        for table in versions:
            tables.publish(caches, table)
            for label, (flags, tail) in itertools.product(first, sorts):
                _compare(caches, label, above, flags, tail, stream)


def _compare(
    caches: FastPathCaches, label: bytes, parent: bytes, flags: int, tail: bytes, stream: bool
) -> None:
    head = flags.to_bytes(2, "big") + bytes((0, 1, 0, 0, 0, 0, 0, len(tail) > 5))
    packet = b"\x12\x34" + head + label + parent + tail
    unread = caches.nxdomain_replies.get(head + parent + tail)
    fast = asked.fast(caches, packet, stream)
    if fast is not None:
        event("denied without being read" if unread else "read")
        slow = asked.slow(caches, packet, stream)
        assert isinstance(slow, bytes), packet.hex()
        assert asked.said(asked.read(fast)) == asked.said(asked.read(slow)), packet.hex()
