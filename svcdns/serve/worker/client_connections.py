"""Who is connected to a worker over TCP or TLS.

    tcp.Connection --opened, used, closed--> Connections --abort--> another tcp.Connection

Where there are too many, the idlest one goes first.
"""

from asyncio import AbstractEventLoop
from collections import OrderedDict
from typing import Protocol

from msgspec import Struct

from svcdns.serve.worker.service import StreamService
from svcdns.stats.worker_counters import ConnectionCounts


class ClientLimits(Struct, frozen=True):
    """Seconds and counts."""

    idle_timeout: float = 10.0
    """Between the last answer and the next message; RFC 7766 6.2.3 asks for a few seconds."""
    read_timeout: float = 5.0
    """From a message's first byte to its last."""
    max_connections: int = 512
    """Of one worker."""
    max_per_client: int = 64
    """Of one address."""
    write_buffer_size: int = 32 << 10
    """Bytes of replies that a client does not read, and as many again that one turn adds."""
    max_waiting: int = 100
    """Messages of one connection that wait for an upstream."""


class ClientConnection(Protocol):
    """One of them (`tcp`)."""

    def drain(self) -> None:
        """Read no more, and close when the answers are sent."""
        ...

    def abort(self) -> None:
        """Close now, and count it out (`closed`)."""
        ...


class ClientConnections:
    """All of a worker, in the order of their last message."""

    def __init__(self, loop: AbstractEventLoop, service: StreamService, limits: ClientLimits) -> None:
        self.loop = loop
        self.service = service
        self.limits = limits
        self.counts = ConnectionCounts()
        self._client_by_connection: OrderedDict[ClientConnection, str] = OrderedDict()
        self._count_by_client: dict[str, int] = {}

    def add(self, connection: ClientConnection, client: str) -> None:
        """Count it in, and close the ones that are over a limit."""
        if self._count_by_client.get(client, 0) >= self.limits.max_per_client:
            self._evict(next(found for found, owner in self._client_by_connection.items() if owner == client))
        if len(self._client_by_connection) >= self.limits.max_connections:
            self._evict(next(iter(self._client_by_connection)))
        self.counts.opened += 1
        self._client_by_connection[connection] = client
        self._count_by_client[client] = self._count_by_client.get(client, 0) + 1

    def _evict(self, connection: ClientConnection) -> None:
        self.counts.evicted += 1
        connection.abort()

    def mark_active(self, connection: ClientConnection) -> None:
        """It sent a message: the others are idle for longer."""
        if connection in self._client_by_connection:
            self._client_by_connection.move_to_end(connection)

    def remove(self, connection: ClientConnection) -> None:
        """Count it out; twice is once."""
        client = self._client_by_connection.pop(connection, None)
        if client is not None:
            self._count_by_client[client] -= 1
            if not self._count_by_client[client]:
                del self._count_by_client[client]

    def drain(self) -> None:
        """Close every connection once its answers are sent."""
        for connection in list(self._client_by_connection):
            connection.drain()

    def __len__(self) -> int:
        return len(self._client_by_connection)
