"""The real server, started as a process, answers the whole recording."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests import server, upstream
from tests.conformance import asked, recording

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
