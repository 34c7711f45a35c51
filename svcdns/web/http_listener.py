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

from svcdns import server_certificate
from svcdns.http.aiohttp_server import web
from svcdns.rate_limited_log import RateLimitedLogger
from svcdns.web.http_connections import HttpConnections
from svcdns.web.request_handler import (
    READ_BUFFER_BYTES,
    SERVER_HEADER,
    BoundedRequestHandler,
    RequestErrorLog,
)

BACKLOG = 512
"""Connections that wait in the kernel to be accepted."""
SWEEP_INTERVAL = 0.5
"""Seconds between two looks at who is late."""
TLS_CLOSE_TIMEOUT = 2.0
"""Seconds for the end of a TLS connection."""


class ConnectionLimits(Struct, frozen=True):
    """Connections, and seconds."""

    max_connections: int
    idle_timeout: float
    """Between two requests."""
    drain_timeout: float
    """For the last answers at the end."""


@contextlib.asynccontextmanager
async def serve_http(
    app: web.Application,
    sockets: Sequence[socket.socket],
    limits: ConnectionLimits,
    certificate: server_certificate.ServerCertificate | None = None,
) -> AsyncIterator[None]:
    """Answer at these bound sockets, closed at the end; a process forked meanwhile has none of it."""
    connections = HttpConnections(limits.max_connections)
    app.middlewares.insert(0, connections.middleware)
    app.on_response_prepare.append(_set_response_headers)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=limits.drain_timeout)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - there since `setup`
    server, faults = runner.server, RequestErrorLog(logging.getLogger("svcdns.http"))
    door = _Acceptor(
        lambda: BoundedRequestHandler(server, limits.idle_timeout, faults), connections, certificate
    )
    forgetting = _ForkCleanup(connections, sockets)
    tasks = [asyncio.create_task(door.accept(sock)) for sock in sockets]
    tasks.append(asyncio.create_task(_abort_overdue_forever(connections)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        forgetting.disable()
        for sock in sockets:
            sock.close()
        await runner.cleanup()
        connections.abort_all()


async def _set_response_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Only who posts, and well, asks often; others could queue requests without taking the answers."""
    response.headers["Server"] = SERVER_HEADER
    if request.method != "POST" or response.status != HTTPStatus.OK:
        response.headers["Connection"] = "close"
        response.force_close()


async def _abort_overdue_forever(connections: HttpConnections) -> None:
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        connections.abort_overdue()


class _Acceptor:
    """Accepts one connection after the other, so that those that are in have their turns."""

    def __init__(
        self,
        make_handler: Callable[[], web.RequestHandler],
        connections: HttpConnections,
        certificate: server_certificate.ServerCertificate | None,
    ) -> None:
        """`made` makes the handler of a connection."""
        self._make_handler = make_handler
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
                await self._start_connection(client, address[0])
            except ConnectionError:  # it was gone before it was let in
                await asyncio.sleep(0)
            except Exception as error:
                self._log.warning("a connection cannot be accepted: %s", error)
                await asyncio.sleep(SWEEP_INTERVAL)  # so that some end: there may be no descriptor left

    async def _start_connection(self, client: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await self._connections.make_room()
            handler = self._make_handler()
            certificate = self._certificate
            protocol = handler if certificate is None else _TlsProtocol(loop, handler, certificate.context)
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, client)
        except BaseException:
            client.close()
            raise
        self._connections.add(handler, transport, address)


class _TlsProtocol(sslproto.SSLProtocol):
    """asyncio's, but as the protocol of a plain connection: so that it is known from its accept on."""

    max_size = READ_BUFFER_BYTES

    def __init__(
        self, loop: asyncio.AbstractEventLoop, inner: asyncio.Protocol, context: ssl.SSLContext
    ) -> None:
        nobody_waits: Any = None
        super().__init__(
            loop, inner, context, nobody_waits, server_side=True, ssl_shutdown_timeout=TLS_CLOSE_TIMEOUT
        )
        self._get_app_transport().set_read_buffer_limits(READ_BUFFER_BYTES)  # type: ignore[attr-defined]


class _ForkCleanup:
    """Closes, in each process that is forked from now on, what is this process's alone."""

    def __init__(self, connections: HttpConnections, sockets: Sequence[socket.socket]) -> None:
        self._connections: HttpConnections | None = connections
        self._sockets = sockets
        os.register_at_fork(after_in_child=self._close_in_child)

    def disable(self) -> None:
        """There is nothing any more; what is registered stays so until the end of the process."""
        self._connections, self._sockets = None, ()

    def _close_in_child(self) -> None:
        if self._connections is not None:
            self._connections.close_inherited()
        for sock in self._sockets:
            sock.close()
