"""The real server as a process on loopback, for tests."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import dns.message
from dns.rcode import Rcode

from tests import asking, disks
from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Server:
    """Where it answers, its process, and the file of what it logs."""

    address: asking.Address
    process: asyncio.subprocess.Process
    log: Path


def free_port() -> int:
    """A port that is free on 127.0.0.1 for UDP and TCP.

    Below those that the system gives to who asks for any: until it is bound, another test's client
    must not get it.
    """
    while True:
        port = 10_000 + secrets.randbelow(22_768)
        with (
            contextlib.suppress(OSError),
            socket.socket(type=socket.SOCK_STREAM) as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    *arguments: str,
    zone: str = "cluster.local.",
    port: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    disk: str = "",
    default_state: bool = False,
    listen: bool = True,
) -> AsyncIterator[Server]:
    """`svcdns serve` with its state in `folder`, once it answers; ended with the block.

    The state is on a disk of its own where there are options for one (`disks.with_disk`). With
    `default_state` it is where XDG_STATE_HOME says. Without `listen` the arguments have it answer at `port`.
    """
    port, log = port or free_port(), folder / "log"
    command = [sys.executable, "-m", "svcdns", "serve", "--lameduck", "0"]
    command += ["--listen", f"127.0.0.1:{port}"] if listen else []
    command += [] if default_state else ["--state-dir", str(folder / "state")]
    command += arguments
    if disk:
        (folder / "state").mkdir(exist_ok=True)
        command = disks.with_disk(folder / "state", disk, *command)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_environment(), **environment},
        )
    server = Server(("127.0.0.1", port), process, log)
    try:
        await _answers(server, zone)
        yield server
    finally:
        await _end(process)


def _environment() -> dict[str, str]:
    """Ours without any setting of the server's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SVCDNS_")}


async def _answers(server: Server, zone: str) -> None:
    """Return when the zone and files are served: before, the server is silent or says SERVFAIL.

    A name outside is refused then, for recursion is not asked for.
    """
    queries = [
        dns.message.make_query(zone, "SOA").to_wire(),
        dns.message.make_query("outside.", "A", flags=0).to_wire(),
    ]
    async with asyncio.timeout(PATIENCE):
        while server.process.returncode is None:
            with contextlib.suppress(ConnectionError):
                answers = await asking.udp(server.address, queries, tries=1, patience=0.2)
                if [answer and answer[3] & 0xF for answer in answers] == [Rcode.NOERROR, Rcode.REFUSED]:
                    return
            await asyncio.sleep(0.02)
    raise RuntimeError(f"the server ended with {server.process.returncode}:\n{server.log.read_text()}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
