"""A resolv.conf as the list of upstreams, edited while the server runs.

Its servers are at port 53, so all happens in a network of its own, which needs no root: the test runs
this module there, which ends with an error where something is not as it should be.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests import running, upstream
from tests.clients import namespace
from tests.forwarding import served
from tests.forwarding.named import Names
from tests.server import Server

REPOSITORY = Path(__file__).parents[2]
OURS, ONE, OTHER = "127.0.0.1", "127.0.0.2", "127.0.0.3"


def test_edits_are_followed(tmp_path: Path) -> None:
    if refusal := namespace.refusal():
        pytest.skip(refusal)

    # No bound: each wait inside has one.
    done = subprocess.run(
        [*namespace.UNSHARE, sys.executable, "-m", __name__, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert not done.returncode, done.stdout


async def main(folder: Path) -> None:
    """Within the namespace; upstreams that tell which one they are."""
    file = folder / "resolv.conf"
    file.write_text(f"search default.svc.cluster.local\nnameserver {OURS}\nnameserver {ONE}\n")
    item, second = (Names("\n".join(f"n{n}.example. 60 A {host}" for n in range(9))) for host in (ONE, OTHER))
    async with (
        upstream.faulty(item.answer, item.answer, host=ONE, port=53),
        upstream.faulty(second.answer, second.answer, host=OTHER, port=53),
        served.running(folder, "--forward", str(file), "--workers", "1", port=53) as server,
    ):
        await logged(server, f"upstream {OURS}:53 leads back to this server")
        assert await answered(server, 0) == f"A {ONE}"
        file.write_text(f"nameserver somewhere\nnameserver {OTHER}\n")
        await logged(server, f"the upstreams are now {OTHER}:53")
        assert await answered(server, 1) == f"A {OTHER}"
        await logged(server, f"{file}:1: nameserver 'somewhere' is no IP address")
        file.write_text("search example\n")
        await logged(server, f"{file}: no nameserver in it; asked as before: {OTHER}:53")
        assert await answered(server, 2) == f"A {OTHER}"
        assert server.log.read_text().count("leads back") == 1


async def answered(server: Server, number: int) -> str:
    assert served.said(await served.ask(server.address, served.WEB)) == f"A {served.WEB_ADDRESS}"
    return served.said(await served.ask(server.address, f"n{number}.example."))


async def logged(server: Server, text: str) -> None:
    await running.until(lambda: text in server.log.read_text(), f"{text!r} is in the log")


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    asyncio.run(main(Path(sys.argv[1])))
