"""The clients that are connected to a worker over TCP or TLS.

    TcpConnection --add, mark_active, remove--> ClientConnections --abort--> the TcpConnection idle longest

A worker with too many connections closes the one that has been idle longest.
"""

from asyncio import AbstractEventLoop
from collections import OrderedDict
from typing import Protocol

from msgspec import Struct

from svcdns.serve.worker.service import StreamService
from svcdns.stats.worker_counters import ConnectionCounts


class ClientLimits(Struct, frozen=True):
    """How long a client may be idle or slow, and how many may be connected."""

    idle_timeout: float = 10.0
    """Seconds between the last answer and the next message; RFC 7766 6.2.3 asks for a few seconds."""
    read_timeout: float = 5.0
    """Seconds from the first byte of a message to its last."""
    max_connections: int = 512
    """The most connections of one worker."""
    max_per_client: int = 64
    """The most connections of one client address."""
    write_buffer_size: int = 32 << 10
    """Bytes of unread replies after which no more queries are answered; one turn may add as many again."""
    max_waiting: int = 100
    """The most messages of one connection that wait for an upstream."""


class ClientConnection(Protocol):
    """A connection, as it is seen from here; `tcp.TcpConnection` is one."""

    def drain(self) -> None:
        """Read no more, and close when the answers are sent."""
        ...

    def abort(self) -> None:
        """Close now, and call `ClientConnections.remove`."""
        ...


class ClientConnections:
    """All connections of a worker, in the order of their last message."""

    def __init__(self, loop: AbstractEventLoop, service: StreamService, limits: ClientLimits) -> None:
        self.loop = loop
        self.service = service
        self.limits = limits
        self.counts = ConnectionCounts()
        self._client_by_connection: OrderedDict[ClientConnection, str] = OrderedDict()
        self._count_by_client: dict[str, int] = {}

    def add(self, connection: ClientConnection, client: str) -> None:
        """Add a new connection of this client address, and close those that exceed a limit."""
        # The client's own limit comes first: one greedy client then costs nobody else a connection.
        if self._count_by_client.get(client, 0) >= self.limits.max_per_client:
            self._evict(self._idlest_connection_of(client))

        if len(self._client_by_connection) >= self.limits.max_connections:
            self._evict(next(iter(self._client_by_connection)))

        self.counts.opened += 1
        self._client_by_connection[connection] = client
        self._count_by_client[client] = self._count_by_client.get(client, 0) + 1

    def _idlest_connection_of(self, client: str) -> ClientConnection:
        return next(connection for connection, owner in self._client_by_connection.items() if owner == client)

    def _evict(self, connection: ClientConnection) -> None:
        self.counts.evicted += 1
        connection.abort()

    def mark_active(self, connection: ClientConnection) -> None:
        """The connection has sent a message: all the others have been idle for longer."""
        # An evicted connection may still have a turn of the loop to come.
        if connection in self._client_by_connection:
            self._client_by_connection.move_to_end(connection)

    def remove(self, connection: ClientConnection) -> None:
        """Forget a connection that is closed; a second call does nothing."""
        client = self._client_by_connection.pop(connection, None)
        if client is None:
            return

        self._count_by_client[client] -= 1
        # Without this the table would grow by every address that ever connected.
        if not self._count_by_client[client]:
            del self._count_by_client[client]

    def drain(self) -> None:
        """Close every connection once its answers are sent."""
        # A copy: a connection without pending answers removes itself at once.
        for connection in list(self._client_by_connection):
            connection.drain()

    def __len__(self) -> int:
        return len(self._client_by_connection)
