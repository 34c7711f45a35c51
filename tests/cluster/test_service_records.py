"""The names of a Service with cluster IPs and of its ports: made by a template or not, they are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster.specification import AffectedParts, ClusterOptions, build_part, service_warning
from svcdns.dns.table import subtree_encoding, synthesized
from svcdns.dns.table.subtree import Node, Subtree
from svcdns.dns.wire import names, records
from svcdns.kube.objects import (
    Change,
    EndpointPort,
    ObjectMeta,
    ReadySlice,
    Service,
    ServicePort,
    ServiceSpec,
)
from svcdns.kube.store import Store

ZONE = names.from_text("cluster.local.")
KEY = ("default", "web")
PORTS = st.lists(
    st.builds(
        ServicePort,
        name=st.sampled_from((None, "http", "HTTP", "dns", "p" * 63)),
        protocol=st.sampled_from((None, "TCP", "UDP")),
        port=st.integers(1, 12),
    ),
    max_size=12,
)


def part_of(ports: list[ServicePort], *addresses: str, zone: bytes = ZONE) -> Subtree:
    store = Store()
    spec = ServiceSpec(cluster_ips=addresses, ports=tuple(ports))
    store.apply(Change("Service", KEY, Service(ObjectMeta("web", "default"), spec)))
    return build_part(AffectedParts(services={KEY}), store, ClusterOptions(zones=(zone,)))


@given(PORTS, st.sampled_from((("10.96.0.1",), ("fd00::1",), ("fd00::1", "10.96.0.1"))))
def test_a_template_makes_what_is_made_without(ports: list[ServicePort], addresses: tuple[str, ...]) -> None:
    part = part_of(ports, *addresses)
    plain = {name: Node(node.zone_number, node.rrsets) for name, node in synthesized.iter_nodes(part)}
    assert dict(subtree_encoding.encode_subtree(part)) == dict(
        subtree_encoding.encode_subtree(Subtree(plain))
    )
    # Two addresses of a family have no template; all but them is the same.
    with_more = {
        name: Node(node.zone_number, node.rrsets)
        for name, node in part_of(ports, *addresses, "10.96.0.2", "10.96.0.3").nodes.items()
    }
    assert with_more.keys() == plain.keys()
    assert all(with_more[name].rrsets.get(33) == plain[name].rrsets.get(33) for name in with_more)


@pytest.mark.parametrize("addresses", [("10.96.0.1",), ("10.96.0.1", "10.96.0.2")])
def test_names_that_are_too_long_are_left_out(addresses: tuple[str, ...]) -> None:
    zone = names.from_labels([b"z" * 63, b"z" * 63, b"z" * 63, b"z" * 36])
    part = part_of([ServicePort(name="http", port=80)], *addresses, zone=zone)
    # Nor is there `_tcp` above nothing.
    assert [name for name, _ in synthesized.iter_nodes(part)] == [
        names.from_labels([b"web", b"default", b"svc"], zone)
    ]


def test_an_endpoint_whose_name_is_too_long_leaves_the_others() -> None:
    zone = names.from_labels([b"z" * 63, b"z" * 63, b"z" * 50])
    base = names.from_labels([b"web", b"default", b"svc"], zone)
    short, long = (bytes((10, 0, 0, last)) for last in (1, 2))
    ports = (EndpointPort("http", "TCP", 80),)
    ready_slice = ReadySlice(ObjectMeta("web-1", "default"), KEY, ports, (short, long), (b"a", b"h" * 63))
    store = Store()
    spec = ServiceSpec(cluster_ip="None")
    store.apply(Change("Service", KEY, Service(ObjectMeta("web", "default"), spec)))
    store.apply(Change("EndpointSlice", ("default", "web-1"), ready_slice))

    affected = AffectedParts(services={KEY}, endpoint_labels={KEY: None})
    nodes = build_part(affected, store, ClusterOptions(zones=(zone,))).nodes
    endpoint = names.prepend_label(b"a", base)
    assert nodes.keys() == {base, endpoint, *(labels + base for labels in (b"\4_tcp", b"\5_http\4_tcp"))}
    assert nodes[base].rrsets[records.A].rdata == (short, long)
    assert nodes[base].rrsets[records.SRV].rdata == (records.srv_rdata(80, endpoint, 100),)


def test_a_large_service_has_the_same_answers_whatever_is_made_beside_them() -> None:
    store = Store()
    spec = ServiceSpec(cluster_ip="None")
    store.apply(Change("Service", KEY, Service(ObjectMeta("web", "default"), spec)))
    many = tuple(bytes((10, 0, 1, last)) for last in range(100))
    for name, port, addresses, labels in (("many", "http", many, ()), ("few", "dns", many[:2], (b"a", b"a"))):
        ports = (EndpointPort(port, "TCP", 80),)
        ready_slice = ReadySlice(ObjectMeta(name, "default"), KEY, ports, addresses, labels)
        store.apply(Change("EndpointSlice", ("default", name), ready_slice))

    def encoded(affected: AffectedParts) -> dict[bytes, bytes]:
        options = ClusterOptions(zones=(ZONE,))
        return dict(subtree_encoding.encode_subtree(build_part(affected, store, options)))

    own = encoded(AffectedParts(services={KEY}))
    assert own.items() <= encoded(AffectedParts(services={KEY}, endpoint_labels={KEY: None})).items()


def test_leading_zeros_of_a_cluster_ip_are_decimal() -> None:
    assert part_of([], "010.096.009.002") == part_of([], "10.96.9.2")


def test_a_cluster_ip_that_is_none_is_left_out_and_named() -> None:
    def service(*ips: str) -> Service:
        return Service(ObjectMeta("web", "default"), ServiceSpec(cluster_ips=ips))

    assert part_of([], "10.96.9.256", "10.96.9.2") == part_of([], "10.96.9.2")
    assert service_warning(service("10.96.9.256", "10.96.9.2")) == (
        "cluster IPs '10.96.9.256' are left out: no IP addresses"
    )
    for ips in ((), ("",), ("None",), ("010.096.009.002", "fd00::1")):
        assert service_warning(service(*ips)) is None
