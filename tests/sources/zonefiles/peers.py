"""NSD and Knot as processes of our own on loopback, with the same zone files."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.message

from tests import asking
from tests.patience import PATIENCE
from tests.server import free_port


@dataclass(frozen=True, slots=True)
class Peer:
    """A name server: its program, and what its configuration is."""

    program: str
    option: str
    configuration: Callable[[Path, int, Mapping[str, Path]], str]

    def __str__(self) -> str:
        return self.program

    @property
    def path(self) -> str | None:
        """Where it is installed; servers are seldom on a user's own path."""
        return shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin:/usr/local/sbin")


def _nsd(folder: Path, port: int, zones: Mapping[str, Path]) -> str:
    own = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones.items())
    return f"""server:
  ip-address: 127.0.0.1@{port}
  username: ""
  database: ""
  zonesdir: "{folder}/zones"
  xfrdir: "{folder}"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  pidfile: "{folder}/nsd.pid"
  rrl-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
{own}"""


def _knot(folder: Path, port: int, zones: Mapping[str, Path]) -> str:
    own = "".join(f"  - domain: {name}\n    file: {file}\n" for name, file in zones.items())
    return f"""server:
  listen: 127.0.0.1@{port}
  rundir: {folder}
control:
  listen: {folder}/knot.sock
database:
  storage: {folder}
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
{own}"""


PEERS = (Peer("nsd", "-dc", _nsd), Peer("knotd", "-c", _knot))


@contextlib.asynccontextmanager
async def running(peer: Peer, folder: Path, zones: Mapping[str, Path]) -> AsyncIterator[asking.Address]:
    """The peer with these zones by origin, once it answers for each of them; ended with the block."""
    assert peer.path is not None
    address = "127.0.0.1", free_port()
    configuration = folder / f"{peer}.conf"
    configuration.write_text(peer.configuration(folder, address[1], zones))
    log = folder / f"{peer}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            peer.path, peer.option, str(configuration), stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _answers(address, zones):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(address: asking.Address, zones: Iterable[str]) -> bool:
    queries = [dns.message.make_query(origin, "SOA").to_wire() for origin in zones]
    with contextlib.suppress(ConnectionError):
        answers = await asking.udp(address, queries, tries=1, patience=0.2)
        return all(answer is not None and answer[3] & 0xF == 0 for answer in answers)
    return False


async def until_served(address: asking.Address, origin: str) -> None:
    """Return when the zone is there: ours need not be the first that the server knows."""
    async with asyncio.timeout(PATIENCE):
        while not await _answers(address, (origin,)):  # noqa: ASYNC110 - a server tells nobody
            await asyncio.sleep(0.02)
