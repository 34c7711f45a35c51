"""Cluster IPs, families and node ports: kept, refused, and the same in every order."""

from ipaddress import ip_address, ip_network
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.manifests import allocation
from svcdns.kube.manifests.manifest_objects import (
    ManifestMeta,
    ManifestService,
    ManifestServicePort,
    ManifestServiceSpec,
)
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import Key
from tests.kube.manifests import built_clusters
from tests.kube.manifests.built_clusters import BOTH, V4, services


@pytest.mark.parametrize(
    ("spec", "cidrs", "error"),
    [
        (
            "ipFamilyPolicy: RequireDualStack",
            V4,
            '"RequireDualStack": this cluster is not configured for dual-stack services',
        ),
        (
            "ipFamilies: [IPv6]",
            V4,
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
        ),
        ("clusterIP: 'fd00::1'", V4, 'spec.clusterIP: Invalid value: "fd00::1": IPv6 is not configured on'),
        ("ipFamilies: [IPv4, IPv6]", BOTH, "when multiple IP families are specified"),
        ("clusterIPs: [10.0.0.1, 'fd00::1']", BOTH, "when multiple cluster IPs are specified"),
        (
            "clusterIP: 10.1.0.0",
            V4,
            'spec.clusterIP: Invalid value: "10.1.0.0": failed to allocate IP 10.1.0.0: '
            "the provided IP is not in the valid range. The range of valid IPs is 10.0.0.0/16",
        ),
        ("clusterIP: 10.0.0.0", V4, "not in the valid range"),
        ("clusterIP: 10.0.255.255", V4, "not in the valid range"),
        (
            "type: NodePort, ports: [{port: 1, nodePort: 80}]",
            V4,
            "spec.ports[0].nodePort: Invalid value: 80: "
            "provided port is not in the valid range. The range of valid ports is 30000-32767",
        ),
    ],
)
def test_refused(spec: str, cidrs: str, error: str) -> None:
    text = services(spec).replace(
        "ports: [{port: 80}], ", "" if "ports:" in spec else "ports: [{port: 80}], "
    )
    built = built_clusters.cluster(text, *cidrs.split())

    assert built.objects["Service"] == {}
    assert len(built.errors) == 1
    assert error in built_clusters.faults(built)[0]


def test_chosen_addresses_are_kept_and_the_first_name_has_a_contested_one() -> None:
    text = services("clusterIP: 10.0.0.7", "clusterIP: 10.0.0.7", "clusterIP: 10.0.0.8")
    built = built_clusters.cluster(text, V4)

    assert [key[1] for key in built.objects["Service"]] == ["a", "c"]
    assert built_clusters.service(built, "a").cluster_addresses == ("10.0.0.7",)
    assert built_clusters.faults(built) == [
        'Service default/b: spec.clusterIP: Invalid value: "10.0.0.7": failed to allocate IP 10.0.0.7: '
        "provided IP is already allocated to Service default/a"
    ]


def test_a_refused_service_leaves_free_what_it_chose_besides() -> None:
    text = (
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.0.0.1, "
        "ports: [{port: 1}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: NodePort, clusterIP: 10.0.0.1, "
        "ports: [{port: 1, nodePort: 30001}]}}"
        "\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: c}, spec: {type: NodePort, "
        "ports: [{port: 1, nodePort: 30001}]}}"
    )
    assert [key[1] for key in built_clusters.cluster(text, V4).objects["Service"]] == ["a", "c"]


def test_a_range_that_is_full() -> None:
    built = built_clusters.cluster(services("", "", "clusterIP: 10.0.0.1"), "10.0.0.0/30")

    assert [built_clusters.service(built, name).cluster_addresses for name in "ac"] == [
        ("10.0.0.2",),
        ("10.0.0.1",),
    ]
    assert built_clusters.faults(built) == [
        "Service default/b: spec.clusterIPs: failed to allocate a serviceIP: the IPv4 range is full"
    ]


def test_a_second_range_of_a_family_is_used_when_the_first_is_full() -> None:
    built = built_clusters.cluster(services("", "", ""), "10.0.0.0/30", "10.0.1.0/24")

    assert not built.errors

    used = [ip_address(built_clusters.service(built, name).cluster_addresses[0]) for name in "abc"]

    assert sum(ip in ip_network("10.0.0.0/30") for ip in used) == 2


NODE_PORTS = """
apiVersion: v1
kind: Service
metadata: {name: %s}
spec:
  type: %s
  %s
  ports:
  - {name: a, port: 53, protocol: UDP, %s}
  - {name: b, port: 53, protocol: TCP, %s}
  - {name: c, port: 80, %s}
"""


def node_ports(text: str, name: str = "x") -> list[int | None]:
    return [
        port.node_port for port in built_clusters.service(built_clusters.cluster(text), name).spec.ports or ()
    ]


def test_one_number_on_two_protocols_shares_a_node_port() -> None:
    dns, dns_tcp, http = node_ports(NODE_PORTS % ("x", "NodePort", "", "", "", ""))

    assert dns == dns_tcp != http
    assert dns in range(30000, 32768)
    assert node_ports(NODE_PORTS % ("x", "NodePort", "", "", "nodePort: 30053", ""))[:2] == [30053, 30053]
    assert node_ports(NODE_PORTS % ("x", "LoadBalancer", "", "nodePort: 30053", "nodePort: 30054", ""))[
        :2
    ] == [30053, 30054]


def test_load_balancer_without_node_ports_keeps_a_chosen_one() -> None:
    text = NODE_PORTS % (
        "x",
        "LoadBalancer",
        "allocateLoadBalancerNodePorts: false",
        "",
        "",
        "nodePort: 30080",
    )
    assert node_ports(text) == [None, None, 30080]


def test_cluster_ip_service_has_no_node_ports() -> None:
    assert node_ports(NODE_PORTS % ("x", "ClusterIP", "", "", "", "")) == [None, None, None]


def test_local_traffic_policy_needs_a_port_for_health_checks() -> None:
    text = NODE_PORTS % ("x", "LoadBalancer", "externalTrafficPolicy: Local", "", "", "")
    port = built_clusters.service(built_clusters.cluster(text), "x").spec.health_check_node_port

    assert port in range(30000, 32768)
    assert port not in node_ports(text)


def test_node_ports_that_are_taken() -> None:
    text = (
        NODE_PORTS % ("x", "NodePort", "", "nodePort: 30053", "", "nodePort: 30080")
        + "---"
        + NODE_PORTS % ("y", "NodePort", "", "", "", "nodePort: 30053")
        + "---"
        + NODE_PORTS % ("z", "NodePort", "", "nodePort: 31000", "", "nodePort: 31000")
    )
    assert built_clusters.faults(built_clusters.cluster(text)) == [
        "Service default/y: spec.ports[2].nodePort: Invalid value: 30053: "
        "provided port is already allocated to Service default/x",
        "Service default/z: spec.ports[2].nodePort: Invalid value: 31000: "
        "provided port is already allocated to another port",
    ]


def test_node_ports_run_out() -> None:
    text = NODE_PORTS % ("x", "NodePort", "", "", "", "")
    assert built_clusters.faults(built_clusters.cluster(text, ports=range(30000, 30001))) == [
        "Service default/x: spec.ports: failed to allocate a nodePort: the range is full"
    ]


KEYS = st.tuples(st.sampled_from(["a", "b"]), st.text("abcdef", min_size=1, max_size=3))
CHOICES = st.sampled_from([None, "10.0.0.1", "10.0.0.2", "10.0.0.77", "fd00::1"])


@st.composite
def some_services(draw: st.DrawFn) -> dict[Key, ManifestService]:
    services_by_key: dict[Key, ManifestService] = {}
    for namespace, name in draw(st.lists(KEYS, unique=True, max_size=30)):
        chosen = draw(CHOICES)
        spec = ManifestServiceSpec(
            type=draw(st.sampled_from(["ClusterIP", "NodePort"])),
            cluster_ip=chosen,
            cluster_ips=(chosen,) if chosen else None,
            ip_family_policy=draw(st.sampled_from([None, "PreferDualStack"])),
            ports=(ManifestServicePort(port=80, protocol="TCP"),),
        )
        services_by_key[namespace, name] = ManifestService(
            metadata=ManifestMeta(name=name, namespace=namespace), spec=spec
        )

    return services_by_key


SMALL = ServiceRanges(
    (ip_network("10.0.0.0/27"), ip_network("10.0.0.64/28"), ip_network("fd00::/122")), range(30000, 30040)
)


@settings(deadline=None, max_examples=60)
@given(some_services(), st.randoms(use_true_random=False))
def test_unique_in_range_and_independent_of_the_order(
    services_by_key: dict[Key, ManifestService], random: Random
) -> None:
    allocated, refused = allocation.allocate_services(services_by_key, SMALL)

    assert allocated.keys() | refused.keys() == services_by_key.keys()
    assert not allocated.keys() & refused.keys()

    addresses = [ip for service in allocated.values() for ip in service.cluster_addresses]

    assert len(addresses) == len(set(addresses))

    for ip in map(ip_address, addresses):
        (cidr,) = (cidr for cidr in SMALL.service_cidrs if ip in cidr)

        assert ip != cidr.network_address
        assert ip.version == 6 or ip != cidr.broadcast_address

    ports = [
        port.node_port
        for service in allocated.values()
        for port in service.spec.ports or ()
        if port.node_port
    ]

    assert len(ports) == len(set(ports))
    assert set(ports) <= set(SMALL.node_ports)

    shuffled = list(services_by_key.items())
    random.shuffle(shuffled)
    again, refused_again = allocation.allocate_services(dict(shuffled), SMALL)

    assert again == allocated
    assert str(sorted(refused_again.items())) == str(sorted(refused.items()))


@settings(deadline=None, max_examples=60)
@given(some_services())
def test_allocating_again_changes_nothing(services_by_key: dict[Key, ManifestService]) -> None:
    allocated, _ = allocation.allocate_services(services_by_key, SMALL)
    assert allocation.allocate_services(allocated, SMALL) == (allocated, {})


def test_a_new_service_leaves_the_others_alone() -> None:
    """Of 1,000 Services hardly any has another address after 100 more came."""
    spec = ManifestServiceSpec(type="ClusterIP", ports=(ManifestServicePort(port=80, protocol="TCP"),))
    services_by_key = {
        ("default", f"s{number}"): ManifestService(
            metadata=ManifestMeta(name=f"s{number}", namespace="default"), spec=spec
        )
        for number in range(1100)
    }
    few = dict(list(services_by_key.items())[100:])
    before, after = (
        allocation.allocate_services(few, ServiceRanges())[0],
        allocation.allocate_services(services_by_key, ServiceRanges())[0],
    )

    assert sum(after[key] != service for key, service in before.items()) <= 2
    assert (
        msgspec.structs.asdict(before["default", "s500"].spec)["cluster_ips"]
        == after["default", "s500"].spec.cluster_ips
    )
