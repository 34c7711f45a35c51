"""An aiohttp application at some sockets, with bounds on who connects.

A connection has so many seconds for its next request, from first to last byte of its head. Where there
are too many, the one goes that asked last longest ago: who holds some idle keeps no probe out.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct

LONGEST = 4096
"""Bytes of a request's line, and of each of its headers."""
HANDSHAKE = 5.0
"""Seconds for a TLS handshake."""


class Bounds(Struct, frozen=True):
    """Connections, and seconds."""

    most: int
    idle: float
    """Until the next request."""
    drain: float
    """For the last answers at the end."""


@contextlib.asynccontextmanager
async def listening(
    app: web.Application,
    sockets: Sequence[socket.socket],
    bounds: Bounds,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[None]:
    """Answer at these bound sockets; a process that is forked meanwhile has none of it."""
    made = _Connections(bounds.most)
    app.middlewares.append(made.middleware)
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        keepalive_timeout=bounds.idle,
        lingering_time=1.0,
        auto_decompress=False,
        max_line_size=LONGEST,
        max_field_size=LONGEST,
        shutdown_timeout=bounds.drain,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - there since `setup`
    made.open(runner.server, sockets)
    loop, handshake = asyncio.get_running_loop(), HANDSHAKE if context else None
    try:
        with contextlib.ExitStack() as stack:
            for sock in sockets:
                server = await loop.create_server(
                    made.protocol,
                    sock=sock,
                    ssl=context,
                    ssl_handshake_timeout=handshake,
                    backlog=bounds.most,
                )
                stack.callback(server.close)
            yield
    finally:
        made.close()
        await runner.cleanup()


class _Connections:
    """In the order of their last requests."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used: dict[web.RequestHandler, float] = {}
        self._server: web.Server | None = None
        self._sockets: Sequence[socket.socket] = ()

    def open(self, server: web.Server, sockets: Sequence[socket.socket]) -> None:
        """From now on there are connections."""
        self._server, self._sockets = server, sockets
        os.register_at_fork(after_in_child=self._forget)

    def close(self) -> None:
        """There are none any more."""
        self._server, self._sockets = None, ()

    def protocol(self) -> asyncio.Protocol:
        """For create_server: another connection, for which the longest unused one makes room."""
        assert self._server is not None  # noqa: S101 - open
        now = asyncio.get_running_loop().time()
        if len(self._used) >= self._most:
            self._make_room(now)
        made = self._server()
        self._used[made] = now
        return made

    def _make_room(self, now: float) -> None:
        """Forget those that are gone; a new one has no transport yet."""
        self._used = {
            known: used
            for known, used in self._used.items()
            if known.transport is not None or now - used < 1.0
        }
        while len(self._used) >= self._most:
            oldest = next(iter(self._used))
            del self._used[oldest]
            if oldest.transport is not None:
                oldest.transport.abort()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note the request."""
        self._used.pop(request.protocol, None)
        self._used[request.protocol] = asyncio.get_running_loop().time()
        return await handler(request)

    def _forget(self) -> None:
        """In a process that was just forked: its copies would keep clients waiting for an end."""
        if self._server is not None:
            for connection in self._server.connections:
                if connection.transport is not None:
                    os.close(connection.transport.get_extra_info("socket").fileno())
            for sock in self._sockets:
                sock.close()
