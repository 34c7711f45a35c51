"""Hosts and pointers are compiled as any node with the same records is."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.table import node_format, subtree_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import (
    AnyNode,
    EndpointNode,
    Node,
    PointerNode,
    SrvPrefixes,
    Subtree,
)

_LABELS = st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=6)
_NAMES = _LABELS.filter(lambda found: 8 <= sum(map(len, found)) + len(found) < 255).map(
    lambda found: names.from_labels([label.lower() for label in found])
)
_V4, _V6 = st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)
_ADDRESSES = st.one_of(st.tuples(_V4), st.tuples(_V6), st.tuples(_V4, _V6))
_BEGINNINGS = st.sampled_from((b"\4_tcp", b"\5_http\4_tcp", b"\4_udp", b"\3%%b", b"\2\xff\xff"))
_TTLS = st.integers(0, 0x7FFFFFFF)
_ZONES = st.integers(0, 0xFFFF)
_SERVICES = st.lists(st.integers(0, 0xFFFF), max_size=records.MAX_SRV_PREFIXES, unique=True).map(
    lambda ports: tuple(records.srv_rdata(port, b"", 100 // len(ports)) for port in ports)
)


def compiled(found: Mapping[bytes, AnyNode]) -> dict[bytes, bytes]:
    return dict(subtree_encoding.encode_subtree(Subtree(found)))


@given(_NAMES, _ADDRESSES, _SERVICES, st.dictionaries(_BEGINNINGS, _SERVICES, max_size=3), _ZONES, _TTLS)
def test_a_host(
    name: bytes,
    addresses: tuple[bytes, ...],
    services: SrvPrefixes,
    below: dict[bytes, SrvPrefixes],
    zone: int,
    ttl: int,
) -> None:
    fits = tuple(
        (begin, own) for begin, own in below.items() if len(begin) + len(name) <= names.MAX_NAME_LENGTH
    )
    host = EndpointNode(zone, ttl, name, addresses, services, fits)
    made = compiled({name: host})
    assert made == compiled(host.to_nodes())
    assert set(made) == set(subtree_encoding.subtree_keys(Subtree({name: host})))


@given(_NAMES, _NAMES, _ZONES, _TTLS)
def test_a_pointer(name: bytes, target: bytes, zone: int, ttl: int) -> None:
    pointer = PointerNode(zone, ttl, target)
    assert compiled({name: pointer}) == compiled({name: Node(zone, pointer.rrsets)})


def test_every_length_of_a_name_has_its_mould() -> None:
    for length in range(9, names.MAX_NAME_LENGTH + 1):
        left, labels = length - 1, []
        while left:
            size = min(left, 64) if left != 65 else 63
            labels.append(b"a" * (size - 1))
            left -= size
        target = names.from_labels(labels)
        assert len(target) == length
        made = compiled({b"\1p\0": PointerNode(0, 5, target)})
        assert node_format.find_answer(made.get, b"\1p\0", made[b"\1p\0"], records.PTR) is not None
        assert made == compiled({b"\1p\0": Node(0, PointerNode(0, 5, target).rrsets)})
