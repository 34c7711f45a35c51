"""The clients that are connected to a worker over TCP or TLS.

    accept --add--> silent --mark_active--> active        TLS handshake --replace--> TcpConnection
                      |                       |
                      +--- too many: abort ---+

A connection takes a place from its accept on. If there are too many, one has to go: the oldest silent one if
they have more than half of the places, otherwise the active one that was idle longest. So silent connections
do not drive away those that ask, and those that asked once do not keep new ones out.
"""

from asyncio import AbstractEventLoop
from collections import OrderedDict
from collections.abc import Collection
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
    """As it is seen from here: `tcp.TcpConnection`, or a `tls_listener.TlsHandshake` before it."""

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
        # Each in the order in which they came here, with the client's address.
        self._silent: OrderedDict[ClientConnection, str] = OrderedDict()
        self._active: OrderedDict[ClientConnection, str] = OrderedDict()
        self._count_by_client: dict[str, int] = {}

    def add(self, connection: ClientConnection, client: str) -> None:
        """Add a new connection of this client address, and close those that exceed a limit."""
        # The client's own limit comes first: one greedy client then costs nobody else a connection.
        if self._count_by_client.get(client, 0) >= self.limits.max_per_client:
            self._evict(
                [silent for silent, owner in self._silent.items() if owner == client],
                [active for active, owner in self._active.items() if owner == client],
                self.limits.max_per_client,
            )

        if len(self) >= self.limits.max_connections:
            self._evict(self._silent, self._active, self.limits.max_connections)

        self.counts.opened += 1
        self._silent[connection] = client
        self._count_by_client[client] = self._count_by_client.get(client, 0) + 1

    def _evict(
        self, silent: Collection[ClientConnection], active: Collection[ClientConnection], places: int
    ) -> None:
        """Close one of these; both are in order, and not both are empty."""
        self.counts.evicted += 1
        victims = silent if 2 * len(silent) > places or not active else active
        next(iter(victims)).abort()

    def replace(self, handshake: ClientConnection, connection: ClientConnection) -> bool:
        """The connection takes the place of its handshake; False if that has none any more."""
        client = self._silent.pop(handshake, None)
        if client is None:
            return False

        self._silent[connection] = client
        return True

    def mark_active(self, connection: ClientConnection) -> None:
        """The connection has sent a message: all other active ones have been idle for longer."""
        client = self._take_out(connection)
        # An evicted connection may still have a turn of the loop to come.
        if client is not None:
            self._active[connection] = client

    def remove(self, connection: ClientConnection) -> None:
        """Forget a connection that is closed; a second call does nothing."""
        client = self._take_out(connection)
        if client is None:
            return

        self._count_by_client[client] -= 1
        # Without this the table would grow by every address that ever connected.
        if not self._count_by_client[client]:
            del self._count_by_client[client]

    def _take_out(self, connection: ClientConnection) -> str | None:
        """The address of the connection, which may be empty; None if it has no place."""
        client = self._silent.pop(connection, None)
        return self._active.pop(connection, None) if client is None else client

    def drain(self) -> None:
        """Close every connection once its answers are sent."""
        # A copy: a connection without pending answers removes itself at once.
        for connection in [*self._silent, *self._active]:
            connection.drain()

    def __len__(self) -> int:
        return len(self._silent) + len(self._active)
