"""A part of the tree becomes keys and values, and its keys can be had without the values."""

from svcdns.dns.table import node_format, rrset_encoding, subtree_encoding
from svcdns.dns.table.subtree import (
    EndpointList,
    EndpointNode,
    GlueAddresses,
    Node,
    PointerNode,
    Subtree,
)
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from tests.dns.shared_records import srv

BASE = names.from_text("db.default.svc.cluster.local.")
POINTER = names.from_text("1.0.0.10.in-addr.arpa.")
ADDRESSES = (bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))


def headless(count: int) -> Node:
    """A Service's name with a port at so many endpoints."""
    targets = [names.prepend_label(f"db-{number}".encode(), BASE) for number in range(count)]
    return Node(0, {records.SRV: RRset(30, tuple(records.srv_rdata(80, target) for target in targets))})


def test_a_part_of_all_kinds() -> None:
    endpoint = EndpointNode(0, 30, b"\3web" + BASE, ADDRESSES[:1], srv(80), ((b"\4_tcp", ()),))
    part = Subtree(
        {BASE: headless(2), endpoint.name: endpoint, POINTER: PointerNode(1, 30, BASE)},
        endpoint_lists={BASE: EndpointList(0, 30, {4: {srv(80): list(ADDRESSES)}})},
        empty_non_terminals={names.parent(POINTER)},
    )
    table = dict(subtree_encoding.encode_subtree(part))
    assert table.keys() == {
        BASE,
        endpoint.name,
        b"\4_tcp" + endpoint.name,
        POINTER,
        node_format.address_list_key(BASE, 4),
        node_format.tree_order_key(names.parent(POINTER)),
    }
    assert table.keys() == set(subtree_encoding.subtree_keys(part))


def test_a_large_set_has_a_key_of_its_own() -> None:
    part = Subtree({BASE: headless(rrset_encoding.MAX_INLINE_RECORDS + 1)})
    large = node_format.answer_key(BASE, records.SRV)
    assert dict(subtree_encoding.encode_subtree(part)).keys() == {BASE, large}
    assert set(subtree_encoding.subtree_keys(part)) == {BASE, large}


def test_glue_is_of_the_part_alone() -> None:
    glue = GlueAddresses(7, {b"db-0": ADDRESSES})
    answers = {}
    for part in (Subtree({BASE: headless(2)}), Subtree({BASE: headless(2)}, {BASE: glue})):
        ((_, node),) = subtree_encoding.encode_subtree(part)
        answer = node_format.inline_answer(node, b"\0\x21")
        assert answer is not None
        answers[len(part.glue)] = rrset_encoding.decode_answer(BASE, answer)[1]
    assert answers[0] == []
    assert [(record.owner, record.ttl, record.rdata) for record in answers[1]] == [
        (b"\4db-0" + BASE, 7, address) for address in ADDRESSES
    ]
