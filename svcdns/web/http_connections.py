"""Who is connected to an HTTP server: how long each may stay, and who goes where there are too many.

    accepted ──head──► asked ──answer──► idle ──head──► asked ...
    HEAD seconds       ANSWER            bounds.idle (aiohttp looks to it)

A place is taken from the accept on, before a TLS handshake. Where all are taken, the idlest one goes
of the largest group: connections of one address that have all asked something, or not yet. So a
flood from one address costs others nothing, and silent ones drive none away that asks.
"""

import asyncio
import math
import os
from collections import Counter
from dataclasses import dataclass

from svcdns.http.aiohttp_server import Handler, web

HEAD_TIMEOUT = 5.0
"""Seconds from the accept to the end of the first request's head, a TLS handshake included."""
ANSWER_TIMEOUT = 10.0
"""Seconds from there until the client has taken its answer."""
MIN_LIFETIME = 0.1
"""Seconds that each connection has at least: over `most` in this time, new ones wait in the kernel."""
MAX_UNSENT_BYTES = 64 << 10
"""Bytes of answers that a client has not taken yet; then it is answered nothing more."""


@dataclass(slots=True)
class _HttpConnection:
    """Times are the loop's."""

    transport: asyncio.Transport
    address: str
    last_used: float
    """When it was accepted, or asked last."""
    deadline: float
    has_requested: bool = False
    is_answered: bool = False

    @property
    def group(self) -> tuple[str, bool]:
        return self.address, self.has_requested

    @property
    def fileno(self) -> int:
        """Negative once it is gone: one that is closing still has what it was not able to send."""
        number: int = self.transport.get_extra_info("socket").fileno()
        return number


class HttpConnections:
    """All that are open."""

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections
        self._open: dict[web.RequestHandler, _HttpConnection] = {}

    def add(self, handler: web.RequestHandler, transport: asyncio.Transport, address: str) -> None:
        """A connection was accepted; `transport` is that of its socket."""
        now = asyncio.get_running_loop().time()
        self._open[handler] = _HttpConnection(transport, address, now, now + HEAD_TIMEOUT)

    async def make_room(self) -> None:
        """Return when there is a place for one more."""
        loop = asyncio.get_running_loop()
        while len(self._open) >= self._max_connections:
            self._remove_closed()
            if len(self._open) >= self._max_connections:
                idlest = self._idlest()
                wait = idlest.last_used + MIN_LIFETIME - loop.time()
                if wait <= 0:
                    idlest.transport.abort()
                await asyncio.sleep(max(0.0, wait))

    def _idlest(self) -> _HttpConnection:
        groups = Counter(one.group for one in self._open.values())
        largest = max(groups.values())
        crowd = (one for one in self._open.values() if groups[one.group] == largest)
        return min(crowd, key=lambda one: one.last_used)

    def abort_overdue(self) -> None:
        """End those whose time is over."""
        self._remove_closed()
        now = asyncio.get_running_loop().time()
        for one in self._open.values():
            if one.deadline < now:
                if one.is_answered and not one.transport.get_write_buffer_size():
                    one.deadline = math.inf
                else:
                    one.transport.abort()

    def _remove_closed(self) -> None:
        self._open = {handler: one for handler, one in self._open.items() if one.fileno >= 0}

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that it asked, and was answered."""
        loop, found = asyncio.get_running_loop(), self._open.get(request.protocol)
        if found is None or request.transport is None:  # it was just ended
            return await handler(request)
        request.transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        found.last_used = loop.time()
        found.deadline = found.last_used + ANSWER_TIMEOUT
        found.has_requested, found.is_answered = True, False
        try:
            return await handler(request)
        finally:
            found.is_answered = True

    def abort_all(self) -> None:
        """End all."""
        for one in self._open.values():
            one.transport.abort()
        self._open.clear()

    def close_inherited(self) -> None:
        """In a process that was just forked: its copies would keep clients waiting for an end."""
        for one in self._open.values():
            if one.fileno >= 0:
                os.close(one.fileno)
