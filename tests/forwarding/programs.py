"""Unbound and Knot as upstreams: their settings, for `tests.sources.zonefiles.peers`, which starts them."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.asking import Address
from tests.sources.zonefiles import peers
from tests.sources.zonefiles.peers import Peer


def unbound(*extra: str) -> Peer:
    """A resolver with these lines in its `server:` clause, or clauses of their own.

    Its zones are files of `local-zone:` and `local-data:` lines.
    """
    return Peer("unbound", "-dc", lambda folder, port, zones: _unbound(folder, port, zones, extra))


def _unbound(folder: Path, port: int, zones: Mapping[str, Path], extra: tuple[str, ...]) -> str:
    included = "\n".join(f'include: "{file}"' for file in zones.values())
    return "\n".join(
        (
            f"""server:
interface: 127.0.0.1@{port}
username: ""
chroot: ""
pidfile: ""
directory: "{folder}"
use-syslog: no
do-ip6: no
do-not-query-localhost: no
module-config: "validator iterator"
prefetch: no
{included}""",
            *extra,
            "remote-control:\ncontrol-enable: no\n",
        )
    )


def _signing(folder: Path, port: int, zones: Mapping[str, Path]) -> str:
    own = "".join(f"  - domain: {name}\n    file: {file}\n" for name, file in zones.items())
    return f"""server:
  listen: 127.0.0.1@{port}
  rundir: {folder}
  udp-max-payload: 1232
control:
  listen: {folder}/knot.sock
database:
  storage: {folder}
log:
  - target: stderr
    any: warning
policy:
  - id: tests
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    dnssec-signing: on
    dnssec-policy: tests
zone:
{own}"""


SIGNING_KNOT = Peer("knotd", "-c", _signing)
"""It signs its zones by itself."""


@contextlib.asynccontextmanager
async def resolving(folder: Path, *extra: str) -> AsyncIterator[Address]:
    """Unbound without zones of its own, once it answers."""
    async with peers.running(unbound(*extra), folder, {}) as at:
        await peers.until_served(at, "localhost.")  # which it knows by itself
        yield at


def need(*programs: Peer) -> None:
    """Skip the test, by name, where one of them is missing."""
    for program in programs:
        if program.path is None:
            pytest.skip(f"{program} is not installed")
