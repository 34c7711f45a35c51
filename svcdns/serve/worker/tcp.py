"""One client's connection over TCP or TLS (RFC 7766): framing, pipelining, deadlines.

    connection: IDLE --bytes--> READING --message--> answer --> IDLE
                 | idle deadline  | read deadline (slow senders)      either way: closed

Nothing more is read from a connection while its client does not read the replies (the write buffer is
bounded), while too many of its queries wait for an upstream, and while whole messages are buffered for
the next turn of the event loop. The same deadlines close such a connection. `client_connections` limits
how many there may be.
"""

import asyncio
import functools
import socket
from asyncio import Transport
from time import monotonic
from typing import cast

from svcdns import addresses
from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages
from svcdns.serve.worker.client_connections import ClientConnection, ClientConnections
from svcdns.serve.worker.traffic import TrafficCounter

MESSAGES_PER_TURN = 64
"""Messages of one connection that are answered in a turn of the event loop; then others have theirs."""


class TcpConnection(asyncio.Protocol):
    """One client's stream: two bytes of length, then a message (RFC 1035 4.2.2)."""

    def __init__(self, connections: ClientConnections, handshake: ClientConnection | None = None) -> None:
        """After a TLS `handshake`, the connection takes its place."""
        self._connections = connections
        self._handshake = handshake
        self._buffer = bytearray()
        self._transport: Transport | None = None
        self._client_address = ""
        self._packed_address = b""
        self._traffic_counter: TrafficCounter
        self._next_turn: asyncio.Handle | None = None
        self._deadline_timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._idle_deadline = 0.0
        """When the connection ends unless a message comes that gets a reply; `_deadline` may be earlier."""
        self._waiting_count = 0
        self._is_write_blocked = False
        self._is_draining = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the client is connected."""
        self._transport = cast(Transport, transport)
        self._transport.set_write_buffer_limits(high=self._connections.limits.write_buffer_size)

        # The client may be gone already; then there is no address to ask for.
        peer = transport.get_extra_info("peername")
        self._client_address = peer[0] if peer else ""
        self._packed_address = addresses.parse(self._client_address.partition("%")[0]) or b""
        if self._handshake is None:
            self._connections.add(self, self._client_address)
        elif not self._connections.replace(self._handshake, self):
            # Evicted just before.
            self._transport.abort()
            return

        family = socket.AF_INET6 if ":" in self._client_address else socket.AF_INET
        protocol = "tcp" if transport.get_extra_info("sslcontext") is None else "tls"
        self._traffic_counter = self._connections.service.traffic_counter(protocol, family)

        self._idle_deadline = self._connections.loop.time() + self._connections.limits.idle_timeout
        self._deadline = self._idle_deadline
        self._check_deadline()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        # Only the first byte of a message sets the deadline: a slow sender cannot move it with each byte.
        if not self._buffer:
            self._deadline = self._connections.loop.time() + self._connections.limits.read_timeout

        self._buffer += data
        if self._next_turn is None:
            self._run_turn()

    def _run_turn(self) -> None:
        """Answer the whole messages of the buffer, as many as one turn may."""
        self._next_turn = None
        if self._transport is None or self._transport.is_closing():
            return

        started_at = monotonic()
        packets, replies, framed = self._answer_buffered(started_at)
        # One write for the whole turn: one system call, and one TLS record.
        if framed:
            self._transport.write(b"".join(framed))

        if packets:
            self._traffic_counter.add_batch(
                packets, replies, len(framed), monotonic() - started_at, self._client_at
            )
            self._set_deadline(is_active=any(reply is not None for reply in replies))

        self._continue_or_pause()

    def _set_deadline(self, is_active: bool) -> None:
        """After whole messages; `is_active` if any of them gets a reply.

        Others, such as empty ones, give no time: they would keep a connection open for ever.
        """
        if is_active:
            limits, now = self._connections.limits, self._connections.loop.time()
            self._idle_deadline = now + limits.idle_timeout
            self._deadline = now + limits.read_timeout if self._buffer else self._idle_deadline
            self._connections.mark_active(self)
        elif not self._buffer:
            self._deadline = self._idle_deadline

    def _answer_buffered(
        self, started_at: float
    ) -> tuple[list[bytes], list[bytes | PendingQuery | None], list[bytes]]:
        """Queries without their ids, the outcome of each, and the replies to send, framed."""
        buffer = self._buffer
        limits = self._connections.limits
        answer = self._connections.service.answer
        packets: list[bytes] = []
        replies: list[bytes | PendingQuery | None] = []
        framed: list[bytes] = []

        start = reply_bytes = 0
        end = self._message_end(0)
        # Without a whole message there is nothing to open a transaction for.
        if not end:
            return packets, replies, framed

        with self._connections.service.begin_transaction():
            while (
                end
                and len(packets) < MESSAGES_PER_TURN
                and reply_bytes < limits.write_buffer_size
                and self._waiting_count < limits.max_waiting
            ):
                query_id = bytes(buffer[start + 2 : start + 4])
                packet = bytes(buffer[start + 4 : end])
                reply = answer(packet, self._packed_address)
                packets.append(packet)
                replies.append(reply)

                if isinstance(reply, bytes):
                    framed.append(_frame_reply(query_id, reply))
                    reply_bytes += len(reply)
                elif reply is not None:
                    self._waiting_count += 1
                    send = functools.partial(self._send_late_reply, query_id, packet, started_at)
                    self._connections.service.answer_later(reply, send, self._client_address)

                start = end
                end = self._message_end(end)

        # Once for the whole turn: each deletion moves all that follows.
        del buffer[:start]
        return packets, replies, framed

    def _message_end(self, start: int) -> int:
        """Where the message that starts at `start` ends, or 0 while it is not whole."""
        buffer = self._buffer
        if len(buffer) < start + 2:
            return 0

        end = start + 2 + (buffer[start] << 8 | buffer[start + 1])
        return end if end <= len(buffer) else 0

    def _continue_or_pause(self) -> None:
        """Read on; or answer the buffered messages first, in the next turn or when they may be answered."""
        if self._transport is None or self._transport.is_closing():
            return

        has_message = self._message_end(0) > 0
        blocked = self._is_write_blocked or self._waiting_count >= self._connections.limits.max_waiting
        if has_message and not blocked and self._next_turn is None:
            self._next_turn = self._connections.loop.call_soon(self._run_turn)

        if self._is_draining and not has_message and not self._waiting_count:
            self._transport.close()
        elif self._is_draining or has_message or blocked:
            # The client's own TCP then stops it: nothing is buffered here without bound.
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _send_late_reply(self, query_id: bytes, packet: bytes, started_at: float, reply: bytes) -> None:
        """Send the reply to a query that waited; replies may overtake each other (RFC 7766 7)."""
        self._waiting_count -= 1
        if self._transport is None or self._transport.is_closing():
            return

        self._transport.write(_frame_reply(query_id, reply))
        self._traffic_counter.add_late_reply(packet, reply, monotonic() - started_at, self._client_address)
        self._idle_deadline = self._connections.loop.time() + self._connections.limits.idle_timeout
        self._deadline = self._idle_deadline
        self._continue_or_pause()

    def _client_at(self, _: int) -> str:
        return self._client_address

    def pause_writing(self) -> None:
        """Asyncio: the client does not read its replies, so no more of its queries are read."""
        self._is_write_blocked = True
        self._continue_or_pause()

    def resume_writing(self) -> None:
        """Asyncio: the client reads its replies again."""
        self._is_write_blocked = False
        self._continue_or_pause()

    def eof_received(self) -> bool:
        """Asyncio: the client sends nothing more; close when its replies are sent."""
        self._is_draining = True
        # True keeps the transport open for the replies; False closes it now.
        return self._waiting_count > 0 or self._message_end(0) > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: the connection was closed, by either side."""
        if self._deadline_timer is not None:
            self._deadline_timer.cancel()
        self._connections.remove(self)

    def drain(self) -> None:
        """Read no more, and close when the replies are sent."""
        self._is_draining = True
        self._continue_or_pause()

    def abort(self) -> None:
        """Close now, without sending what is buffered."""
        # At once, not in `connection_lost`: whoever aborts wants the room now.
        self._connections.remove(self)
        if self._transport is not None:
            self._transport.abort()

    def _check_deadline(self) -> None:
        """Close the connection after its deadline, else look again later.

        There is one timer per connection, which is not moved with each message: it looks at the deadline
        when it rings.
        """
        limits = self._connections.limits
        # While an upstream is asked, the client is waiting for us, not we for it.
        time_left = (
            limits.idle_timeout if self._waiting_count else self._deadline - self._connections.loop.time()
        )
        if time_left <= 0:
            self._connections.counts.expired += 1
            self.abort()
        else:
            # The next message may have an earlier deadline than the one that is waited for.
            self._deadline_timer = self._connections.loop.call_later(
                min(time_left, limits.read_timeout), self._check_deadline
            )


def _frame_reply(query_id: bytes, reply: bytes) -> bytes:
    """The whole reply behind its length (RFC 1035 4.2.2)."""
    return (messages.ID_SIZE + len(reply)).to_bytes(2, "big") + query_id + reply
