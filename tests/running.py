"""A running server seen from outside (`tests.server` starts it): its processes, its sockets, load on it."""

import asyncio
import contextlib
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asking import Address
from tests.patience import PATIENCE


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::1", 0))
        return True
    return False


IPV6 = pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 here")


def children(pid: int) -> list[int]:
    """The children of a process that are no zombies, oldest first (pids may wrap around, seldom)."""
    return sorted(child for child, parent, state in _processes() if parent == pid and state != "Z")


def is_alive(pid: int) -> bool:
    """Whether the process is there, and no zombie."""
    return any(found == pid and state != "Z" for found, _, state in _processes())


def _processes() -> Iterator[tuple[int, int, str]]:
    """Of every process its number, its parent's, and its state."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(folder.name), int(parent), state


def watcher(pid: int) -> int:
    """The child of the supervisor that writes the table; 0 where there is none (yet)."""
    return next((child for child in children(pid) if _writes_table(child)), 0)


def workers(pid: int) -> list[int]:
    """The children that have the table open to read."""
    return [child for child in children(pid) if _opened(child) and not _writes_table(child)]


def _writes_table(pid: int) -> bool:
    return any(flags & 0o3 for flags in _opened(pid))


def _opened(pid: int) -> list[int]:
    """The flags with which the process has the table's file open; none where it has just ended."""
    found = []
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return []
    for descriptor in descriptors:
        try:
            if str(descriptor.readlink()).endswith(("/live/data.mdb", "/live.other/data.mdb")):
                info = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text()
                found.append(int(re.findall(r"flags:\s*(\d+)", info)[0], 8))
        except FileNotFoundError:
            continue
    return found


def drops(port: int) -> int:
    """Datagrams that were lost because the receive buffers of this UDP port were full."""
    lines = [line for file in ("udp", "udp6") for line in _lines(Path("/proc/net") / file)]
    local = f":{port:04X}"
    return sum(int(fields[-1]) for fields in map(str.split, lines) if fields[1].endswith(local))


def _lines(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:] if table.exists() else []


async def until(condition: Callable[[], object], what: str) -> None:
    """Return when it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} s"
        await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Load:
    """What dnsperf counted."""

    sent: int
    completed: int
    lost: int
    rcodes: str


async def dnsperf(server: Address, queries: Path, *, rate: int, seconds: float, sockets: int = 8) -> Load:
    """Steady load over UDP, whether or not answers come; skips the test where dnsperf is missing."""
    program = shutil.which("dnsperf")
    if program is None:
        pytest.skip("dnsperf is not installed")
    command = f"{program} -s {server[0]} -p {server[1]} -Q {rate} -l {seconds} -c {sockets} -q {rate} -t 2 -d"
    process = await asyncio.create_subprocess_exec(
        *command.split(), str(queries), stdout=asyncio.subprocess.PIPE
    )
    printed = (await process.communicate())[0].decode()

    def number(what: str) -> int:
        return int(re.findall(rf"Queries {what}:\s+(\d+)", printed)[0])

    rcodes = re.findall(r"Response codes:\s+(.*)", printed)
    return Load(number("sent"), number("completed"), number("lost"), rcodes[0] if rcodes else "")
