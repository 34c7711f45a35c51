"""What is kept of an EndpointSlice, and the labels of its endpoints."""

import pytest

from svcdns.kube import ready_endpoints
from svcdns.kube.objects import ReadySlice, convert_object


def ready_slice_of(*endpoints: object, address_type: str = "IPv4", pod_names: bool = False) -> ReadySlice:
    labels = {"kubernetes.io/service-name": "web", "other": "x"}
    document = {
        "metadata": {"name": "web-1", "namespace": "shop", "resourceVersion": "7", "labels": labels},
        "addressType": address_type,
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": 80}],
    }
    ready_slice = ready_endpoints.to_stored(convert_object("EndpointSlice", document), pod_names)

    assert isinstance(ready_slice, ReadySlice)

    return ready_slice


def endpoint(*addresses: str, **fields: object) -> dict[str, object]:
    return {"addresses": addresses, "targetRef": {"kind": "Pod", "name": "web-0"}, **fields}


def test_what_is_kept() -> None:
    ready_slice = ready_slice_of(endpoint("10.0.0.1"), endpoint("10.0.0.2", conditions={"ready": True}))

    assert ready_slice.metadata.resource_version == "7"
    assert ready_slice.service_key == ("shop", "web")
    assert [port.port for port in ready_slice.ports or ()] == [80]
    assert (ready_slice.addresses, ready_slice.labels) == ((b"\n\0\0\1", b"\n\0\0\2"), ())
    assert ready_endpoints.endpoint_labels(ready_slice) == (b"10-0-0-1", b"10-0-0-2")
    assert ready_slice.addresses == (b"\n\0\0\1", b"\n\0\0\2")


def test_only_what_is_ready_and_an_address_of_its_family() -> None:
    ready_slice = ready_slice_of(
        endpoint("10.0.0.1", conditions={"ready": False}),
        endpoint("fd00::1", "10.0.0.2", "10.0.0.300", conditions={"serving": False}),
    )

    assert ready_endpoints.endpoint_labels(ready_slice) == (b"10-0-0-2",)
    assert ready_slice.addresses == (b"\n\0\0\2",)


def test_labels() -> None:
    endpoints = (endpoint("10.0.0.1", "10.0.0.2", hostname="DB-0"), endpoint("10.0.0.3", hostname="a.b"))

    assert ready_endpoints.endpoint_labels(ready_slice_of(*endpoints)) == (b"db-0", b"db-0", b"10-0-0-3")

    by_pods = ready_slice_of(*endpoints, pod_names=True)

    assert ready_endpoints.endpoint_labels(by_pods) == (b"db-0", b"db-0", b"web-0")
    assert ready_endpoints.endpoint_labels_at(by_pods, b"\n\0\0\3") == [b"web-0"]


def test_the_labels_of_one_address() -> None:
    twice = ready_slice_of(endpoint("10.0.0.1", hostname="a"), endpoint("10.0.0.1"), endpoint("10.0.0.2"))

    assert ready_endpoints.endpoint_labels_at(twice, b"\n\0\0\1") == [b"a", b"10-0-0-1"]
    assert ready_endpoints.endpoint_labels_at(ready_slice_of(endpoint("10.0.0.1")), b"\n\0\0\1") == [
        b"10-0-0-1"
    ]


@pytest.mark.parametrize("address_type", ["FQDN", "IPv5", ""])
def test_other_types_have_no_addresses(address_type: str) -> None:
    assert ready_slice_of(endpoint("10.0.0.1", "web.example"), address_type=address_type).addresses == ()
