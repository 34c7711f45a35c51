"""Which endpoints have a name with a key of its own, and which follow from the list with their Service."""

from ipaddress import IPv4Address

import pytest

from svcdns.cluster.service_endpoints import merge_slices, slice_warning
from svcdns.cluster.specification import AffectedParts, ClusterOptions, add_affected, build_part
from svcdns.dns.table.subtree import Node, Subtree
from svcdns.dns.wire import names, records
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import (
    SERVICE_NAME_LABEL,
    Change,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    ObjectMeta,
    Service,
    ServiceSpec,
)
from svcdns.kube.store import Store

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))
KEY = ("default", "web")
BASE = names.from_text("web.default.svc.cluster.local.")


def store_of(*endpoints: Endpoint, ip: str = "10.96.0.1", ports: int = 1) -> Store:
    store = Store()
    store.apply(Change("Service", KEY, Service(ObjectMeta("web", "default"), ServiceSpec(cluster_ips=(ip,)))))
    store.apply(slice_of(*endpoints, ports=ports))
    return store


def slice_of(*endpoints: Endpoint, number: int = 1, ports: int = 1) -> Change:
    metadata = ObjectMeta(f"web-{number}", "default", labels={SERVICE_NAME_LABEL: "web"})
    numbers = tuple(EndpointPort(name=f"p{port}", port=8000 + port) for port in range(ports))
    obj = EndpointSlice(metadata, "IPv4", endpoints, numbers)
    return Change("EndpointSlice", ("default", metadata.name), ready_endpoints.to_stored(obj))


def endpoint(*addresses: str, hostname: str | None = None) -> Endpoint:
    return Endpoint(addresses, hostname=hostname)


def all_of(store: Store) -> Subtree:
    return build_part(AffectedParts(services={KEY}, endpoint_labels={KEY: None}), store, OPTIONS)


def own_labels(part: Subtree) -> set[str]:
    """Of endpoints whose names have keys."""
    return {names.to_labels(name)[0].decode() for name, node in part.nodes.items() if name != BASE} - {
        "_tcp",
        "_p0",
    }


def listed(part: Subtree) -> list[bytes]:
    below = part.endpoint_lists.get(BASE)
    found = below.addresses.values() if below else ()
    return sorted(address for sorts in found for addresses in sorts.values() for address in addresses)


@pytest.mark.parametrize(
    ("found", "own", "count"),
    [
        ([endpoint("10.0.0.1"), endpoint("10.0.0.2")], set(), 2),
        ([endpoint("10.0.0.1", "10.0.0.2")], set(), 2),
        ([endpoint("10.0.0.1", hostname="a")], {"a"}, 0),
        ([endpoint("10.0.0.1", hostname="a"), endpoint("10.0.0.1")], {"a"}, 1),
        ([endpoint("10.0.0.1", "10.0.0.2", hostname="a")], {"a"}, 0),
        ([endpoint("10.0.0.9", hostname="10-0-0-1"), endpoint("10.0.0.1")], {"10-0-0-1"}, 0),
        ([endpoint("10.0.0.1", hostname="10-0-0-1")], {"10-0-0-1"}, 0),
        ([endpoint("10.0.0.1", hostname="10-0-0-1"), endpoint("10.0.0.1")], {"10-0-0-1"}, 0),
    ],
)
def test_what_is_listed(found: list[Endpoint], own: set[str], count: int) -> None:
    part = all_of(store_of(*found))
    assert own_labels(part) == own
    assert len(listed(part)) == count


def test_the_ports_of_all_slices_count() -> None:
    store = store_of(endpoint("10.0.0.1"), endpoint("10.0.0.2"), ports=8)
    assert len(listed(all_of(store))) == 2
    store.apply(slice_of(endpoint("10.0.0.2"), number=2, ports=9))
    part = all_of(store)
    assert own_labels(part) == {"10-0-0-2"}
    assert isinstance(part.nodes[names.prepend_label(b"10-0-0-2", BASE)], Node), "nine SRV records"
    assert listed(part) == [bytes((10, 0, 0, 1))]


def sets_of(store: Store) -> tuple[set[bytes], set[bytes]]:
    """RDATA of a headless Service's own A and SRV records."""
    rrsets = all_of(store).nodes[BASE].rrsets
    assert all(list(rrset.rdata) == sorted(set(rrset.rdata)) for rrset in rrsets.values())
    return set(rrsets[records.A].rdata), set(rrsets[records.SRV].rdata)


@pytest.mark.parametrize("services", [1, 9])
def test_what_is_remembered_of_a_large_service_is_what_there_is(services: int) -> None:
    """More Services than are remembered change in turn; some endpoints are in two slices, with more ports."""
    stores = [store_of(ip="None") for _ in range(services)]
    for state in (0, 1, 1, 0, 2):
        for number, store in enumerate(stores):
            usual = [f"10.{number}.{state}.{last}" for last in range(100)]
            others = [f"10.{number}.9.{last}" for last in range(30)] + usual[:5]
            store.apply(slice_of(*map(endpoint, usual), number=1))
            store.apply(slice_of(*map(endpoint, others), number=2, ports=1 + state))
            ports = [(text, 8000) for text in usual + others]
            ports += [(text, 8001 + more) for text in others for more in range(state)]
            found, leads = sets_of(store)
            assert found == {IPv4Address(text).packed for text, _ in ports}
            assert leads == {
                records.srv_rdata(port, names.prepend_label(text.replace(".", "-").encode(), BASE), 1)
                for text, port in ports
            }


def test_one_changed_endpoint_is_told_with_the_whole_list() -> None:
    store = store_of(*(endpoint(f"10.0.0.{last}") for last in range(9)))
    change = slice_of(*(endpoint(f"10.0.0.{last}") for last in range(10)))
    parts = AffectedParts()
    add_affected(parts, change, store, OPTIONS)
    assert parts.endpoint_labels == {KEY: {b"10-0-0-9"}}
    store.apply(change)
    assert len(listed(build_part(parts, store, OPTIONS))) == 10
    assert not build_part(AffectedParts(services={KEY}), store, OPTIONS).endpoint_lists, "it has not changed"


def test_a_service_without_an_address_is_there_while_it_has_endpoints() -> None:
    """What stands above an endpoint's name exists (RFC 8020)."""
    store = store_of(endpoint("10.0.0.1"), ip="")
    part = all_of(store)
    assert part.nodes[BASE].rrsets == {}
    assert listed(part) == [bytes((10, 0, 0, 1))]
    parts = AffectedParts()
    add_affected(parts, Change("EndpointSlice", ("default", "web-1"), None), store, OPTIONS)
    store.apply(Change("EndpointSlice", ("default", "web-1"), None))
    assert KEY in parts.services
    assert BASE not in build_part(parts, store, OPTIONS).nodes


@pytest.mark.parametrize("hostname", [None, "a"])
@pytest.mark.parametrize("cluster_ip", ["10.96.0.1", "None"])
def test_a_port_that_no_record_can_hold_is_left_out(cluster_ip: str, hostname: str | None) -> None:
    store = store_of(ip=cluster_ip)
    numbers = (-(2**31), -1, 0, None, 1, 65535, 65536, 70000, 2**31 - 1)
    ports = tuple(EndpointPort(name=f"p{index}", port=port) for index, port in enumerate(numbers))
    metadata = ObjectMeta("web-1", "default", labels={SERVICE_NAME_LABEL: "web"})
    obj = EndpointSlice(metadata, "IPv4", (endpoint("10.0.0.1", hostname=hostname),), ports)
    ready_slice = ready_endpoints.to_ready_slice(obj, use_pod_names=False)
    store.apply(Change("EndpointSlice", ("default", "web-1"), ready_slice))

    endpoints = merge_slices((ready_slice,), cluster_ip == "None")
    port_sets = [*endpoints.addresses_by_ports, *(ports for _, ports in endpoints.named_by_label.values())]
    assert port_sets == [(1, 65535)]

    port_names = {name.split(b"\x04_tcp")[0] for name in all_of(store).nodes if b"\x04_tcp" in name}
    assert port_names >= ({b"\x03_p4", b"\x03_p5"} if cluster_ip == "None" else set())
    assert not port_names & {b"\x03_p0", b"\x03_p1", b"\x03_p6", b"\x03_p7", b"\x03_p8"}
    assert slice_warning(ready_slice) == (
        "ports -2147483648, -1, 65536, 70000, 2147483647 are left out: a port is 1 to 65535"
    )


def test_a_port_of_slices_without_ready_endpoints_has_no_name() -> None:
    store = store_of(endpoint("10.0.0.1"), ip="None")
    without = all_of(store)
    store.apply(slice_of(number=2, ports=2))
    assert all_of(store).nodes == without.nodes
