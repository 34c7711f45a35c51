"""Names that belong to zones, namespaces and Pods; those of Services have tests of their own."""

from typing import Literal

import pytest

from svcdns.cluster.derived_options import options_of
from svcdns.cluster.options import ClusterZone
from svcdns.cluster.specification import AffectedParts, ClusterOptions, build_part
from svcdns.dns.table.rrset_encoding import TABLE_SERIAL_RDATA
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from svcdns.kube.objects import (
    Change,
    Namespace,
    NamespaceMeta,
    ObjectMeta,
    Pod,
    PodStatus,
    ReadySlice,
    Service,
    ServiceSpec,
)
from svcdns.kube.store import Store

PodMode = Literal["disabled", "insecure", "verified"]
LOCAL = names.from_text("cluster.local.")
TEST = names.from_text("cluster.test.")
APEX = AffectedParts(has_apex=True)
ADDRESS = bytes((10, 0, 0, 1))


def built(
    parts: AffectedParts, store: Store, options: ClusterOptions
) -> dict[str, dict[int, tuple[bytes, ...]]]:
    """The names, and the RDATA that each owns by type."""
    return {
        names.to_text(name): {rrtype: rrset.rdata for rrtype, rrset in node.rrsets.items()}
        for name, node in build_part(parts, store, options).nodes.items()
    }


def test_the_apex() -> None:
    store = Store()
    spec = ServiceSpec(cluster_ips=("10.96.0.10",))
    key = ("kube-system", "kube-dns")
    store.apply(Change("Service", key, Service(ObjectMeta("kube-dns", "kube-system"), spec)))
    ns_name = names.from_text("ns.dns.cluster.local.")
    authority = {records.SOA: TABLE_SERIAL_RDATA, records.NS: (ns_name,)}
    assert built(APEX, store, ClusterOptions(zones=(LOCAL,))) == {
        "cluster.local.": authority,
        "ns.dns.cluster.local.": {records.A: (bytes((10, 96, 0, 10)),)},
        "dns-version.cluster.local.": {records.TXT: (b"\x051.1.0",)},
        "dns.cluster.local.": {},
        "svc.cluster.local.": {},
        "pod.cluster.local.": {},
        "in-addr.arpa.": authority,
        "ip6.arpa.": authority,
    }


def test_the_name_server_has_an_address_if_its_namespace_is_not_served() -> None:
    store = Store()
    service = Service(ObjectMeta("kube-dns", "kube-system"), ServiceSpec(cluster_ips=("10.96.0.10",)))
    store.apply(Change("Service", ("kube-system", "kube-dns"), service))
    nodes = build_part(APEX, store, options_of(ClusterZone(namespaces=("shop",)))).nodes
    rrsets = nodes[names.from_text("ns.dns.cluster.local")].rrsets
    assert rrsets[records.A].rdata == (bytes((10, 96, 0, 10)),)


def test_the_zone_is_there_without_its_name_servers_service(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    service = Service(ObjectMeta("kube-dns", "kube-system"), ServiceSpec(cluster_ips=("10.96.0.10",)))
    store.apply(Change("Service", ("kube-system", "kube-dns"), service))
    monkeypatch.delattr("svcdns.kube.store.service_addresses")
    bare = built(AffectedParts(has_apex=True, omits_name_server=True), store, ClusterOptions(zones=(LOCAL,)))
    assert "cluster.local." in bare and "ns.dns.cluster.local." not in bare
    with pytest.raises(AttributeError):
        built(APEX, store, ClusterOptions(zones=(LOCAL,)))


@pytest.mark.parametrize(("no_endpoints", "ips"), [(False, (ADDRESS,)), (True, None)])
def test_a_headless_name_server_has_its_endpoints_addresses(
    no_endpoints: bool, ips: tuple[bytes, ...] | None
) -> None:
    store = Store()
    key = ("kube-system", "kube-dns")
    service = Service(ObjectMeta("kube-dns", "kube-system"), ServiceSpec(cluster_ip="None"))
    store.apply(Change("Service", key, service))
    ready_slice = ReadySlice(ObjectMeta("kube-dns-1", "kube-system"), key, None, (ADDRESS,))
    store.apply(Change("EndpointSlice", ("kube-system", "kube-dns-1"), ready_slice))
    options = ClusterOptions(zones=(LOCAL,), no_endpoints=no_endpoints)
    ns_server = built(APEX, store, options)["ns.dns.cluster.local."]
    assert ns_server.get(records.A) == ips


def test_reverse_zones_are_the_first_zones() -> None:
    part = build_part(APEX, Store(), ClusterOptions(zones=(LOCAL, TEST)))
    (target,) = part.nodes[names.IN_ADDR_ARPA].rrsets[records.NS].rdata
    assert names.is_subdomain(target, LOCAL)
    assert part.nodes[TEST].zone_number == 1
    assert part.empty_non_terminals == {names.IN_ADDR_ARPA, names.IP6_ARPA}


def test_the_ttls() -> None:
    options = ClusterOptions(zones=(LOCAL,), ttl=40, negative_ttl=7)
    rrsets = build_part(APEX, Store(), options).nodes[LOCAL].rrsets
    assert (rrsets[records.SOA].ttl, rrsets[records.NS].ttl) == (7, 40)


@pytest.mark.parametrize(
    ("pods", "labels"), [("disabled", {"svc"}), ("insecure", {"svc", "pod"}), ("verified", {"svc", "pod"})]
)
def test_a_namespace(pods: PodMode, labels: set[str]) -> None:
    store = Store()
    options = ClusterOptions(zones=(LOCAL,), pods=pods)
    parts = AffectedParts(namespaces={"default"})
    assert built(parts, store, options) == {}, "it does not exist"
    store.apply(Change("Namespace", ("", "default"), Namespace(NamespaceMeta("default"))))
    assert built(parts, store, options) == {f"default.{label}.cluster.local.": {} for label in labels}
    hidden = ClusterOptions(zones=(LOCAL,), is_namespace_exposed=lambda name, obj: False)
    assert built(parts, store, hidden) == {}


@pytest.mark.parametrize(("pods", "count"), [("disabled", 0), ("insecure", 0), ("verified", 1)])
def test_a_pods_address(pods: PodMode, count: int) -> None:
    store = Store()
    options = ClusterOptions(zones=(LOCAL,), pods=pods)
    parts = AffectedParts(pods={("default", ADDRESS)})
    assert built(parts, store, options) == {}, "no Pod has it"
    pod = Pod(ObjectMeta("web-0", "default"), PodStatus(phase="Running", pod_ip="10.0.0.1"))
    store.apply(Change("Pod", ("default", "web-0"), pod))
    expected = {"10-0-0-1.default.pod.cluster.local.": {records.A: (ADDRESS,)}}
    assert built(parts, store, options) == (expected if count else {})


def test_a_service_whose_name_is_too_long_leaves_the_others() -> None:
    zone = names.from_labels([b"z" * 63, b"z" * 63, b"z" * 63])
    store = Store()
    for name in ("web", "w" * 63):
        spec = ServiceSpec(cluster_ips=("10.96.0.1",))
        store.apply(Change("Service", ("default", name), Service(ObjectMeta(name, "default"), spec)))
    part = build_part(
        AffectedParts(services={("default", "web"), ("default", "w" * 63)}),
        store,
        ClusterOptions(zones=(zone,)),
    )
    (built_name,) = part.nodes
    assert built_name.startswith(b"\3web")
    assert part.nodes[built_name].rrsets[records.A] == RRset(30, (bytes((10, 96, 0, 1)),))
