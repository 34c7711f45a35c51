"""RRsets of addresses, and the SRV records of ports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster import rrsets
from svcdns.cluster.rrsets import RRsets, TargetsByPort
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset

BASE = names.from_text("db.default.svc.cluster.local.")
HOSTS = [names.prepend_label(label, BASE) for label in (b"a", b"b", b"c")]
ADDRESSES = st.sets(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16), max_size=9)


@given(ADDRESSES)
def test_addresses_are_sorted_by_family(addresses: set[bytes]) -> None:
    expected = {}
    for rrtype, size in ((records.A, 4), (records.AAAA, 16)):
        if family := sorted(address for address in addresses if len(address) == size):
            expected[rrtype] = RRset(30, tuple(family))
    assert rrsets.address_rrsets(addresses, 30) == expected


def srv_names(*ports: tuple[str | None, str | None, int, list[bytes]]) -> dict[bytes, RRsets]:
    targets: TargetsByPort = {}
    for name, protocol, number, hosts in ports:
        rrsets.add_port_targets(targets, name, protocol, number, hosts)
    return rrsets.add_srv_names(BASE, {}, targets, 30)


def srv(weight: int, *ports: tuple[int, bytes]) -> RRsets:
    return {records.SRV: RRset(30, tuple(records.srv_rdata(port, host, weight) for port, host in ports))}


def test_a_named_port() -> None:
    """Specification 2.4.2: the name of the port, and the name above it (RFC 8020)."""
    found = srv_names(("HTTP", None, 80, HOSTS[:2]))
    two = srv(50, (80, HOSTS[0]), (80, HOSTS[1]))
    assert found == {BASE: two, b"\4_tcp" + BASE: {}, b"\5_http\4_tcp" + BASE: two}


def test_ports_without_a_name_stand_at_the_service_alone() -> None:
    found = srv_names((None, "UDP", 53, HOSTS[:1]), ("", "TCP", 80, HOSTS[:1]))
    assert found == {BASE: srv(50, (53, HOSTS[0]), (80, HOSTS[0]))}


def test_one_number_of_two_ports_is_one_record() -> None:
    found = srv_names(("dns", "UDP", 53, HOSTS[:1]), ("dns-tcp", "TCP", 53, HOSTS[1:]))
    assert found[BASE] == srv(33, *((53, host) for host in HOSTS))
    assert found[b"\4_dns\4_udp" + BASE] == srv(100, (53, HOSTS[0]))
    assert found[b"\x08_dns-tcp\4_tcp" + BASE] == srv(50, (53, HOSTS[1]), (53, HOSTS[2]))


def test_a_name_that_is_no_label_with_its_underscore() -> None:
    assert srv_names(("p" * 63, None, 80, HOSTS[:1])).keys() == {BASE}


def test_without_ports_there_is_the_service() -> None:
    assert srv_names() == {BASE: {}}


@pytest.mark.parametrize(("count", "weight"), [(1, 100), (2, 50), (3, 33), (100, 1), (1000, 1)])
def test_weights(count: int, weight: int) -> None:
    assert rrsets.srv_heads([80], count) == [(80, records.srv_rdata(80, b"", weight))]


def test_heads_are_in_the_order_of_ports() -> None:
    assert [number for number, _ in rrsets.srv_heads({443, 80, 8080}, 3)] == [80, 443, 8080]
    assert rrsets.srv_heads([], 0) == []
