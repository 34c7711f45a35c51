"""Endpoints and pointers are encoded as any node with the same records is."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import node_format, subtree_encoding, templates
from svcdns.dns.table.subtree import (
    AnyNode,
    EndpointNode,
    Node,
    PointerNode,
    SharedRecord,
    SharedRecords,
    Subtree,
)
from svcdns.dns.wire import names, records
from tests.dns.shared_records import SHARED_RECORDS

_LABELS = st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=6)
_NAMES = _LABELS.filter(lambda labels: sum(map(len, labels)) + len(labels) < 255).map(
    lambda labels: names.from_labels([label.lower() for label in labels])
)
_V4 = st.binary(min_size=4, max_size=4)
_V6 = st.binary(min_size=16, max_size=16)
_ADDRESSES = st.one_of(st.tuples(_V4), st.tuples(_V6), st.tuples(_V4, _V6), st.tuples(_V6, _V4))
_BEGINNINGS = st.sampled_from((b"\4_tcp", b"\5_http\4_tcp", b"\4_udp", b"\3%%b", b"\2\xff\xff"))
_SUBDOMAINS = st.dictionaries(_BEGINNINGS, SHARED_RECORDS, max_size=3)
_TTLS = st.integers(0, 0x7FFFFFFF)
_ZONES = st.integers(0, 0xFFFF)


def encoded(nodes: Mapping[bytes, AnyNode]) -> dict[bytes, bytes]:
    return dict(subtree_encoding.encode_subtree(Subtree(nodes)))


@given(_NAMES, _ADDRESSES, SHARED_RECORDS, _SUBDOMAINS, _ZONES, _TTLS)
def test_an_endpoint(
    name: bytes,
    addresses: tuple[bytes, ...],
    shared_records: SharedRecords,
    subdomains: dict[bytes, SharedRecords],
    zone: int,
    ttl: int,
) -> None:
    fitting = tuple(
        (labels, own)
        for labels, own in subdomains.items()
        if len(labels) + len(name) <= names.MAX_NAME_LENGTH
    )
    endpoint = EndpointNode(zone, ttl, name, addresses, shared_records, fitting)
    entries = templates.encode_endpoint(endpoint)
    assert entries[0][0] == name
    assert dict(entries) == encoded({name: endpoint}) == encoded(endpoint.to_nodes())
    assert set(dict(entries)) == set(subtree_encoding.subtree_keys(Subtree({name: endpoint})))


@given(_NAMES, _NAMES, _ZONES, _TTLS)
def test_a_pointer(name: bytes, target: bytes, zone: int, ttl: int) -> None:
    pointer = PointerNode(zone, ttl, target)
    assert encoded({name: pointer}) == encoded({name: Node(zone, pointer.rrsets)})


def test_every_length_of_a_name_has_its_template() -> None:
    for length in range(3, names.MAX_NAME_LENGTH + 1):
        left, labels = length - 1, []
        while left:
            size = min(left, 64) if left != 65 else 63
            labels.append(b"a" * (size - 1))
            left -= size
        target = names.from_labels(labels)
        assert len(target) == length
        entries = encoded({b"\1p\0": PointerNode(0, 5, target)})
        assert node_format.find_answer(entries.get, b"\1p\0", entries[b"\1p\0"], records.PTR) is not None
        assert entries == encoded({b"\1p\0": Node(0, PointerNode(0, 5, target).rrsets)})
        endpoint = EndpointNode(0, 5, target, (bytes(4),))
        assert encoded({target: endpoint}) == encoded(endpoint.to_nodes())


def test_addresses_alike_in_their_bytes_are_not_confused() -> None:
    """The bytes of one address may stand in the other, in the name and in the RDATA of records."""
    endpoint = EndpointNode(
        0, 0, b"\4\1\1\1\1\0", (b"\1" * 16, b"\1" * 4), (SharedRecord(records.TXT, b"\1" * 4),)
    )
    assert encoded({endpoint.name: endpoint}) == encoded(endpoint.to_nodes())
