"""The benchmark's API server: what it lists and tells is what svcdns reads."""

import os
import urllib.request
from pathlib import Path

import msgspec
import pytest

from benchmarks import cluster
from benchmarks.scale import control
from benchmarks.scale.objects import NAMESPACES, SERVICES, SLICES, Objects
from svcdns import addresses
from svcdns.kube.objects import Kept, Kind, ReadySlice
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.decode import Decoder


@pytest.fixture
def objects() -> Objects:
    return Objects(cluster.build(services=40, namespaces=3))


def read(kind: Kind, body: bytes) -> list[Kept]:
    found, bad = Decoder(kind).objects(envelope.page(body).items or ())
    assert not bad
    return list(found.values())


def test_pages(objects: Objects) -> None:
    first, second = objects.page(SERVICES, 0, 30), objects.page(SERVICES, 30, 30)
    assert envelope.page(first).metadata.continue_ == "30"
    assert envelope.page(second).metadata.continue_ == ""
    assert len(read("Service", first)) == 30
    assert len(read("Service", second)) == 11
    assert len(read("Namespace", objects.page(NAMESPACES, 0, 500))) == 4
    assert len(read("EndpointSlice", objects.page(SLICES, 0, 500))) == 38


def test_a_change_is_told_and_listed(objects: Objects) -> None:
    event = objects.change(5)
    (change,) = Decoder("EndpointSlice").events([event.line]).changes
    assert change.triggered is not None
    assert change.object == read("EndpointSlice", objects.page(SLICES, 5, 1))[0]
    assert isinstance(change.object, ReadySlice)
    assert event.name.startswith(addresses.label(change.object.addresses[-1]).decode())


def test_a_large_service_comes_in_slices(objects: Objects) -> None:
    events = [event for path, event in objects.add_large(250) if path == SLICES]
    slices = [change.object for change in Decoder("EndpointSlice").events([e.line for e in events]).changes]
    counts = [len(one.addresses) for one in slices if isinstance(one, ReadySlice)]
    assert counts == [100, 100, 50]


def test_over_http(tmp_path: Path) -> None:
    with control.serving(40, tmp_path, core=min(os.sched_getaffinity(0))) as api:
        server = msgspec.yaml.decode(api.kubeconfig.read_bytes())["clusters"][0]["cluster"]["server"]
        with urllib.request.urlopen(f"{server}{SLICES}?limit=500", timeout=10) as response:
            version = envelope.page(response.read()).metadata.resource_version
        told = api.change()
        watch = f"{server}{SLICES}?watch=1&resourceVersion={version}"
        with urllib.request.urlopen(watch, timeout=10) as response:
            (change,) = Decoder("EndpointSlice").events([response.readline()]).changes
            assert isinstance(change.object, ReadySlice)
            assert told.name.startswith(addresses.label(change.object.addresses[-1]).decode())
            assert api.churn(200) == 0
            response.readline()
            assert api.churn(0) > 0
        assert api.cpu() > 0
