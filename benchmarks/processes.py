"""What a server costs: the CPU time and memory of its processes, read from /proc (Linux)."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")
TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")
"""Microseconds of one unit in /proc/PID/stat."""


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Microseconds: `total` is the scheduler's, `user` and `system` are the kernel's coarse ticks."""

    total: float
    user: float
    system: float

    def __sub__(self, earlier: Self) -> "CpuTime":
        return CpuTime(self.total - earlier.total, self.user - earlier.user, self.system - earlier.system)


def pinned(core: int, command: list[str]) -> list[str]:
    """The command, kept on one core."""
    return ["taskset", "--cpu-list", str(core), *command]


def cpu_time(root: int) -> CpuTime:
    """CPU time so far of a process and all below it, and of ended ones that were waited for."""
    total = user = system = 0.0
    for pid in family(root):
        own_user, own_system, ended_user, ended_system = (
            int(field) * TICK for field in stat_fields(pid)[11:15]
        )
        user += own_user + ended_user
        system += own_system + ended_system
        total += scheduled(pid) + ended_user + ended_system
    return CpuTime(total, user, system)


def scheduled(pid: int) -> float:
    """Microseconds that the threads of a process ran, which the scheduler counts in nanoseconds."""
    return sum(
        int(file.read_text().split()[0]) / 1000
        for file in PROC.joinpath(str(pid), "task").glob("*/schedstat")
    )


def family(root: int) -> Iterator[int]:
    """A process and all processes below it."""
    yield root
    for file in PROC.joinpath(str(root), "task").glob("*/children"):
        for child in file.read_text().split():
            yield from family(int(child))


def stat_fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on: the second may hold spaces and brackets."""
    return PROC.joinpath(str(pid), "stat").read_text().rpartition(") ")[2].split()


def memory(root: int) -> int:
    """Bytes of all processes of a server, shared pages counted once (PSS)."""
    total = 0
    for pid in family(root):
        for line in PROC.joinpath(str(pid), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def free_port() -> int:
    """A loopback port that is free for UDP and TCP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", 0))
            port: int = stream.getsockname()[1]
            try:
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
