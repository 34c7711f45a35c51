"""An RRset becomes the bytes behind a question, and comes back from them."""

import struct

import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.subtree import GlueAddresses, Node
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import Record, RRset

NAME = names.from_text("db.default.svc.cluster.local.")
V4 = bytes((10, 0, 0, 1))
V6 = bytes(15) + b"\1"


def message(rrtype: int, answer: bytes) -> dns.message.Message:
    """What another reader makes of an answer behind a question about NAME."""
    counts = answer[2:8]
    header = b"\0\0\x84\0\0\1" + counts
    question = NAME + struct.pack("!HH", rrtype, records.IN)
    return dns.message.from_wire(header + question + answer[rrset_encoding.ANSWER_HEADER_SIZE :])


def srv(*labels: bytes) -> RRset:
    return RRset(30, tuple(records.srv_rdata(80, names.prepend_label(label, NAME)) for label in labels))


@given(st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=64, unique=True), st.integers(0, 600))
def test_addresses(rdata: list[bytes], ttl: int) -> None:
    answer = rrset_encoding.encode_answer(NAME, records.A, RRset(ttl, tuple(rdata)), {})
    kind = rrset_encoding.SHUFFLE if len(rdata) > 1 else rrset_encoding.PLAIN
    assert answer[0] == kind
    assert rrset_encoding.decode_answer(NAME, answer) == (
        [Record(NAME, records.A, ttl, address) for address in rdata],
        [],
    )
    (rrset,) = message(records.A, answer).answer
    assert sorted(record.to_wire() for record in rrset) == sorted(rdata)


@given(st.lists(st.binary(max_size=40), min_size=65, max_size=90))
def test_a_large_set_is_read_in_any_order(rdata: list[bytes]) -> None:
    answer = rrset_encoding.encode_answer(NAME, records.TXT, RRset(30, tuple(rdata)), {})
    assert answer[0] == rrset_encoding.LARGE
    backwards = rrset_encoding.decode_large(NAME, answer, lambda count: iter(range(count - 1, -1, -1)))
    assert [record.rdata for record in backwards] == rdata[::-1]


def test_glue_is_taken_from_nodes_and_from_glue() -> None:
    nodes = {b"\1a" + NAME: Node(0, {records.A: RRset(5, (V4,)), records.AAAA: RRset(6, (V6,))})}
    glue = {NAME: GlueAddresses(7, {b"b": (V6, V4)})}
    answer = rrset_encoding.encode_answer(NAME, records.SRV, srv(b"a", b"b", b"c"), nodes, glue)
    expected = [
        Record(b"\1a" + NAME, records.A, 5, V4),
        Record(b"\1a" + NAME, records.AAAA, 6, V6),
        Record(b"\1b" + NAME, records.A, 7, V4),
        Record(b"\1b" + NAME, records.AAAA, 7, V6),
    ]
    assert rrset_encoding.decode_answer(NAME, answer)[1] == expected
    additional = [
        Record(rrset.name.to_wire(), rrset.rdtype, rrset.ttl, rrset[0].to_wire())  # type: ignore[arg-type]
        for rrset in message(records.SRV, answer).additional
    ]
    assert sorted(additional, key=repr) == sorted(expected, key=repr)


def test_a_referral_stands_in_the_authority_section() -> None:
    nodes = {b"\2ns" + NAME: Node(0, {records.A: RRset(5, (V4,))})}
    answer = rrset_encoding.encode_referral(NAME, RRset(9, (b"\2ns" + NAME,)), nodes)
    assert answer[0] == rrset_encoding.REFERRAL
    assert rrset_encoding.decode_sections(NAME, answer) == (
        [],
        [Record(NAME, records.NS, 9, b"\2ns" + NAME)],
        [Record(b"\2ns" + NAME, records.A, 5, V4)],
    )


@pytest.mark.parametrize(
    ("room", "count", "end"), [(0, 0, 0), (15, 0, 0), (16, 1, 16), (47, 2, 32), (48, 3, 48), (99, 3, 48)]
)
def test_whole_records_that_fit(room: int, count: int, end: int) -> None:
    """A record of an address has 16 bytes, its owner a pointer."""
    answer = rrset_encoding.encode_answer(NAME, records.A, RRset(30, (V4, V4, V4)), {})
    body = answer[rrset_encoding.ANSWER_HEADER_SIZE :]
    assert rrset_encoding.count_whole_records(3, body, room) == (count, end)


def test_a_set_without_data_is_no_serial() -> None:
    """RDATA may be empty; only the cluster's SOA means the table's serial by it."""
    assert rrset_encoding.encode_answer(b"\1x\0", 65280, RRset(1, (b"",)), {})[0] == rrset_encoding.PLAIN
    soa = RRset(1, rrset_encoding.TABLE_SERIAL_RDATA)
    assert rrset_encoding.encode_answer(b"\1x\0", records.SOA, soa, {})[0] == rrset_encoding.SERIAL_SOA
