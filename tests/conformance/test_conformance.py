"""The real server, started as a process, answers the whole recording."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import dns.message
import pytest

from tests import asking, scenarios, server, upstream
from tests.compare import differences
from tests.conformance import asked, recording
from tests.oracle import Oracle
from tests.summary import Summary

pytestmark = pytest.mark.timeout(120)


@cache
def can_forward() -> bool:
    """Whether `serve` has upstreams yet."""
    usage = subprocess.run(
        [sys.executable, "-m", "svcdns", "serve", "--help"], capture_output=True, check=True
    )
    return b"--forward" in usage.stdout


@pytest.mark.parametrize("workers", [1, 2])
async def test_every_answer(
    workers: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    arguments = ["--manifests", str(recording.CLUSTER), "--workers", str(workers)]
    async with upstream.serve() as port:
        if can_forward():
            arguments += ["--forward", f"127.0.0.1:{port}"]
        async with server.running(tmp_path, *arguments) as running:
            result = await asked.ask_all(running.address, forwards=can_forward())
    record_property("printed", f"conformance, {workers} workers: {result}")
    assert (result.summary.asked, result.summary.wrong) == (6000, 0), f"\n{result}"


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
