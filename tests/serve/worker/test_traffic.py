"""What a transport counts, against a count of each message by itself; and labels that stay few."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import dns.edns
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import mnemonics
from svcdns.serve.worker import traffic
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.traffic import TrafficCounter
from svcdns.stats.histogram import TIME_BUCKETS

TYPES = [*mnemonics.TYPE_NAMES, 0, 3, 13, 41, 99, 249, 250, 252, 257, 32768, 65535]
NAMES = ["web.default.svc.cluster.local.", ".", "a.", "Web.DEFAULT.svc.cluster.LOCAL.", "x" * 63 + ".test."]
COOKIE = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"same for")
PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(30))
EDNS_OPTIONS: list[list[dns.edns.Option]] = [[], [COOKIE], [PADDING], [COOKIE, PADDING]]


@st.composite
def queries(draw: st.DrawFn) -> tuple[bytes, str, bool]:
    """A query with its type's label and its DO bit."""
    rrtype, name = draw(st.sampled_from(TYPES)), draw(st.sampled_from(NAMES))
    message = dns.message.make_query(name, "A", id=draw(st.integers(0, 65535)))
    message.question[0].rdtype = dns.rdatatype.RdataType.make(rrtype)
    dnssec = False
    if draw(st.booleans()):
        dnssec = draw(st.booleans())
        options: list[dns.edns.Option] = draw(st.sampled_from(EDNS_OPTIONS))
        message.use_edns(0, dns.flags.DO if dnssec else 0, payload=1232, options=options)
    label = mnemonics.TYPE_NAMES.get(rrtype, mnemonics.OTHER_LABEL)
    return message.to_wire()[2:], label, dnssec


REPLIES = st.integers(0, 15).map(lambda code: bytes(1) + bytes((0x80 | code,)) + bytes(20))
BATCHES = st.lists(st.lists(st.tuples(queries(), REPLIES | st.none()), max_size=70), max_size=6)
Batches: TypeAlias = list[list[tuple[tuple[bytes, str, bool], bytes | None]]]


def new_counter(protocol: str = "udp 1") -> TrafficCounter:
    return TrafficCounter(protocol, QuerySampling(0.0))


def batch(
    target: TrafficCounter, packets: Sequence[bytes], replies: Sequence[bytes | None], seconds: float = 0.0
) -> None:
    ready = len(replies) - replies.count(None)
    target.add_batch(packets, replies, ready, seconds, lambda place: "192.0.2.1")


@given(BATCHES)
def test_each_message_is_counted_as_if_alone(
    batches: Batches,
) -> None:
    target = new_counter()
    for pairs in batches:
        batch(target, [query[0] for query, _ in pairs], [reply for _, reply in pairs], 0.001)
    every = [pair for pairs in batches for pair in pairs]
    counts = target.collect_counts()
    assert counts.queries_by_type == Counter(label for (_, label, _), _ in every)
    assert counts.dnssec_queries == sum(dnssec for (_, _, dnssec), _ in every)
    answered = [reply for _, reply in every if reply is not None]
    assert counts.replies_by_rcode == Counter(mnemonics.rcode_label(reply[1] & 15) for reply in answered)
    assert sum(counts.answer_seconds.counts) == len(answered)
    assert target.collect_counts() == counts, "asked again, nothing is counted twice"


@given(st.lists(st.binary(max_size=60) | queries().map(lambda counts: counts[0]), max_size=200))
def test_whatever_comes_is_counted_once_under_a_known_name(packets: list[bytes]) -> None:
    target = new_counter()
    for start in range(0, len(packets), 64):
        batch(target, packets[start : start + 64], [None] * len(packets[start : start + 64]))
    counts = target.collect_counts()
    assert sum(counts.queries_by_type.values()) == len(packets)
    assert counts.queries_by_type.keys() <= {*mnemonics.TYPE_NAMES.values(), mnemonics.OTHER_LABEL}
    assert counts.replies_by_rcode == {}


def test_a_flood_of_different_ends_takes_no_memory() -> None:
    target, rng = new_counter(), random.Random(1)
    for _ in range(3000):
        batch(target, [rng.randbytes(40) for _ in range(64)], [rng.randbytes(12) for _ in range(64)])
        assert len(target._query_ends) <= traffic.MAX_QUERY_ENDS + traffic.COUNT_BATCH_SIZE
        assert len(target._type_by_query_end) <= traffic.MAX_QUERY_ENDS + traffic.COUNT_BATCH_SIZE
        assert len(target._rcode_bytes) <= traffic.MAX_RCODE_BYTES + traffic.COUNT_BATCH_SIZE
    counts = target.collect_counts()
    assert sum(counts.queries_by_type.values()) == sum(counts.replies_by_rcode.values()) == 3000 * 64
    assert len(counts.replies_by_rcode) <= 16


def test_times_and_late_replies() -> None:
    target = new_counter()
    query = dns.message.make_query("web.test.", "A").to_wire()[2:]
    batch(target, [query, query], [b"\x80\0", None], 0.0002)
    target.add_late_reply(query, b"\x80\x02", 1.0, "192.0.2.1")
    counts = target.collect_counts()
    assert counts.replies_by_rcode == {"NOERROR": 1, "SERVFAIL": 1}
    assert counts.answer_seconds.counts[0] == 1 and counts.answer_seconds.sum_of_values == pytest.approx(
        1.0002
    )
    assert (
        sum(counts.answer_seconds.counts) == 2 and len(counts.answer_seconds.counts) == len(TIME_BUCKETS) + 1
    )


def test_sizes_are_estimates_of_all() -> None:
    target = new_counter()
    for _ in range(400):
        batch(target, [bytes(38)] * 64, [bytes(148)] * 64)
    counts = target.collect_counts()
    for sizes, size in ((counts.query_sizes, 40), (counts.reply_sizes, 150)):
        times = sum(sizes.counts)
        assert abs(times / (400 * 64) - 1) < 0.3
        assert sizes.sum_of_values == times * size
