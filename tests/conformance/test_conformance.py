"""The real server, started as a process, answers the whole recording."""

import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import dns.message
import pytest

from tests import asking, fake_apiserver, scenarios, server, upstream
from tests.clusters.large import make_cluster
from tests.compare import differences
from tests.conformance import asked, recording
from tests.fake_apiserver import FakeApiServer
from tests.oracle import Oracle
from tests.patience import PATIENCE
from tests.summary import Summary

pytestmark = pytest.mark.timeout(120)

Record = Callable[[str, object], None]


@cache
def can_forward() -> bool:
    """Whether `serve` has upstreams yet."""
    usage = subprocess.run(
        [sys.executable, "-m", "svcdns", "serve", "--help"], capture_output=True, check=True
    )
    return b"--forward" in usage.stdout


@contextlib.asynccontextmanager
async def serving(folder: Path, *arguments: str) -> AsyncIterator[server.Server]:
    """The server, with the recording's upstream where it can have one."""
    async with upstream.serve() as port:
        forwarding = ["--forward", f"127.0.0.1:{port}"] if can_forward() else []
        async with server.running(folder, *arguments, *forwarding) as running:
            yield running


def judge(what: str, result: asked.Result, record_property: Record) -> None:
    """All 6,000 are right; the count is printed at the end of the run (`conftest`)."""
    record_property("printed", f"conformance, {what}: {result}")
    assert (result.summary.asked, result.summary.wrong) == (6000, 0), f"\n{result}"


@pytest.mark.parametrize("workers", [1, 2])
async def test_from_the_manifest(workers: int, tmp_path: Path, record_property: Record) -> None:
    arguments = ["--manifests", str(recording.CLUSTER), "--workers", str(workers)]
    async with serving(tmp_path, *arguments) as running:
        result = await asked.ask_all(running.address, forwards=can_forward())
    judge(f"manifest, {workers} workers", result, record_property)


async def test_from_an_api_server(tmp_path: Path, record_property: Record) -> None:
    async with fake_apiserver.serving() as api:
        await api.load(recording.objects())
        arguments = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--workers", "1"]
        async with serving(tmp_path, *arguments) as running:
            result = await asked.ask_all(running.address, forwards=can_forward())
    judge("API server, 1 worker", result, record_property)


async def test_from_an_api_server_whose_cluster_becomes_the_recorded_one(
    tmp_path: Path, record_property: Record
) -> None:
    async with fake_apiserver.serving() as api:
        await api.load(make_cluster(seed=3, services=60))
        arguments = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--workers", "2"]
        async with serving(tmp_path, *arguments) as running:
            await become(api, recording.objects())
            deadline = time.monotonic() + PATIENCE
            result = await asked.ask_all(running.address, forwards=can_forward())
            while result.summary.wrong and time.monotonic() < deadline:
                result = await asked.ask_all(running.address, forwards=can_forward())
    judge("API server, 2 workers, after changes", result, record_property)


async def become(api: FakeApiServer, objects: list[fake_apiserver.Object]) -> None:
    """Put and remove, event by event, until the cluster is this one."""
    await api.load(objects)
    for key in api.objects.keys() - {fake_apiserver.key_of(obj) for obj in objects}:
        await api.delete(*key)


async def test_what_the_recording_does_not_ask(tmp_path: Path) -> None:
    """The apex, `ns.dns`, an address in several Services, slices of nobody: the tables of `scenarios`."""
    oracle = Oracle(scenarios.cluster())
    rows = scenarios.rows("services", "other_names")
    queries = [dns.message.make_query(row.name, row.type, id=number) for number, row in enumerate(rows)]
    wires = [query.to_wire() for query in queries]
    summary = Summary(scenarios.ZONE)
    async with server.running(tmp_path, "--manifests", str(scenarios.FOLDER / "cluster.yaml")) as running:
        for transport in (asking.udp, asking.tcp):
            for row, wire, answer in zip(rows, wires, await transport(running.address, wires), strict=True):
                expected = oracle.answer(row.name, row.type)
                summary.add(row.name, row.type, differences(wire, answer or b"", expected))

    assert not summary.wrong, f"\n{summary}\n{running.log.read_text()}"
