"""One client's stream of DNS over TCP (RFC 7766): framing, pipelining, deadlines; the service answers.

    connection: IDLE --bytes--> READING --message--> answer --> IDLE
                 | idle deadline  | read deadline (slow senders)      either way: closed

A connection is not read from while its client does not read its answers (the write buffer is
bounded), while enough of its questions wait for an upstream, and while whole messages are left for
the next turn of the loop; the same deadlines close it. How many there may be: see `connections`.
"""

import asyncio
import functools
import socket
from asyncio import Transport
from time import monotonic
from typing import cast

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages
from svcdns.serve.worker.client_connections import ClientConnections
from svcdns.serve.worker.traffic import TrafficCounter

MESSAGES_PER_TURN = 64
"""Messages of one connection that are answered in a turn of the loop; then others have theirs."""


class TcpConnection(asyncio.Protocol):
    """One client's stream: two bytes of length, then a message (RFC 1035 4.2.2)."""

    def __init__(self, connections: ClientConnections) -> None:
        self._connections = connections
        self._buffer = bytearray()
        self._transport: Transport | None = None
        self._client_address = ""
        self._traffic_counter: TrafficCounter
        self._next_turn: asyncio.Handle | None = None
        self._deadline_timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._waiting_count = 0
        self._is_write_blocked = False
        self._is_draining = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the client is there."""
        self._transport = cast(Transport, transport)
        self._transport.set_write_buffer_limits(high=self._connections.limits.write_buffer_size)
        peer = transport.get_extra_info("peername")
        self._client_address = peer[0] if peer else ""
        self._connections.add(self, self._client_address)
        family = socket.AF_INET6 if ":" in self._client_address else socket.AF_INET
        secure = transport.get_extra_info("sslcontext") is not None
        self._traffic_counter = self._connections.service.traffic_counter("tls" if secure else "tcp", family)
        self._deadline = self._connections.loop.time() + self._connections.limits.idle_timeout
        self._check_deadline()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        if not self._buffer:
            self._deadline = self._connections.loop.time() + self._connections.limits.read_timeout
        self._buffer += data
        if self._next_turn is None:
            self._run_turn()

    def _run_turn(self) -> None:
        """Answer what is whole, as much as one turn may."""
        self._next_turn = None
        if self._transport is None or self._transport.is_closing():
            return
        begin = monotonic()
        packets, replies, framed = self._answer_buffered(begin)
        if framed:
            self._transport.write(b"".join(framed))
        if packets:
            self._traffic_counter.add_batch(
                packets, replies, len(framed), monotonic() - begin, self._client_at
            )
            limits = self._connections.limits
            self._deadline = self._connections.loop.time() + (
                limits.read_timeout if self._buffer else limits.idle_timeout
            )
            self._connections.mark_active(self)
        self._continue_or_pause()

    def _answer_buffered(
        self, started_at: float
    ) -> tuple[list[bytes], list[bytes | PendingQuery | None], list[bytes]]:
        """Whole messages of the buffer, what becomes of each, and the whole replies behind their lengths."""
        buffer, limits, answer = self._buffer, self._connections.limits, self._connections.service.answer
        packets: list[bytes] = []
        replies: list[bytes | PendingQuery | None] = []
        framed: list[bytes] = []
        at = size = 0
        end = self._message_end(0)
        if not end:
            return packets, replies, framed
        with self._connections.service.begin_transaction():
            while (
                end
                and len(packets) < MESSAGES_PER_TURN
                and size < limits.write_buffer_size
                and self._waiting_count < limits.max_waiting
            ):
                ident, packet = bytes(buffer[at + 2 : at + 4]), bytes(buffer[at + 4 : end])
                reply = answer(packet)
                packets.append(packet)
                replies.append(reply)
                if isinstance(reply, bytes):
                    framed.append(_frame_reply(ident, reply))
                    size += len(reply)
                elif reply is not None:
                    self._waiting_count += 1
                    send = functools.partial(self._send_late_reply, ident, packet, started_at)
                    self._connections.service.answer_later(reply, send)
                at, end = end, self._message_end(end)
        del buffer[:at]
        return packets, replies, framed

    def _message_end(self, start: int) -> int:
        """Where the message that starts at `at` ends, or 0 where it is not whole."""
        buffer = self._buffer
        if len(buffer) < start + 2:
            return 0
        end = start + 2 + (buffer[start] << 8 | buffer[start + 1])
        return end if end <= len(buffer) else 0

    def _continue_or_pause(self) -> None:
        """Read on; or answer what is left first, in the next turn or when it may be answered."""
        if self._transport is None or self._transport.is_closing():
            return
        left = self._message_end(0) > 0
        blocked = self._is_write_blocked or self._waiting_count >= self._connections.limits.max_waiting
        if left and not blocked and self._next_turn is None:
            self._next_turn = self._connections.loop.call_soon(self._run_turn)
        if self._is_draining and not left and not self._waiting_count:
            self._transport.close()
        elif self._is_draining or left or blocked:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _send_late_reply(self, query_id: bytes, packet: bytes, started_at: float, reply: bytes) -> None:
        """The reply to a question that waited: answers may overtake each other (RFC 7766 7)."""
        self._waiting_count -= 1
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(_frame_reply(query_id, reply))
        self._traffic_counter.add_late_reply(packet, reply, monotonic() - started_at, self._client_address)
        self._deadline = self._connections.loop.time() + self._connections.limits.idle_timeout
        self._continue_or_pause()

    def _client_at(self, _: int) -> str:
        return self._client_address

    def pause_writing(self) -> None:
        """Asyncio: the client does not read its answers; no more of its questions are read."""
        self._is_write_blocked = True
        self._continue_or_pause()

    def resume_writing(self) -> None:
        """Asyncio: it does again."""
        self._is_write_blocked = False
        self._continue_or_pause()

    def eof_received(self) -> bool:
        """Asyncio: the client has asked everything; close when the answers are sent."""
        self._is_draining = True
        return self._waiting_count > 0 or self._message_end(0) > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: gone, from either side."""
        if self._deadline_timer is not None:
            self._deadline_timer.cancel()
        self._connections.remove(self)

    def drain(self) -> None:
        """Read no more, and close when the answers are sent."""
        self._is_draining = True
        self._continue_or_pause()

    def abort(self) -> None:
        """Close now, to make room."""
        self._connections.remove(self)
        if self._transport is not None:
            self._transport.abort()

    def _check_deadline(self) -> None:
        """One timer per connection; it looks at the deadline when it rings, and waits for the rest."""
        limits = self._connections.limits
        left = limits.idle_timeout if self._waiting_count else self._deadline - self._connections.loop.time()
        if left <= 0:
            self._connections.counts.expired += 1
            self.abort()
        else:  # the next message may have an earlier deadline
            self._deadline_timer = self._connections.loop.call_later(
                min(left, limits.read_timeout), self._check_deadline
            )


def _frame_reply(query_id: bytes, reply: bytes) -> bytes:
    """The whole reply behind its length (RFC 1035 4.2.2)."""
    return (messages.ID_SIZE + len(reply)).to_bytes(2, "big") + query_id + reply
