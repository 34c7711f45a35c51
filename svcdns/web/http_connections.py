"""Who is connected to an HTTP server: how long each may stay, and who must go if there are too many.

    accepted --head--> has asked --answer--> idle --head--> has asked ...
    HEAD_TIMEOUT       ANSWER_TIMEOUT        idle_timeout (aiohttp keeps it)

A connection takes a place from its accept on, before a TLS handshake. If all places are taken, the largest
group loses the connection that was idle for longest. A group is the connections of one address that have
all asked something, or have all asked nothing yet. So a flood from one address costs others nothing, and
silent connections do not drive away those that ask.
"""

import asyncio
import math
import operator
import os
import socket
from collections import Counter
from dataclasses import dataclass

from svcdns.http.aiohttp_server import Handler, web

HEAD_TIMEOUT = 5.0
"""Seconds from the accept to the end of the first request's head, including a TLS handshake."""
ANSWER_TIMEOUT = 10.0
"""Seconds from there until the client has taken its answer."""
MIN_LIFETIME = 0.1
"""Seconds that each connection has at least. If all are younger than this, new ones wait in the kernel."""
MAX_UNSENT_BYTES = 64 << 10
"""Bytes of answers that a client has not taken yet; with more of them it gets no further answer."""


@dataclass(slots=True)
class _HttpConnection:
    """One open connection; times are the event loop's."""

    transport: asyncio.Transport
    client: socket.socket
    """The transport's own socket, whose descriptor is negative as soon as it is closed."""
    group: tuple[str, bool]
    """The address, and whether it has asked anything."""
    last_used: float
    """When it was accepted, or when its last request came."""
    deadline: float
    """When it ends, unless its answer has been taken by then."""
    is_answered: bool = False


class HttpConnections:
    """All open connections of one application."""

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections
        self._open: dict[web.RequestHandler, _HttpConnection] = {}

    def add(
        self, handler: web.RequestHandler, transport: asyncio.Transport, client: socket.socket, address: str
    ) -> None:
        """A connection was accepted; `transport` is that of the socket `client`, also under TLS."""
        now = asyncio.get_running_loop().time()
        self._open[handler] = _HttpConnection(transport, client, (address, False), now, now + HEAD_TIMEOUT)

    async def make_room(self) -> None:
        """Return when there is a place for one more; ends a connection if none is free."""
        loop = asyncio.get_running_loop()
        while len(self._open) >= self._max_connections:
            self._remove_closed()
            if len(self._open) >= self._max_connections:
                idlest = self._idlest()
                # The idlest of the group: if even this one is too young, so are all others of it.
                wait = idlest.last_used + MIN_LIFETIME - loop.time()
                if wait <= 0:
                    idlest.transport.abort()

                # Also after an abort: the socket closes only when the loop has had a turn.
                await asyncio.sleep(max(0.0, wait))

    def _idlest(self) -> _HttpConnection:
        # For each connection of a flood: lists and no generators, which would cost as much as its handshake.
        connections = list(self._open.values())
        group_sizes = Counter([connection.group for connection in connections])
        largest = max(group_sizes.values())
        crowd = [connection for connection in connections if group_sizes[connection.group] == largest]
        return min(crowd, key=operator.attrgetter("last_used"))

    def abort_overdue(self) -> None:
        """End the connections whose time is over."""
        self._remove_closed()
        now = asyncio.get_running_loop().time()

        # `abort` does not change the dict: closed connections leave it at the next look.
        for connection in self._open.values():
            if connection.deadline >= now:
                continue
            if connection.is_answered and not connection.transport.get_write_buffer_size():
                # The client took its answer. From here on aiohttp's idle timeout counts.
                connection.deadline = math.inf
            else:
                connection.transport.abort()

    def _remove_closed(self) -> None:
        # A closed one takes a place until its socket is closed, not until its transport has ended.
        closed = [handler for handler, connection in self._open.items() if connection.client.fileno() < 0]
        for handler in closed:
            del self._open[handler]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that the client of this connection asked, and that it was answered."""
        connection = self._open.get(request.protocol)
        if connection is None or request.transport is None:  # it was just ended
            return await handler(request)

        request.transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        connection.last_used = asyncio.get_running_loop().time()
        connection.deadline = connection.last_used + ANSWER_TIMEOUT
        connection.group = (connection.group[0], True)
        connection.is_answered = False
        try:
            return await handler(request)
        finally:
            # Also after an error, which a page of its own then reports.
            connection.is_answered = True

    def abort_all(self) -> None:
        """End all connections."""
        for connection in self._open.values():
            connection.transport.abort()
        self._open.clear()

    def close_inherited(self) -> None:
        """In a process that was just forked: close its copies, or clients would wait for an end."""
        for connection in self._open.values():
            if connection.client.fileno() >= 0:
                # Only the descriptor: `abort` would also take it out of the epoll that a fork shares.
                os.close(connection.client.fileno())
