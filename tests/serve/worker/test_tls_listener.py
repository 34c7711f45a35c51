"""DNS over TLS from the accept on: half-open connections have bounds, and keep nobody out. All on uvloop."""

import asyncio
import contextlib
import errno
import functools
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from svcdns import server_certificate
from svcdns.serve.worker import tls_listener
from svcdns.serve.worker.client_connections import ClientConnections, ClientLimits
from svcdns.serve.worker.tls_listener import TlsListener
from tests import running
from tests.certificates import make_certificate
from tests.dns import tables
from tests.patience import PATIENCE
from tests.serve.streams import WEB, Client, Service

LIMITS = ClientLimits(idle_timeout=30.0, read_timeout=30.0, max_connections=16, max_per_client=8)


class Site:
    """A listener, and ways to it."""

    def __init__(self, connections: ClientConnections, port: int) -> None:
        self.connections = connections
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, address: str = "127.0.0.1", secure: bool = True) -> Client:
        """With a handshake or without."""
        context = ssl._create_unverified_context() if secure else None
        ends = await asyncio.open_connection("127.0.0.1", self._port, ssl=context, local_addr=(address, 0))
        self._writers.append(ends[1])
        return Client(*ends)

    async def half_open(self, count: int, address: str = "127.0.0.1") -> list[Client]:
        """Connections that send nothing, each of which was accepted."""
        before = self.connections.counts.opened
        clients = [await self.connect(address, secure=False) for _ in range(count)]
        await running.until(lambda: self.connections.counts.opened >= before + count, "they are accepted")
        return clients

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def site(
    folder: Path, limits: ClientLimits = LIMITS, kind: type[socket.socket] = socket.socket
) -> AsyncIterator[Site]:
    certificate = server_certificate.ServerCertificate(*make_certificate(folder), "dot")
    connections = ClientConnections(asyncio.get_running_loop(), Service(tables.make(forwarding=True)), limits)
    with kind() as sock:
        sock.bind(("127.0.0.1", 0))
        listener = TlsListener(sock, certificate.context, connections)
        listener.start(100)
        served = Site(connections, sock.getsockname()[1])
        try:
            yield served
        finally:
            listener.close()
            served.close()
            await running.until(lambda: not connections, "every connection is counted out")


def on_uvloop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run the test as a worker runs: on uvloop, whose transports are not asyncio's."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(PATIENCE):
                await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bounded())

    return run


@on_uvloop
async def test_half_open_ones_have_a_bound_and_new_ones_get_in(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        silent = await server.half_open(50)
        assert len(server.connections) == LIMITS.max_per_client
        for client in silent[: -LIMITS.max_per_client]:
            await client.closed()

        for _ in range(3):
            assert await (await server.connect()).ask(WEB)
        assert server.connections.counts.evicted == 50 - LIMITS.max_per_client + 3


@on_uvloop
async def test_who_asked_is_not_driven_away(tmp_path: Path) -> None:
    """By half-open ones of the same address, as behind a NAT, or of many others."""
    async with site(tmp_path) as server:
        asking = await server.connect()
        assert await asking.ask(WEB)
        await server.half_open(30)
        assert await asking.ask(WEB)
        for number in range(2, 9):
            await server.half_open(LIMITS.max_per_client, f"127.0.0.{number}")
        assert len(server.connections) == LIMITS.max_connections
        assert await asking.ask(WEB)
        assert await (await server.connect("127.0.0.9")).ask(WEB)


@on_uvloop
async def test_those_that_asked_once_do_not_keep_new_ones_out(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        for _ in range(3 * LIMITS.max_per_client):
            assert await (await server.connect()).ask(WEB)
        assert len(server.connections) == LIMITS.max_per_client


@on_uvloop
async def test_what_is_no_handshake_takes_no_place(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        for sent in (b"GET / HTTP/1.1\r\n\r\n", bytes(2000), b"\x16\x03\x01\0\x05hello"):
            client = await server.connect(secure=False)
            client.writer.write(sent)
            with contextlib.suppress(ConnectionError):
                await client.reader.read()
            await running.until(lambda: not server.connections, "it is counted out")
        assert await (await server.connect()).ask(WEB)


def test_a_handshake_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_listener, "HANDSHAKE_TIMEOUT", 0.2)

    @on_uvloop
    async def run() -> None:
        async with site(tmp_path) as server:
            (silent,) = await server.half_open(1)
            half = await server.connect(secure=False)
            half.writer.write(b"\x16\x03\x01\2\0")
            await silent.closed()
            await half.closed()
            await running.until(lambda: not server.connections, "they are counted out")

    run()


@on_uvloop
async def test_drain_ends_handshakes(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        silent = await server.half_open(3)
        server.connections.drain()
        for client in silent:
            await client.closed()
        assert len(server.connections) == 0


class NoDescriptors(socket.socket):
    """The first accepts fail, as where a process has no descriptor left."""

    failures = 2

    def accept(self) -> tuple[socket.socket, Any]:
        """Fail, then work."""
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_a_failing_accept_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tls_listener, "RETRY_DELAY", 0.02)

    @on_uvloop
    async def run() -> None:
        async with site(tmp_path, kind=NoDescriptors) as server:
            assert await (await server.connect()).ask(WEB)

    with caplog.at_level(logging.WARNING):
        run()
    assert [record.getMessage() for record in caplog.records] == [
        "a TLS connection cannot be accepted: [Errno 24] Too many open files"
    ] * 2
