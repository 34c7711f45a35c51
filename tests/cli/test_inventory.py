"""`svcdns services` on an API server, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from svcdns.cli.inventory import Document
from tests.cli.conftest import Result, Run
from tests.fake_apiserver import FakeApiServer

WEB = {
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "creationTimestamp": "2000-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    },
    "spec": {
        "type": "ClusterIP",
        "clusterIP": "10.96.0.80",
        "clusterIPs": ["10.96.0.80"],
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
        "trafficDistribution": "PreferClose",
    },
    "status": {"loadBalancer": {}},
}
SLICE = {
    "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    "endpoints": [{"addresses": ["10.244.0.7"], "hostname": "a"}],
}


RunAsync: TypeAlias = Callable[..., Awaitable[Result]]


def of(kind: str, obj: Document, **metadata: str) -> Document:
    """The object as the fake keeps it."""
    return {**obj, "kind": kind, "metadata": {**obj["metadata"], **metadata}}


@pytest.fixture
async def api() -> AsyncIterator[FakeApiServer]:
    """Two namespaces, of which one has two Services."""
    server = FakeApiServer()
    await server.load(
        [
            of("Service", WEB),
            of("Service", WEB, name="api"),
            of("Service", WEB, namespace="data"),
            of("EndpointSlice", SLICE),
            of("Namespace", {"metadata": {"name": "shop", "labels": {"team": "a"}}}),
        ]
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def services(api: FakeApiServer, run: Run, tmp_path: Path) -> RunAsync:
    """Run `svcdns services` on it, beside the server in this process."""
    source = ("--kubeconfig", str(api.kubeconfig(tmp_path)))
    return lambda *args: asyncio.to_thread(run, "services", *args, *source)


async def test_the_table(services: RunAsync) -> None:
    result = await services("-A")
    assert [line.split()[:2] for line in result.out.splitlines()] == [
        ["NAMESPACE", "NAME"],
        ["data", "web"],
        ["shop", "api"],
        ["shop", "web"],
    ]


async def test_only_what_is_needed_is_asked_for(api: FakeApiServer, services: RunAsync) -> None:
    result = await services("-n", "data")
    assert len(result.out.splitlines()) == 2
    assert api.requests == {"list Service": 1}


async def test_whole_objects_without_who_set_which_field(services: RunAsync) -> None:
    whole = json.loads((await services("-n", "data", "-o", "json")).out)
    (item,) = whole["items"]
    assert item.pop("metadata").keys() == {"creationTimestamp", "name", "namespace", "resourceVersion"}
    assert item == {"apiVersion": "v1", "kind": "Service", "spec": WEB["spec"], "status": WEB["status"]}


async def test_describe(services: RunAsync) -> None:
    result = await services("describe", "web", "-n", "shop")
    lines = [line.split() for line in result.out.splitlines()]
    assert ["Endpoints:", "10.244.0.7:8080"] in lines
    assert lines[-1] == ["a.web.shop.svc.cluster.local", "A", "SRV"]


async def test_describe_knows_the_labels_of_namespaces(services: RunAsync) -> None:
    served = await services("describe", "web", "-n", "shop", "--namespace-labels", "team=a")
    hidden = await services("describe", "web", "-n", "shop", "--namespace-labels", "team=b")
    assert "web.shop.svc.cluster.local" in served.out
    assert hidden.out.split()[-3:] == ["DNS", "Names:", "<none>"]


async def test_an_odd_slice_is_passed_over(api: FakeApiServer, services: RunAsync) -> None:
    await api.put({**of("EndpointSlice", SLICE, name="web-0"), "endpoints": 7})
    result = await services("describe", "web", "-n", "shop")
    assert result.code == 0 and "10.244.0.7" in result.out
    assert (
        result.err
        == "svcdns: EndpointSlice is skipped: Expected `array | null`, got `int` - at `$.endpoints`\n"
    )


async def test_an_api_server_that_refuses(api: FakeApiServer, services: RunAsync) -> None:
    api.token = "another"
    result = await services("-A")
    assert (result.code, result.out) == (1, "")
    assert result.err == "svcdns: the API server refused (401): Unauthorized\n"


async def test_an_api_server_that_is_not_there(api: FakeApiServer, services: RunAsync) -> None:
    await api.stop()
    result = await services("-A")
    assert result.code == 1
    assert result.err.startswith(f"svcdns: the API server http://127.0.0.1:{api.port}: ")


async def test_the_namespace_of_the_context(api: FakeApiServer, run: Run, tmp_path: Path) -> None:
    path = api.kubeconfig(tmp_path)
    path.write_text(
        path.read_text().replace("user: u\n  name: test", "user: u\n    namespace: data\n  name: test")
    )
    for args in ((), ("--context", "test")):
        result = await asyncio.to_thread(run, "services", *args, "--kubeconfig", str(path))
        assert [line.split()[0] for line in result.out.splitlines()] == ["NAME", "web"]
    assert api.requests["list Service"] == 2
    result = await asyncio.to_thread(run, "services", "-n", "shop", "--kubeconfig", str(path))
    assert "api" in result.out
