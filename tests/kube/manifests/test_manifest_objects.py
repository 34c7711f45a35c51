"""Objects of manifests, and how much of them a source reports."""

import msgspec
import pytest

from svcdns.kube import objects
from svcdns.kube.manifests.manifest_objects import (
    MANIFEST_TYPES,
    ManifestPod,
    ManifestService,
    to_stored_object,
)
from svcdns.kube.objects import EndpointSlice, ReadySlice

META = {"name": "web", "namespace": "shop", "annotations": {"a": "b"}}


def test_a_stored_service_has_no_field_that_only_people_read() -> None:
    document = {"metadata": META, "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 80, "name": "http"}]}}
    stored = to_stored_object(msgspec.convert(document, ManifestService), use_pod_names=False)

    assert type(stored) is objects.Service
    assert stored == msgspec.convert(document, objects.Service)
    assert type(stored.metadata) is objects.ObjectMeta


def test_a_stored_pod_has_no_containers() -> None:
    document = {"metadata": META, "spec": {"hostname": "a"}, "status": {"podIP": "10.0.0.1"}}
    stored = to_stored_object(msgspec.convert(document, ManifestPod), use_pod_names=False)

    assert type(stored) is objects.Pod
    assert stored.pod_addresses == ("10.0.0.1",)
    assert not hasattr(stored, "spec")


@pytest.mark.parametrize(("use_pod_names", "labels"), [(False, ()), (True, (b"web-0",))])
def test_a_slice_is_stored_with_its_ready_addresses(use_pod_names: bool, labels: tuple[bytes, ...]) -> None:
    endpoint = {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-0"}}
    document = {"metadata": META, "addressType": "IPv4", "endpoints": [endpoint]}
    stored = to_stored_object(msgspec.convert(document, EndpointSlice), use_pod_names)

    assert isinstance(stored, ReadySlice)
    assert (stored.addresses, stored.labels) == ((b"\n\0\0\1",), labels)


def test_a_port_out_of_range_is_read_so_that_validation_can_report_it() -> None:
    document = {"metadata": META, "spec": {"ports": [{"port": 70000}]}}
    service = msgspec.convert(document, ManifestService)

    assert service.spec.ports is not None and service.spec.ports[0].port == 70000
    assert MANIFEST_TYPES["v1", "Service"] is ManifestService
