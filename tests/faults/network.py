"""What happens to a node's network while the server runs, one scenario a process, in a namespace of its own.

`python -m tests.faults.network SCENARIO FOLDER` ends with an error where something is not as it should be.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message
from dns.message import Message

from tests import upstream
from tests.forwarding import served
from tests.patience import PATIENCE
from tests.scraping import get
from tests.server import Server, free_port

ADDRESS = "10.9.0.1"
"""Of the interface that comes and goes."""
OUTSIDE, OUTSIDE_ADDRESS = "www.example.com.", "A 192.0.2.53"


def run(*command: str) -> None:
    """A command of the namespace's root; raises CalledProcessError."""
    subprocess.run(command, check=True)


def add_interface() -> None:
    """An interface with the address, up."""
    run("ip", "link", "add", "pod0", "type", "veth", "peer", "name", "node0")
    run("ip", "address", "add", f"{ADDRESS}/24", "dev", "pod0")
    run("ip", "link", "set", "pod0", "up")
    run("ip", "link", "set", "node0", "up")


async def an_interface_is_removed_and_back(folder: Path) -> None:
    """The socket that is bound to its address works again with it; loopback's never stops."""
    add_interface()
    async with _serving(folder, "--listen", f"{ADDRESS}:53") as (server, http):
        assert await _is_answered(ADDRESS, served.WEB)
        run("ip", "link", "delete", "pod0")
        assert not await _is_answered(ADDRESS, served.WEB, attempts=1)
        assert await _is_answered("127.0.0.1", served.WEB)

        add_interface()
        assert await _is_answered(ADDRESS, served.WEB)
        assert await _is_answered(ADDRESS, OUTSIDE)
        await _is_well(server, http)


async def ipv6_is_off(folder: Path) -> None:
    """Nothing of IPv6 is needed; an upstream that only IPv6 reaches costs another try, not the answer."""
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    async with _serving(folder, "--forward", "[2001:db8::53]:53") as (server, http):
        for number in range(20):
            assert served.said(await served.ask(server.address, f"n{number}.example.com.")) == OUTSIDE_ADDRESS
        await _is_well(server, http)


async def replies_are_refused_by_nftables(folder: Path) -> None:
    """sendmsg fails with EPERM; the log stays short, and answers are back when the rule is gone."""
    async with _serving(folder) as (server, http):
        run("nft", "add", "table", "inet", "t")
        run("nft", "add", "chain", "inet", "t", "out", "{ type filter hook output priority 0; }")
        run("nft", "add", "rule", "inet", "t", "out", "udp", "sport", "53", "drop")
        log_size = server.log.stat().st_size
        for _ in range(20):
            assert not await _is_answered("127.0.0.1", served.WEB, attempts=1, timeout=0.05)
        assert server.log.stat().st_size - log_size < 10_000

        run("nft", "flush", "ruleset")
        assert await _is_answered("127.0.0.1", served.WEB)
        assert await _is_answered("127.0.0.1", OUTSIDE)
        await _is_well(server, http)


@contextlib.asynccontextmanager
async def _serving(folder: Path, *arguments: str) -> AsyncIterator[tuple[Server, int]]:
    """A server on 127.0.0.1:53 and with these arguments, and the port of its probes."""
    http = free_port()
    async with upstream.serve() as port:
        forward = ["--forward", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}", "--workers", "1"]
        async with served.running(folder, *arguments, *forward, port=53) as server:
            yield server, http


async def _is_answered(host: str, name: str, attempts: int = 0, timeout: float = 0.5) -> bool:
    """Whether a reply comes within these attempts; 0 means until patience is over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(dns.exception.Timeout, OSError):
                query = dns.message.make_query(name, "A")
                reply: Message = await dns.asyncquery.udp(query, host, timeout=timeout)
                return bool(reply.answer)
            attempts -= 1
            if attempts == 0:
                return False


async def _is_well(server: Server, http: int) -> None:
    """It answers probes, no process ended, and the log has no traceback."""
    assert (await get(http, "/health"))[0] == 200
    assert server.process.returncode is None
    log = server.log.read_text()
    assert "ended by" not in log and "Traceback" not in log, log


SCENARIOS: dict[str, Callable[[Path], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (an_interface_is_removed_and_back, ipv6_is_off, replies_are_refused_by_nftables)
}


async def main(name: str, folder: Path) -> None:
    """Carry out the scenario of this name."""
    await SCENARIOS[name](folder)


if __name__ == "__main__":
    run("ip", "link", "set", "lo", "up")
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
