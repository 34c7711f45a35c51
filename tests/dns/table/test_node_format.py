"""All that a name owns under one key."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import node_encoding, node_format, rrset_encoding, subtree_encoding
from svcdns.dns.table.subtree import Node, Subtree
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType

NAME = names.from_text("www.example.org.")

_RDATA = st.lists(st.binary(max_size=200), min_size=1, max_size=5)
_LARGE = st.integers(65, 100).map(lambda count: [bytes(4)] * count)
_TYPES = st.integers(1, 600).filter(lambda rrtype: rrtype != records.SOA)
_RRSETS = st.dictionaries(
    _TYPES, st.one_of(_RDATA, _RDATA, _LARGE).map(lambda rdata: RRset(60, tuple(rdata))), max_size=12
).map(lambda rrsets: {rrtype: with_targets(rrtype, rrset) for rrtype, rrset in rrsets.items()})


def with_targets(rrtype: RRType, rrset: RRset) -> RRset:
    """The same, with a name at the end of the RDATA where the type has a target."""
    if rrtype not in (records.NS, records.CNAME, records.PTR, records.MX, records.SRV):
        return rrset
    return RRset(rrset.ttl, tuple(rdata[:6].rjust(6) + NAME for rdata in rrset.rdata))


def encode_answer(name: bytes, rrtype: RRType, rrset: RRset) -> bytes:
    return rrset_encoding.encode_answer(name, rrtype, rrset, {})


@given(_RRSETS, st.integers(0, 0xFFFE), _TYPES)
def test_each_answer_is_found_and_no_other(
    rrsets: dict[RRType, RRset], zone: int, absent_type: RRType
) -> None:
    table = dict(node_encoding.encode_node(NAME, Node(zone, rrsets), encode_answer))
    node = table[NAME]
    assert node_format.zone_number(node) == zone
    assert node_format.node_types(node) == sorted(rrsets)
    assert set(table) == set(subtree_encoding.subtree_keys(Subtree({NAME: Node(zone, rrsets)})))
    for rrtype in {absent_type, *rrsets}:
        answer = encode_answer(NAME, rrtype, rrsets[rrtype]) if rrtype in rrsets else None
        assert node_format.find_answer(table.get, NAME, node, rrtype) == answer
    spans = node_format.answer_spans(node)
    for rrtype, (start, end) in zip(sorted(rrsets), spans, strict=True):
        assert node[start:end] == node_format.inline_answer(node, rrtype.to_bytes(2, "big"))
    assert node_format.type_for_any(node) in (rrsets or (0,))


def test_halves_of_two_types_are_none() -> None:
    """257 and 513 are 01 01 and 02 01: 0102 stands there, at an odd place."""
    table = dict(
        node_encoding.encode_node(NAME, Node(0, dict.fromkeys((257, 513), RRset(1, (b"x",)))), encode_answer)
    )
    assert node_format.inline_answer(table[NAME], b"\1\2") is None
    assert node_format.inline_answer(table[NAME], b"\1\1")


def test_a_zone_number_can_be_replaced() -> None:
    node = dict(node_encoding.encode_node(NAME, Node(3, {records.TXT: RRset(1, (b"x",))}), encode_answer))[
        NAME
    ]
    moved = node_format.with_zone_number(node, 0x4001)
    assert node_format.zone_number(moved) == 0x4001
    assert node_format.with_zone_number(moved, 3) == node
