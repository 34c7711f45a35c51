"""Reverse zones of the cluster's ServiceCIDRs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster.specification import ClusterOptions, range_zones
from svcdns.dns.wire import names
from svcdns.kube.objects import Change, ObjectMeta, ServiceCIDR, ServiceCIDRSpec
from svcdns.kube.store import Store

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))


def zones(*cidrs: str, options: ClusterOptions = OPTIONS, files: tuple[str, ...] = ()) -> list[str]:
    """Those of one ServiceCIDR for each of these."""
    store = Store()
    for number, cidr in enumerate(cidrs):
        obj = ServiceCIDR(ObjectMeta(str(number)), ServiceCIDRSpec((cidr,)))
        store.apply(Change("ServiceCIDR", ("", str(number)), obj))
    zone_names = range_zones.zones_of_service_cidrs(store, options, [names.from_text(name) for name in files])
    return [names.to_text(name) for name in zone_names]


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("10.96.0.0/16", ["96.10.in-addr.arpa."]),
        ("10.96.0.0/15", ["96.10.in-addr.arpa.", "97.10.in-addr.arpa."]),
        ("192.0.2.0/24", ["2.0.192.in-addr.arpa."]),
        ("fd00:10:96::/112", ["0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa."]),
        ("0.0.0.0/0", []),  # is configured
        ("10.0.0.0/28", []),  # an address is no zone
        ("10.0.0.1/8", []),  # is no network
        ("no network", []),
    ],
)
def test_the_zones_of_a_network(cidr: str, expected: list[str]) -> None:
    assert zones(cidr) == expected


def test_what_is_configured_wins() -> None:
    options = ClusterOptions(zones=OPTIONS.zones, follows_ranges=False)
    assert zones("10.96.0.0/16", options=options) == []
    assert zones("10.96.0.0/16", "10.97.0.0/16", files=("10.in-addr.arpa.",)) == []
    assert zones("10.96.0.0/16", "10.97.0.0/16", files=("96.10.in-addr.arpa.",)) == ["97.10.in-addr.arpa."]
    assert zones("10.96.0.0/16", files=("5.96.10.in-addr.arpa.", "corp.")) == ["96.10.in-addr.arpa."]


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=20), max_size=5), st.integers(0, 128))
def test_any_networks(addresses: list[str], prefix: int) -> None:
    zone_names = zones(
        *(f"{address}/{prefix}" for address in addresses), "10.0.0.0/9", "10.128.0.0/9", "128.0.0.0/1"
    )
    assert len(zone_names) <= range_zones.MAX_SERVICE_CIDR_ZONES
    assert len(set(zone_names)) == len(zone_names)
