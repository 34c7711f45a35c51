"""A wire between a server and its API server that can be cut, or go dead without being cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.asking import Address


class Proxy:
    """Passes bytes on, both ways."""

    def __init__(self, to: Address) -> None:
        self.frozen = False
        """Nothing passes, and no connection ends."""
        self.closed = False
        """No new connection comes about; `drop` ends the others."""
        self.port = 0
        self._to = to
        self._writers: set[asyncio.StreamWriter] = set()

    def drop(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if self.closed:
            writer.transport.abort()
            return

        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(*self._to)
            both = {writer, back}
            self._writers |= both
            try:
                await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
            finally:
                self._writers -= both
                back.transport.abort()

        writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                while self.frozen:  # noqa: ASYNC110 - a test's switch
                    await asyncio.sleep(0.05)
                writer.write(data)
                await writer.drain()

        writer.transport.abort()


@contextlib.asynccontextmanager
async def passing(to: Address) -> AsyncIterator[Proxy]:
    """One that listens on loopback."""
    proxy = Proxy(to)
    listening = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        proxy.drop()
