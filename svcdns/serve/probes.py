"""What orchestrators ask: `/health` and `/ready`, over HTTP, in the supervisor.

Its bounds: the oldest connection goes when there are too many, so that who holds some idle keeps no
probe out; a request has no body and a short head.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import TypeAlias

from aiohttp import web

CONNECTIONS = 100
IDLE = 5.0
"""Seconds between the requests of one connection."""
LONGEST = 2048
"""Bytes of a request's line, and of each header."""

State: TypeAlias = Callable[[], tuple[bool, str]]
"""Whether it is so, and a line for people."""


class Probes:
    """Served from `start` to `close`."""

    def __init__(self, health: State, readiness: State) -> None:
        app = web.Application(client_max_size=1)
        app.add_routes([web.get("/health", _answer(health)), web.get("/ready", _answer(readiness))])
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=IDLE,
            max_line_size=LONGEST,
            max_field_size=LONGEST,
            shutdown_timeout=1.0,
        )
        self._servers: list[asyncio.Server] = []

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer at these bound sockets."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        for sock in sockets:
            self._servers.append(await loop.create_server(self._protocol, sock=sock))

    def _protocol(self) -> asyncio.Protocol:
        handlers = self._runner.server
        assert handlers is not None  # noqa: S101 - for the type checker: there since `setup`
        opened = handlers.connections
        for oldest in opened[: max(0, len(opened) - CONNECTIONS + 1)]:
            oldest.force_close()
        return handlers()

    async def close(self) -> None:
        """Answer no more."""
        for server in self._servers:
            server.close()
        await self._runner.cleanup()


def _answer(state: State) -> Callable[[web.Request], "asyncio.Future[web.Response]"]:
    async def handler(_: web.Request) -> web.Response:
        good, text = state()
        return web.Response(status=200 if good else 503, text=f"{text}\n")

    return handler  # type: ignore[return-value]
