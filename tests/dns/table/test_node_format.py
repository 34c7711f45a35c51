"""All that a name owns under one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import (
    node_encoding,
    node_format,
    rrset_encoding,
    subtree_encoding,
)
from svcdns.dns.wire import names
from svcdns.dns.wire.records import (
    Node,
    RRset,
    RRType,
    Subtree,
)
from svcdns.errors import DomainNameError

NAME = names.from_text("www.example.org.")

_RDATA = st.lists(st.binary(max_size=200), min_size=1, max_size=5)
_LARGE = st.integers(65, 100).map(lambda count: [bytes(4)] * count)
_TYPES = st.integers(1, 600).filter(lambda rrtype: rrtype != 6)
_RRSETS = st.dictionaries(
    _TYPES, st.one_of(_RDATA, _RDATA, _LARGE).map(lambda rdata: RRset(60, tuple(rdata))), max_size=12
)


def compile_answer(name: bytes, rrtype: RRType, rrset: RRset) -> bytes:
    return rrset_encoding.encode_answer(name, rrtype, rrset, {})


@given(_RRSETS, st.integers(0, 0xFFFE), _TYPES)
def test_each_answer_is_found_and_no_other(rrsets: dict[RRType, RRset], zone: int, other: RRType) -> None:
    table = dict(node_encoding.encode_node(NAME, Node(zone, rrsets), compile_answer))
    node = table[NAME]
    assert node_format.zone_number(node) == zone
    assert node_format.node_types(node) == sorted(rrsets)
    assert set(table) == set(subtree_encoding.subtree_keys(Subtree({NAME: Node(zone, rrsets)})))
    for rrtype in {other, *rrsets}:
        wanted = compile_answer(NAME, rrtype, rrsets[rrtype]) if rrtype in rrsets else None
        assert node_format.find_answer(table.get, NAME, node, rrtype) == wanted
    assert node_format.type_for_any(node) in (rrsets or (0,))


def test_halves_of_two_types_are_none() -> None:
    """257 and 513 are 01 01 and 02 01: 0102 stands there, at an odd place."""
    table = dict(
        node_encoding.encode_node(NAME, Node(0, dict.fromkeys((257, 513), RRset(1, (b"x",)))), compile_answer)
    )
    assert node_format.inline_answer(table[NAME], b"\1\2") is None
    assert node_format.inline_answer(table[NAME], b"\1\1")


def test_what_does_not_fit_has_a_key_of_its_own() -> None:
    rrsets = {300 + number: RRset(1, (bytes(4000),)) for number in range(20)}
    table = dict(node_encoding.encode_node(NAME, Node(0, rrsets), compile_answer))
    assert len(table[NAME]) < 0x10000
    assert 1 < len(table) < 10
    for rrtype, rrset in rrsets.items():
        wanted = compile_answer(NAME, rrtype, rrset)
        assert node_format.find_answer(table.get, NAME, table[NAME], rrtype) == wanted


def test_types_have_a_bound() -> None:
    rrsets = dict.fromkeys(range(300, 401), RRset(1, (b"x",)))
    with pytest.raises(DomainNameError, match=r"www\.example\.org\. has 101 types"):
        list(node_encoding.encode_node(NAME, Node(0, rrsets), compile_answer))
