"""What is read of the machine: cores, CPU time, memory."""

import os
from pathlib import Path

import pytest

from benchmarks import processes
from benchmarks.cores import Cores
from benchmarks.scale import memory


@pytest.mark.parametrize(
    ("available", "workers", "expected"),
    [
        ({0, 1}, 1, Cores((0,), (1,), 1)),
        ({0, 1, 2}, 1, Cores((0,), (1,), 2)),
        ({0, 1, 2}, 2, None),
        ({4, 5, 6, 7}, 2, Cores((4, 5), (6, 7), 7)),
        (set(range(9)), 4, Cores((0, 1, 2, 3), (4, 5, 6, 7), 8)),
        ({0}, 1, None),
    ],
)
def test_cores_are_shared(available: set[int], workers: int, expected: Cores | None) -> None:
    assert Cores.assign(available, workers) == expected


def test_cpu_time_of_this_process() -> None:
    before = processes.read_cpu_time(os.getpid())
    sum(range(300_000))
    assert (processes.read_cpu_time(os.getpid()) - before).total > 0


def test_memory_has_the_pages_of_a_table_that_nobody_maps(tmp_path: Path) -> None:
    table = tmp_path / "data.mdb"
    table.write_bytes(bytes(1 << 20))
    assert memory.read_cached_bytes(table) == 1 << 20
    assert memory.read_cached_bytes(tmp_path / "none") == 0
    result = memory.read_memory_use(os.getpid(), table)

    assert result.table == 1 << 20
    assert result.total > processes.read_memory(os.getpid()) // 2


def test_a_peak_is_seen(tmp_path: Path) -> None:
    with memory.track_peak(os.getpid(), tmp_path / "none") as seen:
        seen.sample()
    assert seen.max_bytes > 1 << 20
