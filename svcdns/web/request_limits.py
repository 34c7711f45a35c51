"""Bodies of requests while they come in: bounded in size, in time, and all together.

If all together are too much, the largest body goes. So many slow senders of little data keep nobody out,
and nobody can hold much memory for long.
"""

import asyncio

from msgspec import Struct

from svcdns.http.aiohttp_server import web


class BodyLimits(Struct, frozen=True):
    """Bounds on bodies; sizes are in bytes."""

    max_bytes: int
    """The size of one body."""
    max_total_bytes: int
    """The size of all bodies that are not complete yet."""
    timeout: float
    """Seconds until a body is complete."""


class BodyReader:
    """Reads the bodies of all requests of one application."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._sizes: dict[web.RequestHandler, int] = {}
        """Bytes that came so far, of each body that is being read."""

    async def read(self, request: web.Request) -> bytes:
        """The whole body; raises HTTPException if it is too large (413), late (408) or broken (400)."""
        # A client that says its size beforehand need not send it.
        if (request.content_length or 0) > self._limits.max_bytes:
            raise web.HTTPRequestEntityTooLarge(self._limits.max_bytes, request.content_length or 0)

        try:
            async with asyncio.timeout(self._limits.timeout):
                return await self._read(request)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not come to its end in time\n") from None
        except (web.RequestPayloadError, OSError):
            raise web.HTTPBadRequest(text="the body did not come to its end\n") from None

    async def _read(self, request: web.Request) -> bytes:
        body = bytearray()
        try:
            # Whatever has come, so that a body counts from its first bytes on.
            while part := await request.content.readany():
                body += part
                if len(body) > self._limits.max_bytes:
                    raise web.HTTPRequestEntityTooLarge(self._limits.max_bytes, len(body))

                # By connection: HTTP/1.1 reads one body of a connection at a time.
                self._sizes[request.protocol] = len(body)
                self._drop_largest()
            return bytes(body)
        finally:
            self._sizes.pop(request.protocol, None)
            body.clear()  # the traceback of a broken one refers to it, and may live on

    def _drop_largest(self) -> None:
        while sum(self._sizes.values()) > self._limits.max_total_bytes:
            largest = max(self._sizes, key=self._sizes.__getitem__)
            del self._sizes[largest]

            # Its `_read` ends with an error, as if the client had gone.
            if largest.transport is not None:
                largest.transport.abort()
