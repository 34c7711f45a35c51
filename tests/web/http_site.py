"""A server at loopback whose connections are bounded, with and without TLS, and the way to it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from svcdns import server_certificate
from svcdns.web import http_listener
from tests.certificates import make_certificate
from tests.patience import PATIENCE

ASK = b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
GET = b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n"
MOST = 8


class Stream(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> bool:
        """Whether it is answered, by a connection that stays."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.writer.write(ASK)
            async with asyncio.timeout(PATIENCE):
                head = await self.reader.readuntil(b"\r\n\r\n")
                return head.startswith(b"HTTP/1.1 200 ") and await self.reader.readexactly(2) == b"ok"
        return False

    async def read_to_end(self) -> bytes:
        """What comes until the other side ends it."""
        received = b""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(PATIENCE):
                while part := await self.reader.read(1 << 16):
                    received += part
        return received


class Site:
    """A server, and the way to it."""

    def __init__(self, port: int, secure: bool) -> None:
        self.port = port
        self.secure = secure
        self._streams: list[Stream] = []

    async def connect(self, address: str = "127.0.0.1", secure: bool | None = None) -> Stream:
        """Once more; without TLS it is silent where the server waits for a handshake."""
        secure = self.secure if secure is None else secure
        context = ssl._create_unverified_context() if secure else None
        ends = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, local_addr=(address, 0))
        self._streams.append(Stream(*ends))
        return self._streams[-1]

    async def asks(self) -> bool:
        """Whether somebody new is answered."""
        try:
            stream = await self.connect()
        except OSError:
            return False
        return await stream.ask()

    def close(self) -> None:
        for stream in self._streams:
            stream.writer.transport.abort()


async def ok(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def broken(_: web.Request) -> web.Response:
    raise KeyError("oops")


async def body(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


async def large(_: web.Request) -> web.Response:
    return web.Response(body=b"x" * (32 << 20))


@contextlib.asynccontextmanager
async def site(folder: Path, secure: bool = True, most: int = MOST) -> AsyncIterator[Site]:
    app = web.Application()
    app.router.add_route("*", "/ok", ok)
    app.router.add_post("/broken", broken)
    app.router.add_post("/large", large)
    app.router.add_post("/body", body)
    certificate = (
        server_certificate.ServerCertificate(*make_certificate(folder), "http/1.1") if secure else None
    )
    sock = socket.create_server(("127.0.0.1", 0))
    http_site = Site(sock.getsockname()[1], secure)
    async with http_listener.serve_http(
        app, [sock], http_listener.ConnectionLimits(most, 60.0, 1.0), certificate
    ):
        try:
            yield http_site
        finally:
            http_site.close()
