"""The zones of a network have its addresses, and no other one."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import reverse_zones
from svcdns.addresses import Network


@pytest.mark.parametrize(
    ("network", "zones"),
    [
        ("0.0.0.0/0", ["in-addr.arpa"]),
        ("::/0", ["ip6.arpa"]),
        ("10.0.0.0/8", ["10.in-addr.arpa"]),
        ("10.96.0.0/15", ["96.10.in-addr.arpa", "97.10.in-addr.arpa"]),
        ("192.0.2.1/32", ["1.2.0.192.in-addr.arpa"]),
        ("192.0.2.6/31", ["6.2.0.192.in-addr.arpa", "7.2.0.192.in-addr.arpa"]),
        ("fd00::/8", ["d.f.ip6.arpa"]),
        ("fd00:10::/31", ["0.1.0.0.0.0.d.f.ip6.arpa", "1.1.0.0.0.0.d.f.ip6.arpa"]),
    ],
)
def test_examples(network: str, zones: list[str]) -> None:
    assert list(reverse_zones.of_network(ipaddress.ip_network(network))) == zones


NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: ipaddress.ip_network(pair, strict=False))


@given(NETWORKS, st.data())
def test_an_address_is_in_one_zone_if_it_is_in_the_network(network: Network, data: st.DataObject) -> None:
    zones = list(reverse_zones.of_network(network))
    assert all(map(reverse_zones.is_reverse, zones))
    inside = data.draw(st.integers(int(network.network_address), int(network.broadcast_address)))
    anywhere = data.draw(st.integers(0, (1 << network.max_prefixlen) - 1))
    for number in (inside, anywhere):
        address = type(network.network_address)(number)
        above = [zone for zone in zones if f".{address.reverse_pointer}".endswith(f".{zone}")]
        assert len(above) == (address in network)


@pytest.mark.parametrize(
    ("network", "small"), [("10.0.0.0/24", False), ("10.0.0.0/25", True), ("::/124", False), ("::/125", True)]
)
def test_less_than_a_label(network: str, small: bool) -> None:
    assert reverse_zones.is_below_a_label(ipaddress.ip_network(network)) == small


@pytest.mark.parametrize("zone", ["arpa", "example.org", "10.in-addr.arpa.example.org", "xin-addr.arpa", ""])
def test_no_reverse_zones(zone: str) -> None:
    assert not reverse_zones.is_reverse(zone)
