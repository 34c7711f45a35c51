"""Who is connected to a worker over TCP or TLS.

    tcp.Connection --opened, used, closed--> Connections --abort--> another tcp.Connection

Where there are too many, the idlest one goes first.
"""

from asyncio import AbstractEventLoop
from collections import OrderedDict
from typing import Protocol

from msgspec import Struct

from svcdns.serve.service import StreamService
from svcdns.stats.numbers import Streams


class Limits(Struct, frozen=True):
    """Seconds and counts."""

    idle: float = 10.0
    """Between the last answer and the next message; RFC 7766 6.2.3 asks for a few seconds."""
    read: float = 5.0
    """From a message's first byte to its last."""
    connections: int = 512
    """Of one worker."""
    per_client: int = 64
    """Of one address."""
    write_buffer: int = 32 << 10
    """Bytes of replies that a client does not read, and as many again that one turn adds."""
    waiting: int = 100
    """Messages of one connection that wait for an upstream."""


class Connection(Protocol):
    """One of them (`tcp`)."""

    def finish(self) -> None:
        """Read no more, and close when the answers are sent."""
        ...

    def abort(self) -> None:
        """Close now, and count it out (`closed`)."""
        ...


class Connections:
    """All of a worker, in the order of their last message."""

    def __init__(self, loop: AbstractEventLoop, service: StreamService, limits: Limits) -> None:
        self.loop = loop
        self.service = service
        self.limits = limits
        self.counts = Streams()
        self._open: OrderedDict[Connection, str] = OrderedDict()
        self._by_client: dict[str, int] = {}

    def opened(self, connection: Connection, client: str) -> None:
        """Count it in, and close the ones that are over a limit."""
        if self._by_client.get(client, 0) >= self.limits.per_client:
            self._evict(next(found for found, owner in self._open.items() if owner == client))
        if len(self._open) >= self.limits.connections:
            self._evict(next(iter(self._open)))
        self.counts.opened += 1
        self._open[connection] = client
        self._by_client[client] = self._by_client.get(client, 0) + 1

    def _evict(self, connection: Connection) -> None:
        self.counts.evicted += 1
        connection.abort()

    def used(self, connection: Connection) -> None:
        """It sent a message: the others are idle for longer."""
        if connection in self._open:
            self._open.move_to_end(connection)

    def closed(self, connection: Connection) -> None:
        """Count it out; twice is once."""
        client = self._open.pop(connection, None)
        if client is not None:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]

    def drain(self) -> None:
        """Close every connection once its answers are sent."""
        for connection in list(self._open):
            connection.finish()

    def __len__(self) -> int:
        return len(self._open)
