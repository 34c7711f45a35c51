"""An aiohttp application at some sockets, with bounds on who may connect: see `http_connections`.

    socket -> _Acceptor -> HttpConnections.make_room -> TLS -> BoundedRequestHandler
           -> HttpConnections.middleware -> the application

aiohttp's own sites accept any number of connections, give a client as long as it likes for its first
request, and asyncio takes 256 KiB for each TLS connection at once.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from http import HTTPStatus

from msgspec import Struct

from svcdns import server_certificate
from svcdns.asyncio_private import TlsServerProtocol
from svcdns.http.aiohttp_server import Handler, HttpVersion10, HttpVersion11, web
from svcdns.rate_limited_log import RateLimitedLogger
from svcdns.web.http_connections import HttpConnections
from svcdns.web.request_handler import (
    READ_BUFFER_BYTES,
    SERVER_HEADER,
    BoundedRequestHandler,
    RequestErrorLog,
)

BACKLOG = 512
"""Connections that wait in the kernel to be accepted: as many as an API server may open at once, and more."""
SWEEP_INTERVAL = 0.5
"""Seconds between two looks for connections that are overdue."""
TLS_CLOSE_TIMEOUT = 2.0
"""Seconds for the end of a TLS connection; then it is closed without the client's consent."""


class ConnectionLimits(Struct, frozen=True):
    """Bounds on the connections of one application; times are in seconds."""

    max_connections: int
    idle_timeout: float
    """The time between two requests."""
    drain_timeout: float
    """The time for the last answers when the server stops."""


@contextlib.asynccontextmanager
async def serve_http(
    app: web.Application,
    sockets: Sequence[socket.socket],
    limits: ConnectionLimits,
    certificate: server_certificate.ServerCertificate | None = None,
) -> AsyncIterator[None]:
    """Answer at these bound sockets until the context ends, which closes them; HTTPS with a certificate.

    A process that is forked meanwhile inherits neither the sockets nor the connections.
    """
    connections = HttpConnections(limits.max_connections)
    # First, so that an answer of any other middleware counts too.
    app.middlewares[:0] = [connections.middleware, _refuse_versions]
    app.on_response_prepare.append(_set_response_headers)

    # The caller handles signals, and decides when to stop.
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=limits.drain_timeout)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - there since `setup`
    server = runner.server
    error_log = RequestErrorLog(logging.getLogger("svcdns.http"))

    acceptor = _Acceptor(
        lambda: BoundedRequestHandler(server, limits.idle_timeout, error_log), connections, certificate
    )
    # A reload forks new workers while this process has connections open.
    fork_cleanup = _ForkCleanup(connections, sockets)
    tasks = [asyncio.create_task(acceptor.accept(sock)) for sock in sockets]
    tasks.append(asyncio.create_task(_abort_overdue_forever(connections)))

    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        fork_cleanup.disable()
        for sock in sockets:
            sock.close()

        # Now nobody new comes in: the last answers have their time, then all connections end.
        await runner.cleanup()
        connections.abort_all()


@web.middleware
async def _refuse_versions(request: web.Request, handler: Handler) -> web.StreamResponse:
    # aiohttp also takes HTTP/0.9, whose clients may be tricked into any protocol, and a first line of 2.0.
    if request.version not in (HttpVersion10, HttpVersion11):
        raise web.HTTPVersionNotSupported
    return await handler(request)


async def _set_response_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SERVER_HEADER

    # Only the API server asks often, by POST. Others could queue requests without taking the answers.
    if request.method != "POST" or response.status != HTTPStatus.OK:
        response.headers["Connection"] = "close"
        response.force_close()


async def _abort_overdue_forever(connections: HttpConnections) -> None:
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        connections.abort_overdue()


class _Acceptor:
    """Accepts one connection after the other, so that open connections have their turns in between."""

    def __init__(
        self,
        make_handler: Callable[[], web.RequestHandler],
        connections: HttpConnections,
        certificate: server_certificate.ServerCertificate | None,
    ) -> None:
        """`make_handler` makes the handler of one connection."""
        self._make_handler = make_handler
        self._connections = connections
        self._certificate = certificate
        self._log = RateLimitedLogger(logging.getLogger("svcdns.http"))

    async def accept(self, sock: socket.socket) -> None:
        """Accept connections for ever: nothing that a client does may end it."""
        loop = asyncio.get_running_loop()
        sock.setblocking(False)
        sock.listen(BACKLOG)

        while True:
            try:
                client, address = await loop.sock_accept(sock)
                await self._start_connection(client, address[0])
            # Before Exception: this is a client's doing, and no reason for a pause or a line in the log.
            except ConnectionError:  # it was gone before it was let in
                await asyncio.sleep(0)
            except Exception as error:
                self._log.warning("a connection cannot be accepted: %s", error)
                await asyncio.sleep(SWEEP_INTERVAL)  # so that some end: there may be no descriptor left

    async def _start_connection(self, client: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            # Before TLS: a handshake needs a place too.
            await self._connections.make_room()

            handler = self._make_handler()
            protocol = handler if self._certificate is None else self._add_tls(handler, self._certificate)
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, client)
        # Also when cancelled: until the transport has it, nobody else closes this socket.
        except BaseException:
            client.close()
            raise
        self._connections.add(handler, transport, client, address)

    def _add_tls(
        self, handler: web.RequestHandler, certificate: server_certificate.ServerCertificate
    ) -> TlsServerProtocol:
        return TlsServerProtocol(
            asyncio.get_running_loop(),
            handler,
            certificate.context,
            buffer_bytes=READ_BUFFER_BYTES,
            shutdown_timeout=TLS_CLOSE_TIMEOUT,
        )


class _ForkCleanup:
    """Closes, in each process that is forked from now on, what belongs to this process alone.

    A copy of a socket in a child would keep the address taken, and clients waiting for an end.
    """

    def __init__(self, connections: HttpConnections, sockets: Sequence[socket.socket]) -> None:
        self._connections: HttpConnections | None = connections
        self._sockets = sockets
        os.register_at_fork(after_in_child=self._close_in_child)

    def disable(self) -> None:
        """Do nothing from now on; os.register_at_fork has no opposite, so the callback itself stays."""
        self._connections = None
        self._sockets = ()

    def _close_in_child(self) -> None:
        if self._connections is not None:
            self._connections.close_inherited()
        for sock in self._sockets:
            sock.close()
