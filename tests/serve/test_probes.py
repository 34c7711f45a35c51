"""What an orchestrator sees of a server: healthy, ready, and answering on after SIGTERM."""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import dns.message

from tests import asking, server
from tests.patience import PATIENCE
from tests.scraping import becomes, get
from tests.serve import manifests

QUERY = dns.message.make_query("web.default.svc.cluster.local.", "A").to_wire()


async def test_ready_once_the_source_was_listed(tmp_path: Path) -> None:
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "1")
    async with server.running(tmp_path, *arguments):
        lines = await becomes(port, "/ready", 200, "ready")
        assert [line.partition(",")[0] for line in lines] == [
            "Service: 1 object",
            "EndpointSlice: 0 objects",
            "Namespace: 0 objects",
            "ServiceCIDR: 0 objects",
            "Pod: 0 objects",
        ]
        assert await get(port, "/health") == (200, "ok: 1 worker answers\n")
        assert (await get(port, "/"))[0] == 404
    (folder / "slow.yaml").write_text(manifests.SLOW)
    async with server.running(tmp_path, *arguments):
        while not (found := await get(port, "/ready"))[0]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
        assert (found[0], "those of a stored table" in found[1]) == (200, True)


async def test_not_ready_before_anything_is_known(tmp_path: Path) -> None:
    folder, port = manifests.folder(tmp_path / "m", slow=manifests.SLOW), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "1")

    async def until_it_answers() -> None:
        async with server.running(tmp_path, *arguments):
            pass

    starting = asyncio.create_task(until_it_answers())
    kinds: list[str] = []
    while not kinds:  # until the watcher has told
        lines = await becomes(port, "/ready", 503, "not ready: no answers yet: waiting for the first list")
        kinds = [line for line in lines if not line.startswith("zone files and hosts files: ")]
    assert len(kinds) == 5
    assert all("waiting for " in line and "the files are being read" in line for line in kinds)
    assert (await get(port, "/health"))[0] == 200
    await starting


async def one_client(at: asking.Address, seconds: float) -> None:
    """Which asks again and again, always from one port: of one worker."""
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect(at)
        end = loop.time() + seconds
        while loop.time() < end:
            await loop.sock_sendall(client, QUERY)
            assert await asyncio.wait_for(loop.sock_recv(client, 512), PATIENCE)
            await asyncio.sleep(0.2)


async def test_after_sigterm_it_answers_on_until_nobody_asks(tmp_path: Path) -> None:
    """Old clients that keep one worker busy, and new ones, whom the system gives to any worker."""
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--http", f"127.0.0.1:{port}", "--workers", "2", "--lameduck", "300")
    async with server.running(tmp_path, "--manifests", str(folder), *arguments) as found:
        await becomes(port, "/ready", 200, "ready")
        found.process.send_signal(signal.SIGTERM)
        await becomes(port, "/ready", 503, "not ready: stopping")
        await one_client(found.address, seconds=5)
        assert all(await asking.udp(found.address, [QUERY] * 100, sockets=100, tries=1))
        for _ in range(20):
            assert await asking.tcp(found.address, [QUERY])
        assert found.process.returncode is None
        assert await asyncio.wait_for(found.process.wait(), PATIENCE) == 0


async def test_ctrl_c_waits_for_nobody(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder), "--lameduck", "300") as found:
        found.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(found.process.wait(), PATIENCE) == 0


async def test_idle_connections_keep_no_probe_out(tmp_path: Path) -> None:
    folder, port = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{port}", "--workers", "1")
    async with server.running(tmp_path, *arguments) as found, contextlib.AsyncExitStack() as stack:
        await becomes(port, "/ready", 200, "ready")
        for _ in range(300):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
        assert (await get(port, "/health"))[0] == 200
        descriptors = len(os.listdir(f"/proc/{found.process.pid}/fd"))  # noqa: PTH208
        assert descriptors < 250, "of 300 connections the oldest are gone"


async def test_an_address_in_use_is_an_error(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    try:
        async with server.running(tmp_path, "--manifests", str(folder), "--http", f"127.0.0.1:{port}"):
            raise AssertionError("it started")
    except RuntimeError as error:
        assert f"127.0.0.1:{port}" in str(error)
    finally:
        taken.close()
