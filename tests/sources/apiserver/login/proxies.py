"""Real proxies on loopback: HTTP with CONNECT, and SOCKS5. They lead to one port, whatever is asked for."""

import asyncio
import base64
import contextlib
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

Serve: TypeAlias = Callable[["Proxy", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]
"""Speaks with a client; False refuses it."""


class Proxy:
    """What it was asked, and whom it lets through."""

    def __init__(self, serve: Serve, target_port: int) -> None:
        self.port = 0
        self.targets: list[str] = []
        """HOST:PORT of each connection."""
        self.password = ""
        """That of the user `me`; empty asks for none."""
        self._serve = serve
        self._target_port = target_port

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await self._serve(self, reader, writer):
                there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


async def serve_http(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """CONNECT (RFC 9110 9.3.6)."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split(" ", 2)
    proxy.targets.append(target)

    credentials = base64.b64encode(f"me:{proxy.password}".encode()).decode()
    is_allowed = not proxy.password or f"Proxy-Authorization: Basic {credentials}\r\n" in head
    if method != "CONNECT" or not is_allowed:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return False

    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    return True


async def serve_socks(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """CONNECT (RFC 1928 4), with a password (RFC 1929) where there is one."""
    _, method_count = await reader.readexactly(2)
    methods = await reader.readexactly(method_count)
    method = 2 if proxy.password else 0
    writer.write(bytes((5, method if method in methods else 255)))

    if method == 2:
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        is_allowed = (user, password) == (b"me", proxy.password.encode())
        writer.write(bytes((1, not is_allowed)))
        if not is_allowed:
            return False

    *_, address_type = await reader.readexactly(4)
    if address_type == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = ".".join(map(str, await reader.readexactly(4)))
    (port,) = struct.unpack("!H", await reader.readexactly(2))

    proxy.targets.append(f"{host}:{port}")
    writer.write(bytes((5, 0, 0, 1, 0, 0, 0, 0, 0, 0)))
    return True


@contextlib.asynccontextmanager
async def serving(serve: Serve, target_port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """A running one."""
    proxy = Proxy(serve, target_port)
    listening = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, ssl=tls)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
