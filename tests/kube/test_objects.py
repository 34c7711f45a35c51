"""The objects that answers are made from, as JSON of the API is decoded into them."""

from typing import Any

import msgspec
import pytest

from svcdns.kube.objects import Endpoint, EndpointConditions, Kind, Pod, Service, convert_object, key_of


def service(**spec: Any) -> Service:
    obj = convert_object("Service", {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})

    assert isinstance(obj, Service)

    return obj


SPECS: list[tuple[dict[str, Any], tuple[str, ...], bool]] = [
    ({"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1"]}, ("10.96.0.1", "fd00::1"), False),
    ({"clusterIP": "10.96.0.1"}, ("10.96.0.1",), False),
    ({"clusterIP": "None", "clusterIPs": ["None"]}, (), True),
    ({"clusterIPs": ["None"]}, (), True),
    ({"clusterIP": ""}, (), False),
    ({}, (), False),
    ({"type": "ExternalName", "clusterIP": "None"}, (), False),
]


@pytest.mark.parametrize(("spec", "addresses", "is_headless"), SPECS)
def test_cluster_addresses(spec: dict[str, Any], addresses: tuple[str, ...], is_headless: bool) -> None:
    obj = service(**spec)
    assert (obj.cluster_addresses, obj.is_headless) == (addresses, is_headless)


def test_null_is_absent_and_unknown_fields_are_skipped() -> None:
    obj = service(ports=None, selector=None, trafficDistribution="PreferClose")
    assert obj == service()


@pytest.mark.parametrize("port", [-1, 65536, "80"])
def test_a_wrong_value_is_named_with_its_path(port: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.spec\.ports\[0\]\.port"):
        service(ports=[{"port": port}])


KEYS: list[tuple[Kind, dict[str, Any], tuple[str, str]]] = [
    ("Namespace", {"metadata": {"name": "shop"}}, ("", "shop")),
    ("Pod", {"metadata": {"name": "p", "namespace": "shop"}}, ("shop", "p")),
]


@pytest.mark.parametrize(("kind", "document", "key"), KEYS)
def test_keys(kind: Kind, document: dict[str, Any], key: tuple[str, str]) -> None:
    assert key_of(convert_object(kind, document)) == key


@pytest.mark.parametrize(
    ("status", "addresses"),
    [
        ({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}, ("10.0.0.1", "fd00::1")),
        ({"podIP": "10.0.0.1"}, ("10.0.0.1",)),
        ({"podIPs": [{}]}, ()),
        ({}, ()),
    ],
)
def test_pod_addresses(status: dict[str, Any], addresses: tuple[str, ...]) -> None:
    pod = convert_object("Pod", {"metadata": {"name": "p"}, "status": status})

    assert isinstance(pod, Pod)
    assert pod.pod_addresses == addresses


@pytest.mark.parametrize(("ready", "is_ready"), [(None, True), (True, True), (False, False)])
def test_an_endpoint_is_ready_unless_it_says_no(ready: bool | None, is_ready: bool) -> None:
    assert Endpoint(conditions=EndpointConditions(ready, serving=True)).is_ready is is_ready
    assert Endpoint().is_ready
