"""A zone file that is broken when the server starts: the stored zone is answered, or nobody is asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import dns.edns

from tests import running, upstream
from tests.asking import Address
from tests.forwarding import served
from tests.forwarding.named import Names
from tests.patience import PATIENCE
from tests.server import Server

ZONE = """\
$TTL 300
@    SOA  ns hostmaster 1 2 3 4 60
     NS   ns
ns   A    192.0.2.53
www  A    192.0.2.90
*.w  A    192.0.2.91
"""
LIES = "www.corp.internal. 300 A 192.0.2.66\nwww.example. 300 A 192.0.2.1\n"
"""What the upstream says of the company's names."""


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    lies = Names(LIES)
    async with (
        upstream.faulty(lies.answer, lies.answer) as up,
        served.running(folder, "--zonefiles", str(folder / "zones"), *served.forward(up.port)) as result,
    ):
        yield result


async def said(at: Address, name: str) -> tuple[str, list[int]]:
    reply = await served.ask(at, name)
    return served.said(reply), [code for code, _ in served.extended_errors(reply)]


async def becomes(at: Address, expected: tuple[str, list[int]]) -> None:
    """What is said of `www`, once the edit was seen."""
    async with asyncio.timeout(PATIENCE):
        while await said(at, "www.corp.internal.") != expected:  # noqa: ASYNC110 - the server is another process
            await asyncio.sleep(0.02)


async def test_the_stored_zone_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "zones" / "corp.internal.zone"
    path.parent.mkdir()
    path.write_text(ZONE)
    async with serving(tmp_path) as server:
        assert await said(server.address, "www.corp.internal.") == ("A 192.0.2.90", [])

    path.write_text(ZONE + "mistake\n")
    async with serving(tmp_path) as server:
        assert await said(server.address, "www.corp.internal.") == ("A 192.0.2.90", [])
        assert await said(server.address, "x.w.corp.internal.") == ("A 192.0.2.91", [])
        assert await said(server.address, "no.corp.internal.") == ("NXDOMAIN", [])
        message = (
            "zone file of corp.internal.: missing or faulty; "
            "until that is put right, its names are answered as before"
        )
        await running.until(lambda: message in server.log.read_text(), "the log says so")
        assert await said(server.address, "www.corp.internal.") == ("A 192.0.2.90", [])
        path.write_text(ZONE.replace(".90", ".92"))
        await becomes(server.address, ("A 192.0.2.92", []))
        path.unlink()
        await becomes(server.address, ("A 192.0.2.66", []))


async def test_without_a_stored_zone_nobody_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "zones" / "corp.internal.zone"
    path.parent.mkdir()
    path.write_text(ZONE + "mistake\n")
    async with serving(tmp_path) as server:
        for name in ("www.corp.internal.", "corp.internal.", "x.y.corp.internal."):
            assert await said(server.address, name) == ("SERVFAIL", [dns.edns.EDECode.INVALID_DATA])
        assert await said(server.address, "www.example.") == ("A 192.0.2.1", [])
        path.write_text(ZONE)
        await becomes(server.address, ("A 192.0.2.90", []))
