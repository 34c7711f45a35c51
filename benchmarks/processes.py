"""What a server costs: the CPU time and memory of its processes, read from /proc (Linux)."""

import contextlib
import os
import re
import secrets
import socket
from collections.abc import Sequence
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


def pin_command(cores: Sequence[int], command: list[str]) -> list[str]:
    """The command, kept on these cores."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]


def read_cpu_time(root: int) -> CpuTime:
    """CPU time so far of a process and all below it, and of ended ones that were waited for."""
    total = user = system = 0.0
    for pid in process_tree(root):
        with ignore_exited():
            fields = read_stat_fields(pid)[11:15]
            own_user, own_system, ended_user, ended_system = (int(field) * TICK for field in fields)
            total += read_scheduled_time(pid) + ended_user + ended_system
            user += own_user + ended_user
            system += own_system + ended_system

    return CpuTime(total, user, system)


def read_memory(root: int) -> int:
    """Bytes of all processes of a server, shared pages counted once (PSS)."""
    total = 0
    for pid in process_tree(root):
        with ignore_exited():
            total += _sum_smaps(PROC.joinpath(str(pid), "smaps_rollup").read_text(), "Pss:")

    return total


def read_private_memory(pid: int) -> int:
    """Bytes that the process alone has."""
    with ignore_exited():
        text = PROC.joinpath(str(pid), "smaps_rollup").read_text()
        return _sum_smaps(text, "Private_")
    return 0


def read_mapped_memory(pid: int, path: Path) -> int:
    """The process's part (PSS) of the pages of a file that it maps, in bytes."""
    with ignore_exited():
        text = PROC.joinpath(str(pid), "smaps").read_text()
        parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.MULTILINE)
        return sum(_sum_smaps(part, "Pss:") for part in parts if part.partition("\n")[0].endswith(f" {path}"))

    return 0


def _sum_smaps(text: str, prefix: str) -> int:
    """Bytes of all lines of smaps that begin so."""
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(prefix))


def process_tree(root: int) -> list[int]:
    """A process and all processes below it."""
    pids = [root]
    with ignore_exited():
        for file in PROC.joinpath(str(root), "task").glob("*/children"):
            for child in file.read_text().split():
                pids += process_tree(int(child))

    return pids


def read_scheduled_time(pid: int) -> float:
    """Microseconds that the threads of a process ran, which the scheduler counts in nanoseconds."""
    files = PROC.joinpath(str(pid), "task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) / 1000 for file in files)


def read_stat_fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on: the second may hold spaces and brackets."""
    return PROC.joinpath(str(pid), "stat").read_text().rpartition(") ")[2].split()


def ignore_exited() -> contextlib.suppress:
    """A helper process of a server may end while it is looked at: its parent has its time then."""
    return contextlib.suppress(FileNotFoundError, ProcessLookupError)


def find_free_port() -> int:
    """A loopback port that is free for UDP and TCP, and none that the system gives to clients meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(22_768)
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("127.0.0.1", port))
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
