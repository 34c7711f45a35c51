"""The benchmark's API server: what it lists and tells is what svcdns reads."""

import os
import urllib.request
from pathlib import Path

import msgspec
import pytest

from benchmarks import cluster
from benchmarks.scale import apiserver_control
from benchmarks.scale.objects import NAMESPACES, SERVICES, SLICES, ObjectLists
from svcdns import addresses
from svcdns.kube.objects import Kind, ReadySlice, StoredObject
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from tests.patience import PATIENCE


@pytest.fixture
def objects() -> ObjectLists:
    return ObjectLists(cluster.build(services=40, namespaces=3))


def read(kind: Kind, body: bytes) -> list[StoredObject]:
    result, bad = ObjectDecoder(kind).decode_items(envelope.decode_page(body).items or ())
    assert not bad
    return list(result.values())


def test_pages(objects: ObjectLists) -> None:
    first, second = objects.format_page(SERVICES, 0, 30), objects.format_page(SERVICES, 30, 30)
    assert envelope.decode_page(first).metadata.continue_ == "30"
    assert envelope.decode_page(second).metadata.continue_ == ""
    assert len(read("Service", first)) == 30
    assert len(read("Service", second)) == 11
    assert len(read("Namespace", objects.format_page(NAMESPACES, 0, 500))) == 4
    assert len(read("EndpointSlice", objects.format_page(SLICES, 0, 500))) == 38


def test_a_change_is_told_and_listed(objects: ObjectLists) -> None:
    event = objects.replace_endpoint(5)
    (change,) = ObjectDecoder("EndpointSlice").decode_events([event.line]).changes

    assert change.change_time is not None
    assert change.new_object == read("EndpointSlice", objects.format_page(SLICES, 5, 1))[0]
    assert isinstance(change.new_object, ReadySlice)
    assert event.name.startswith(addresses.to_label(change.new_object.addresses[-1]).decode())


def test_a_large_service_comes_in_slices(objects: ObjectLists) -> None:
    events = [event for path, event in objects.add_large(250) if path == SLICES]
    slices = [
        change.new_object
        for change in ObjectDecoder("EndpointSlice").decode_events([e.line for e in events]).changes
    ]
    counts = [len(item.addresses) for item in slices if isinstance(item, ReadySlice)]
    assert counts == [100, 100, 50]


def test_over_http(tmp_path: Path) -> None:
    with apiserver_control.run_api_server(40, tmp_path, core=min(os.sched_getaffinity(0))) as api:
        server = msgspec.yaml.decode(api.kubeconfig.read_bytes())["clusters"][0]["cluster"]["server"]
        with urllib.request.urlopen(f"{server}{SLICES}?limit=500", timeout=PATIENCE) as response:
            version = envelope.decode_page(response.read()).metadata.resource_version

        message = api.replace_endpoint()
        watch = f"{server}{SLICES}?watch=1&resourceVersion={version}"
        with urllib.request.urlopen(watch, timeout=PATIENCE) as response:
            (change,) = ObjectDecoder("EndpointSlice").decode_events([response.readline()]).changes
            assert isinstance(change.new_object, ReadySlice)
            assert message.name.startswith(addresses.to_label(change.new_object.addresses[-1]).decode())
            assert api.set_churn_rate(200) == 0
            response.readline()
            assert api.set_churn_rate(0) > 0

        assert api.read_cpu_seconds() > 0
