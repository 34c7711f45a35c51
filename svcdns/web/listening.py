"""An aiohttp application at some sockets, with bounds on who connects: see `connections`.

    socket ──accept──► Connections.make_room ──► TLS ──► Handler ──► middleware ──► the application

aiohttp's own sites accept as many as come, and asyncio gives each TLS connection 256 KiB at once.
"""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from asyncio import sslproto
from collections.abc import AsyncIterator, Callable, Sequence
from http import HTTPStatus
from typing import Any

from msgspec import Struct

from svcdns import tls
from svcdns.http.server import web
from svcdns.rate_limited_log import RateLimitedLogger
from svcdns.web.connections import Connections
from svcdns.web.handler import READ, SERVER, Faults, Handler

BACKLOG = 512
"""Connections that wait in the kernel to be accepted."""
LOOK = 0.5
"""Seconds between two looks at who is late."""
CLOSE = 2.0
"""Seconds for the end of a TLS connection."""


class Bounds(Struct, frozen=True):
    """Connections, and seconds."""

    most: int
    idle: float
    """Between two requests."""
    drain: float
    """For the last answers at the end."""


@contextlib.asynccontextmanager
async def listening(
    app: web.Application,
    sockets: Sequence[socket.socket],
    bounds: Bounds,
    certificate: tls.Certificate | None = None,
) -> AsyncIterator[None]:
    """Answer at these bound sockets, closed at the end; a process forked meanwhile has none of it."""
    connections = Connections(bounds.most)
    app.middlewares.insert(0, connections.middleware)
    app.on_response_prepare.append(_prepare)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=bounds.drain)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - there since `setup`
    server, faults = runner.server, Faults(logging.getLogger("svcdns.http"))
    door = _Door(lambda: Handler(server, bounds.idle, faults), connections, certificate)
    forgetting = _Forgetting(connections, sockets)
    tasks = [asyncio.create_task(door.accept(sock)) for sock in sockets]
    tasks.append(asyncio.create_task(_watch(connections)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        forgetting.over()
        for sock in sockets:
            sock.close()
        await runner.cleanup()
        connections.end()


async def _prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Only who posts, and well, asks often; others could queue requests without taking the answers."""
    response.headers["Server"] = SERVER
    if request.method != "POST" or response.status != HTTPStatus.OK:
        response.headers["Connection"] = "close"
        response.force_close()


async def _watch(connections: Connections) -> None:
    while True:
        await asyncio.sleep(LOOK)
        connections.end_late()


class _Door:
    """Accepts one connection after the other, so that those that are in have their turns."""

    def __init__(
        self,
        made: Callable[[], web.RequestHandler],
        connections: Connections,
        certificate: tls.Certificate | None,
    ) -> None:
        """`made` makes the handler of a connection."""
        self._made = made
        self._connections = connections
        self._certificate = certificate
        self._log = RateLimitedLogger(logging.getLogger("svcdns.http"))

    async def accept(self, sock: socket.socket) -> None:
        """For ever: nothing that a client does may end it."""
        loop = asyncio.get_running_loop()
        sock.setblocking(False)
        sock.listen(BACKLOG)
        while True:
            try:
                client, address = await loop.sock_accept(sock)
                await self._let_in(client, address[0])
            except ConnectionError:  # it was gone before it was let in
                await asyncio.sleep(0)
            except Exception as error:
                self._log.warning("a connection cannot be accepted: %s", error)
                await asyncio.sleep(LOOK)  # so that some end: there may be no descriptor left

    async def _let_in(self, client: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await self._connections.make_room()
            handler = self._made()
            certificate = self._certificate
            protocol = handler if certificate is None else _Tls(loop, handler, certificate.context)
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, client)
        except BaseException:
            client.close()
            raise
        self._connections.add(handler, transport, address)


class _Tls(sslproto.SSLProtocol):
    """asyncio's, but as the protocol of a plain connection: so that it is known from its accept on."""

    max_size = READ

    def __init__(
        self, loop: asyncio.AbstractEventLoop, inner: asyncio.Protocol, context: ssl.SSLContext
    ) -> None:
        nobody_waits: Any = None
        super().__init__(loop, inner, context, nobody_waits, server_side=True, ssl_shutdown_timeout=CLOSE)
        self._get_app_transport().set_read_buffer_limits(READ)  # type: ignore[attr-defined]


class _Forgetting:
    """Closes, in each process that is forked from now on, what is this process's alone."""

    def __init__(self, connections: Connections, sockets: Sequence[socket.socket]) -> None:
        self._connections: Connections | None = connections
        self._sockets = sockets
        os.register_at_fork(after_in_child=self._close)

    def over(self) -> None:
        """There is nothing any more; what is registered stays so until the end of the process."""
        self._connections, self._sockets = None, ()

    def _close(self) -> None:
        if self._connections is not None:
            self._connections.close_copies()
        for sock in self._sockets:
            sock.close()
