"""What lies in the node of a name, and what has a key of its own."""

import pytest

from svcdns.dns.table import node_encoding, node_format, rrset_encoding
from svcdns.dns.table.subtree import Node
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType
from svcdns.errors import DomainNameError

NAME = names.from_text("www.example.org.")


def encode_answer(name: bytes, rrtype: RRType, rrset: RRset) -> bytes:
    return rrset_encoding.encode_answer(name, rrtype, rrset, {})


def test_what_does_not_fit_has_a_key_of_its_own() -> None:
    rrsets = {300 + number: RRset(1, (bytes(4000),)) for number in range(20)}
    table = dict(node_encoding.encode_node(NAME, Node(0, rrsets), encode_answer))
    assert len(table[NAME]) < 0x10000
    assert 1 < len(table) < 10
    for rrtype, rrset in rrsets.items():
        answer = encode_answer(NAME, rrtype, rrset)
        assert node_format.find_answer(table.get, NAME, table[NAME], rrtype) == answer


@pytest.mark.parametrize(
    ("rdata", "is_large"),
    [([bytes(4)] * 64, False), ([bytes(4)] * 65, True), ([bytes(4096)], False), ([bytes(4097)], True)],
)
def test_a_large_set(rdata: list[bytes], is_large: bool) -> None:
    rrset = RRset(1, tuple(rdata))
    assert node_encoding.is_large(rrset) == is_large
    table = dict(node_encoding.encode_node(NAME, Node(0, {records.TXT: rrset}), encode_answer))
    assert (node_format.answer_key(NAME, records.TXT) in table) == is_large


def test_flags() -> None:
    alias = Node(7, {records.CNAME: RRset(1, (NAME,))})
    delegation = Node(7, {records.NS: RRset(1, (NAME,))})
    ((_, value),) = node_encoding.encode_node(NAME, alias, encode_answer)
    assert (value[0], node_format.zone_number(value)) == (node_format.ALIAS_FLAG, 7)
    ((_, value),) = node_encoding.encode_node(NAME, delegation, encode_answer, is_cut=True)
    assert value[0] == node_format.ZONE_CUT_FLAG
    ((_, value),) = node_encoding.encode_node(NAME, delegation, encode_answer)
    assert value[0] == 0


def test_types_have_a_bound() -> None:
    rrsets = dict.fromkeys(range(300, 401), RRset(1, (b"x",)))
    with pytest.raises(DomainNameError, match=r"www\.example\.org\. has 101 types"):
        list(node_encoding.encode_node(NAME, Node(0, rrsets), encode_answer))
