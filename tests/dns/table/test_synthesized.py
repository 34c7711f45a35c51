"""Names of endpoints that a list implies are answered as if each had a key of its own."""

import ipaddress
import random
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import addresses
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.table import node_format, subtree_encoding, synthesized
from svcdns.dns.table.subtree import EndpointList, EndpointNode, Node, SharedRecords, Subtree
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from tests.dns import asked, tables
from tests.dns.shared_records import SHARED_RECORDS, srv

BASE = names.from_text("web.default.svc.cluster.local.")

_ADDRESSES = st.one_of(
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=16, max_size=16),
    st.sampled_from([bytes(4), bytes(16), bytes(15) + b"\1", b"\xfd" + bytes(15), b"\1" + bytes(14) + b"\1"]),
    st.binary(min_size=4, max_size=4).map(lambda v4: bytes(10) + b"\xff\xff" + v4),
)
_SHARED = st.lists(SHARED_RECORDS, min_size=1, max_size=3, unique=True)


def hosts(found: Mapping[bytes, SharedRecords], zone: int = 0, ttl: int = 30) -> EndpointList:
    """Lists of these addresses with their services."""
    made: dict[int, dict[SharedRecords, list[bytes]]] = {}
    for address, services in found.items():
        made.setdefault(len(address), {}).setdefault(services, []).append(address)
    return EndpointList(zone, ttl, made)


def name_of(address: bytes) -> bytes:
    return names.prepend_label(addresses.to_label(address), BASE)


def stored(found: Mapping[bytes, SharedRecords], zone: int = 0, ttl: int = 30) -> Subtree:
    """The same with a key for each name."""
    owners = {
        (name := name_of(a)): EndpointNode(zone, ttl, name, (a,), services) for a, services in found.items()
    }
    return Subtree(owners)


@given(
    st.data(),
    _SHARED,
    st.sets(_ADDRESSES, min_size=1, max_size=20),
    st.integers(0, 0xFFFF),
    st.integers(0, 2**31 - 1),
)
def test_an_implied_node_is_what_would_be_stored(
    data: st.DataObject, shared: list[SharedRecords], listed: set[bytes], zone: int, ttl: int
) -> None:
    found = {address: data.draw(st.sampled_from(shared)) for address in sorted(listed)}
    table = dict(synthesized.encode_lists(BASE, hosts(found, zone, ttl)))
    assert set(table) == set(synthesized.list_keys(BASE, hosts(found, zone, ttl)))
    made = {name_of(address): synthesized.synthesize_node(table.get, name_of(address)) for address in listed}
    assert made == dict(subtree_encoding.encode_subtree(stored(found, zone, ttl)))
    other = data.draw(_ADDRESSES)
    assert (synthesized.synthesize_node(table.get, name_of(other)) is not None) == (other in listed)
    assert synthesized.synthesize_node(table.get, b"\1x" + name_of(min(listed))) is None


_LABELS = st.one_of(
    st.binary(min_size=1, max_size=63),
    st.from_regex(rb"[0-9a-f-]{1,63}", fullmatch=True),
    st.from_regex(rb"[0-9]{1,4}(-[0-9]{1,4}){3}", fullmatch=True),
    st.ip_addresses(v=6).map(lambda v6: v6.exploded.replace(":", "-").encode()),
)


@given(st.sets(_ADDRESSES, max_size=5), _LABELS)
def test_only_the_usual_form_of_an_address_is_a_name(listed: set[bytes], label: bytes) -> None:
    table = dict(synthesized.encode_lists(BASE, hosts(dict.fromkeys(listed, ()))))
    usual = {addresses.to_label(address) for address in listed}
    assert (synthesized.synthesize_node(table.get, names.prepend_label(label.lower(), BASE)) is not None) == (
        label.lower() in usual
    )


@given(_ADDRESSES)
def test_the_label_of_an_address_spells_it(address: bytes) -> None:
    label = addresses.to_label(address).decode()
    assert addresses.from_label(label) == address
    if len(address) == 4:
        assert label == str(ipaddress.IPv4Address(address)).replace(".", "-")


def test_no_client_asks_for_a_list() -> None:
    """A name ends with its first zero byte, and two bytes of a type follow."""
    for family in (4, 16):
        key = node_format.address_list_key(BASE, family)
        assert key.find(0) == len(BASE) - 1
        assert len(key) == len(BASE) + 3


def view(part: Subtree, *, forwarding: bool = False) -> FastPathCaches:
    base = Node(0, {records.A: RRset(30, (bytes((10, 96, 0, 1)),))})
    lines = [line for line in tables.LINES if "web.default" not in line.split()[0]]
    table = tables.entries(lines) | dict(subtree_encoding.encode_subtree(Subtree({BASE: base})))
    table |= subtree_encoding.encode_subtree(part)
    upstreams = tables.FakeUpstreams() if forwarding else None
    return tables.serve(table, AnswerContext(random.Random(1).getrandbits, upstreams=upstreams))


FOUND = {
    bytes((10, 1, 2, 3)): srv(80, 443),
    bytes((10, 1, 2, 4)): (),
    ipaddress.ip_address("fd00::1").packed: srv(80),
    ipaddress.ip_address("fd00:1::").packed: (),
}
LABELS = [
    *(
        "10-1-2-3",
        "10-1-2-4",
        "fd00--1",
        "fd00-1--0",
        "FD00--1",
        "fd00-1--",
        "fd00-0--1",
        "fd00-0-0-0-0-0-0-1",
    ),
    *(
        "010-1-2-3",
        "10-1-2-5",
        "10-1-2",
        "10-1-2-3-4",
        "10-1-2-300",
        "--",
        "-",
        "a",
        "x.10-1-2-3",
        "10.1.2.3",
    ),
]


@pytest.mark.parametrize("forwarding", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_replies_are_those_of_stored_names(stream: bool, forwarding: bool) -> None:
    plain = view(stored(FOUND), forwarding=forwarding)
    lists = view(Subtree({}, endpoint_lists={BASE: hosts(FOUND)}), forwarding=forwarding)
    for again in range(2):  # the second time around some replies are kept
        for label in LABELS:
            for rrtype in ("A", "AAAA", "SRV", "TXT", "ANY", "CNAME", "SOA", 0, 16):
                for additional in ((), (asked.opt(),)):
                    query = asked.packet(f"{label}.web.default.svc", rrtype, additional=additional)
                    wanted, given = (asked.reply(one, query, stream) for one in (plain, lists))
                    assert given == wanted, (label, rrtype, again)


def test_a_name_is_not_denied_for_its_neighbours() -> None:
    """RFC 8020: below what is absent nothing is; but the Service is there, and its endpoint."""
    seen = view(Subtree({}, endpoint_lists={BASE: hosts(FOUND)}))
    for name in ("nope.web.default.svc", "x.10-1-2-3.web.default.svc", "nope.web.default.svc"):
        assert asked.ask(seen, name).rcode() == records.NXDOMAIN
    assert asked.ask(seen, "10-1-2-3.web.default.svc").answer
    assert asked.ask(seen, "y.10-1-2-3.web.default.svc").rcode() == records.NXDOMAIN
    assert asked.ask(seen, "10-1-2-3.web.default.svc", "SRV").answer


def test_a_stored_name_goes_before_the_list() -> None:
    name = name_of(bytes((10, 1, 2, 3)))
    own = Node(0, {records.A: RRset(30, (bytes((10, 9, 9, 9)),))})
    seen = view(Subtree({name: own}, endpoint_lists={BASE: hosts(FOUND)}))
    assert str(asked.ask(seen, name).answer[0][0]) == "10.9.9.9"
    assert not asked.ask(seen, name, "SRV").answer


def test_glue_of_a_large_set_and_a_cname_lead_to_implied_names() -> None:
    many = {bytes((10, 2, n >> 8, n & 255)): srv(80, weight=1) for n in range(100)}
    own_srv = RRset(30, tuple(records.srv_rdata(80, name_of(address), 1) for address in many))
    alias = names.from_text("alias.default.svc.cluster.local.")
    own = {
        BASE: Node(0, {records.SRV: own_srv}),
        alias: Node(0, {records.CNAME: RRset(30, (name_of(bytes((10, 2, 0, 7))),))}),
    }
    seen = view(Subtree(own, endpoint_lists={BASE: hosts(many)}))
    message = asked.ask(seen, BASE, "SRV", stream=True)
    assert len(message.answer) == len(message.additional) == 100
    assert [str(rrset[0]) for rrset in asked.ask(seen, alias).answer][1:] == ["10.2.0.7"]


def test_people_are_shown_all_names() -> None:
    own = EndpointNode(0, 30, BASE, (bytes((10, 96, 0, 1)),), (), ((b"\4_tcp", ()),))
    made = dict(synthesized.iter_nodes(Subtree({BASE: own}, endpoint_lists={BASE: hosts(FOUND)})))
    assert made == own.to_nodes() | dict(stored(FOUND).nodes)
    long = names.from_labels([b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 58])
    assert not list(synthesized.iter_nodes(Subtree({}, endpoint_lists={long: hosts(FOUND)})))


def test_ten_thousand_addresses_are_found() -> None:
    def many(family: int) -> Iterable[bytes]:
        return (bytes((10, *bytes(family - 3), n >> 8, n & 255)) for n in range(10_000))

    for family in (4, 16):
        found = dict.fromkeys(many(family), srv(80))
        table = dict(synthesized.encode_lists(BASE, hosts(found)))
        assert all(synthesized.synthesize_node(table.get, name_of(address)) for address in found)
        assert synthesized.synthesize_node(table.get, name_of(b"\x0b" + bytes(family - 1))) is None
        assert synthesized.synthesize_node(table.get, name_of(bytes(family))) is None
