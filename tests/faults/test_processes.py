"""The server's own faults under load: nothing is lost for who asks twice, and nothing is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import clock, processes, source
from tests.faults.world import QUICK, world

BATCH = 64
"""Queries that a worker holds at most."""


async def test_faults_of_processes_and_files(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with world(tmp_path, QUICK) as at:
        for fault in processes.FAULTS[:3]:
            await source.happens(fault, at)
        assert at.load.again <= BATCH
        for fault in processes.FAULTS[3:]:
            await source.happens(fault, at)
    record_property("printed", f"{len(processes.FAULTS)} faults of the server itself: {at.load.counts}")


async def test_a_full_disk(tmp_path: Path) -> None:
    async with world(tmp_path, QUICK, disk="size=1m") as at:
        await source.happens(processes.DISK, at)
    assert at.load.again == 0


@pytest.mark.skipif(clock.LIBRARY is None, reason="libfaketime is not installed")
async def test_a_clock_that_jumps(tmp_path: Path) -> None:
    async with world(tmp_path, QUICK, with_clock=True) as at:
        await source.happens(processes.CLOCK, at)
    assert at.load.again == 0
