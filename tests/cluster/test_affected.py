"""Which parts of the tree a change may alter."""

import pytest
from msgspec import structs

from svcdns.cluster.affected import AffectedParts, add_affected, all_parts
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.wire import names
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import (
    SERVICE_NAME_LABEL,
    Change,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Key,
    Namespace,
    NamespaceMeta,
    ObjectMeta,
    Pod,
    PodStatus,
    Service,
    ServiceCIDR,
    ServicePort,
    ServiceSpec,
)
from svcdns.kube.store import Store

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))
WEB = ("default", "web")
SLICE = ("default", "web-1")


def service(ip: str = "10.96.0.1", *, port: int = 80, name: str = "web") -> Change:
    spec = ServiceSpec(cluster_ips=(ip,), ports=(ServicePort(port=port),))
    return Change("Service", ("default", name), Service(ObjectMeta(name, "default"), spec))


def slice_of(*addresses: str, port: int = 80) -> Change:
    metadata = ObjectMeta("web-1", "default", labels={SERVICE_NAME_LABEL: "web"})
    endpoints = tuple(Endpoint((address,)) for address in addresses)
    obj = EndpointSlice(metadata, "IPv4", endpoints, (EndpointPort(port=port),))
    return Change("EndpointSlice", SLICE, ready_endpoints.to_stored(obj))


def pod(address: str) -> Change:
    status = PodStatus(phase="Running", pod_ip=address)
    return Change("Pod", ("default", "web-0"), Pod(ObjectMeta("web-0", "default"), status))


def namespace(name: str = "default", **labels: str) -> Change:
    return Change("Namespace", ("", name), Namespace(NamespaceMeta(name, labels=labels)))


def holding(*changes: Change) -> Store:
    store = Store()
    for change in changes:
        store.apply(change)
    return store


def affected(store: Store, change: Change, options: ClusterOptions = OPTIONS) -> AffectedParts:
    parts = AffectedParts()
    add_affected(parts, change, store, options)
    return parts


def address(last: int) -> bytes:
    return bytes((10, 0, 0, last))


def test_a_new_service_is_affected_with_its_namespace_and_its_endpoints() -> None:
    parts = affected(holding(slice_of("10.0.0.1")), service())
    assert parts.services == {WEB}
    assert parts.endpoint_labels == {WEB: None}
    assert parts.addresses == {bytes((10, 96, 0, 1)), address(1)}
    assert parts.namespaces == {"default"}
    assert not parts.has_apex


def test_ports_of_a_service_leave_its_endpoints_alone() -> None:
    parts = affected(holding(service(), slice_of("10.0.0.1")), service(port=81))
    assert parts.services == {WEB}
    assert not parts.endpoint_labels and not parts.namespaces
    assert parts.addresses == {bytes((10, 96, 0, 1))}


def test_old_and_new_addresses_of_a_service() -> None:
    parts = affected(holding(service("10.96.0.1")), service("10.96.0.2"))
    assert parts.addresses == {bytes((10, 96, 0, 1)), bytes((10, 96, 0, 2))}


def test_the_name_servers_service_is_the_apexs() -> None:
    options = ClusterOptions(zones=OPTIONS.zones, dns_service=WEB)
    assert affected(Store(), service(), options).has_apex


def test_endpoints_of_a_headless_name_server_are_the_apexs() -> None:
    options = structs.replace(OPTIONS, dns_service=WEB)
    headless = holding(service("None"))
    assert affected(headless, slice_of("10.0.0.1"), options).has_apex
    assert not affected(headless, slice_of("10.0.0.1")).has_apex
    assert not affected(holding(service()), slice_of("10.0.0.1"), options).has_apex


def test_only_the_endpoint_that_differs() -> None:
    store = holding(service(), slice_of("10.0.0.1", "10.0.0.2"))
    parts = affected(store, slice_of("10.0.0.2", "10.0.0.3"))
    assert parts.endpoint_labels == {WEB: {b"10-0-0-1", b"10-0-0-3"}}
    assert parts.addresses == {address(1), address(3)}
    assert not parts.services, "a cluster IP stays what it is"


def test_the_name_of_a_headless_service_follows_its_endpoints() -> None:
    store = holding(service("None"), slice_of("10.0.0.1"))
    assert affected(store, slice_of("10.0.0.1", "10.0.0.2")).services == {WEB}
    assert not affected(store, slice_of("10.0.0.1")).services, "nothing differs"


def test_other_ports_are_other_answers_of_all_endpoints() -> None:
    store = holding(service(), slice_of("10.0.0.1", "10.0.0.2"))
    assert affected(store, slice_of("10.0.0.1", "10.0.0.2", port=81)).endpoint_labels == {
        WEB: {b"10-0-0-1", b"10-0-0-2"}
    }


def test_a_pod_that_moves() -> None:
    parts = affected(holding(pod("10.0.0.1")), pod("10.0.0.2"))
    assert parts.pods == {("default", address(1)), ("default", address(2))}


def test_a_namespace_with_other_labels_affects_all_in_it() -> None:
    store = holding(namespace(), service(), slice_of("10.0.0.1"), pod("10.0.0.2"))
    parts = affected(store, namespace(team="a"))
    assert parts.namespaces == {"default"}
    assert parts.endpoint_labels == {WEB: None} and parts.services == {WEB}
    assert parts.pods == {("default", address(2))}


def test_a_service_cidr_affects_no_name() -> None:
    change = Change("ServiceCIDR", ("", "kubernetes"), ServiceCIDR(ObjectMeta("kubernetes")))
    assert affected(Store(), change) == AffectedParts()


def test_all_parts_are_the_whole_tree() -> None:
    store = holding(
        namespace(),
        *(service(f"10.96.0.{number}", name=f"s{number}") for number in range(200)),
        pod("10.0.0.1"),
    )
    parts = list(all_parts(store))
    assert [part.has_apex for part in parts] == [True, *[False] * (len(parts) - 1)]
    assert parts[0].namespaces == {"default"}
    assert set().union(*(part.services for part in parts)) == set(store.services)
    assert sum(len(part.services) for part in parts) == 200
    assert max(len(part.services) for part in parts) < 200, "in small parts"
    assert set().union(*(part.pods for part in parts)) == {("default", address(1))}


def test_a_service_whose_parts_cannot_be_told_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    store = holding(service(), service("10.96.0.2", name="other"))
    real = Store.sorted_slices_of

    def sorted_slices_of(state: Store, key: Key) -> list[Key]:
        if key == WEB:
            raise TypeError("a bug")
        return real(state, key)

    monkeypatch.setattr(Store, "sorted_slices_of", sorted_slices_of)
    untold: dict[Key, Exception] = {}
    parts = list(all_parts(store, untold))
    assert set().union(*(part.services for part in parts)) == {("default", "other")}
    assert list(untold) == [WEB]
    with pytest.raises(TypeError):
        list(all_parts(store))


def test_one_endpoint_more_does_not_narrow_all_of_them() -> None:
    parts = AffectedParts()
    parts.add_service(WEB, Store())
    parts.add_endpoint(WEB, b"10-0-0-1")
    assert parts.endpoint_labels == {WEB: None}
