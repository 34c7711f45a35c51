"""DNS over TCP (RFC 7766): framing, pipelining, deadlines and bounds; the answers are the handler's.

    connection: IDLE --bytes--> READING --message--> handler --> IDLE
                 | idle deadline  | read deadline (slow senders)      either way: closed

A connection that does not read its answers is not read from (its write buffer is bounded), and is
closed by the same deadlines. Over the limits the connection that was idle longest goes first.
"""

import asyncio
from asyncio import AbstractEventLoop, Transport
from collections import OrderedDict
from typing import cast

from msgspec import Struct

from svcdns.dns.query import Forward
from svcdns.serve.service import Service


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
    write_buffer: int = 256 << 10
    waiting: int = 100
    """Messages of one connection that wait for an upstream."""


class Connections:
    """All TCP connections of a worker, in the order of their last message."""

    def __init__(self, loop: AbstractEventLoop, service: Service, limits: Limits) -> None:
        self.loop = loop
        self.service = service
        self.limits = limits
        self._open: OrderedDict[Connection, str] = OrderedDict()
        self._by_client: dict[str, int] = {}

    def protocol(self) -> "Connection":
        """For create_server."""
        return Connection(self)

    def opened(self, connection: "Connection", client: str) -> None:
        """Count it in, and close the ones that are over a limit."""
        if self._by_client.get(client, 0) >= self.limits.per_client:
            next(found for found, owner in self._open.items() if owner == client).abort()
        if len(self._open) >= self.limits.connections:
            next(iter(self._open)).abort()
        self._open[connection] = client
        self._by_client[client] = self._by_client.get(client, 0) + 1

    def used(self, connection: "Connection") -> None:
        """It sent a message: the others are idle for longer."""
        if connection in self._open:
            self._open.move_to_end(connection)

    def closed(self, connection: "Connection") -> None:
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


class Connection(asyncio.Protocol):
    """One client's stream: two bytes of length, then a message (RFC 1035 4.2.2)."""

    def __init__(self, owner: Connections) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._transport: Transport | None = None
        self._waiting = 0
        self._ended = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the client is there."""
        self._transport = cast(Transport, transport)
        self._transport.set_write_buffer_limits(high=self._owner.limits.write_buffer)
        peer = transport.get_extra_info("peername")
        self._owner.opened(self, peer[0] if peer else "")
        self._deadline = self._owner.loop.time() + self._owner.limits.idle
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        waiting = bool(self._buffer)
        self._buffer += data
        replies, complete = self._answer()
        if self._transport is not None and replies:
            self._transport.write(b"".join(replies))
        limits, now = self._owner.limits, self._owner.loop.time()
        if complete:
            self._owner.used(self)
        if not self._buffer:
            self._deadline = now + limits.idle
        elif complete or not waiting:
            self._deadline = now + limits.read

    def _answer(self) -> tuple[list[bytes], bool]:
        """The framed replies to every whole message in the buffer."""
        buffer, at = self._buffer, 0
        replies: list[bytes] = []
        if len(buffer) < 2 or len(buffer) < 2 + (buffer[0] << 8 | buffer[1]):
            return [], False
        with self._owner.service.session(stream=True) as handler:
            while len(buffer) >= at + 2:
                end = at + 2 + (buffer[at] << 8 | buffer[at + 1])
                if len(buffer) < end:
                    break
                reply = handler(bytes(buffer[at + 2 : end]))
                if isinstance(reply, Forward):
                    self._forward(reply)
                elif reply is not None:
                    replies += (len(reply).to_bytes(2, "big"), reply)
                at = end
        del buffer[:at]
        return replies, True

    def _forward(self, forward: Forward) -> None:
        """Its reply comes when it comes: answers may overtake each other (RFC 7766 7)."""
        self._waiting += 1
        if self._waiting == self._owner.limits.waiting and self._transport is not None:
            self._transport.pause_reading()
        self._owner.service.later(forward, self._send_later)

    def _send_later(self, reply: bytes) -> None:
        self._waiting -= 1
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(len(reply).to_bytes(2, "big") + reply)
        self._deadline = self._owner.loop.time() + self._owner.limits.idle
        if self._ended:
            if not self._waiting:
                self._transport.close()
        elif self._waiting == self._owner.limits.waiting - 1:
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Asyncio: the client does not read its answers; no more of its questions are read."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Asyncio: it does again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        """Asyncio: the client has asked everything; close when the answers are sent."""
        self._ended = True
        return self._waiting > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: gone, from either side."""
        if self._timer is not None:
            self._timer.cancel()
        self._owner.closed(self)

    def finish(self) -> None:
        """Close when the answers are sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close now, to make room."""
        self._owner.closed(self)
        if self._transport is not None:
            self._transport.abort()

    def _watch(self) -> None:
        """One timer per connection; it looks at the deadline when it rings, and waits for the rest."""
        left = self._owner.limits.idle if self._waiting else self._deadline - self._owner.loop.time()
        if left <= 0:
            self.abort()
        else:
            self._timer = self._owner.loop.call_later(left, self._watch)
