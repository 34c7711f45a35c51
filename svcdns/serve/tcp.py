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

from svcdns.dns import wire
from svcdns.dns.query import Forward
from svcdns.serve.connections import Connections
from svcdns.serve.counting import Counting

PER_TURN = 64
"""Messages of one connection that are answered in a turn of the loop; then others have theirs."""


class Connection(asyncio.Protocol):
    """One client's stream: two bytes of length, then a message (RFC 1035 4.2.2)."""

    def __init__(self, owner: Connections) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._transport: Transport | None = None
        self._client = ""
        self._counting: Counting
        self._turn: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._waiting = 0
        self._full = False
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the client is there."""
        self._transport = cast(Transport, transport)
        self._transport.set_write_buffer_limits(high=self._owner.limits.write_buffer)
        peer = transport.get_extra_info("peername")
        self._client = peer[0] if peer else ""
        self._owner.opened(self, self._client)
        family = socket.AF_INET6 if ":" in self._client else socket.AF_INET
        secure = transport.get_extra_info("sslcontext") is not None
        self._counting = self._owner.service.counting("tls" if secure else "tcp", family)
        self._deadline = self._owner.loop.time() + self._owner.limits.idle
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        if not self._buffer:
            self._deadline = self._owner.loop.time() + self._owner.limits.read
        self._buffer += data
        if self._turn is None:
            self._advance()

    def _advance(self) -> None:
        """Answer what is whole, as much as one turn may."""
        self._turn = None
        if self._transport is None or self._transport.is_closing():
            return
        begin = monotonic()
        packets, replies, framed = self._answer(begin)
        if framed:
            self._transport.write(b"".join(framed))
        if packets:
            self._counting.batch(packets, replies, len(framed), monotonic() - begin, self._peer)
            limits = self._owner.limits
            self._deadline = self._owner.loop.time() + (limits.read if self._buffer else limits.idle)
            self._owner.used(self)
        self._go_on()

    def _answer(self, begin: float) -> tuple[list[bytes], list[bytes | Forward | None], list[bytes]]:
        """Whole messages of the buffer, what becomes of each, and the whole replies behind their lengths."""
        buffer, limits, answer = self._buffer, self._owner.limits, self._owner.service.answer
        packets: list[bytes] = []
        replies: list[bytes | Forward | None] = []
        framed: list[bytes] = []
        at = size = 0
        end = self._message_end(0)
        if not end:
            return packets, replies, framed
        with self._owner.service.session():
            while (
                end
                and len(packets) < PER_TURN
                and size < limits.write_buffer
                and self._waiting < limits.waiting
            ):
                ident, packet = bytes(buffer[at + 2 : at + 4]), bytes(buffer[at + 4 : end])
                reply = answer(packet)
                packets.append(packet)
                replies.append(reply)
                if isinstance(reply, bytes):
                    framed.append(_framed(ident, reply))
                    size += len(reply)
                elif reply is not None:
                    self._waiting += 1
                    send = functools.partial(self._send_later, ident, packet, begin)
                    self._owner.service.later(reply, send)
                at, end = end, self._message_end(end)
        del buffer[:at]
        return packets, replies, framed

    def _message_end(self, at: int) -> int:
        """Where the message that starts at `at` ends, or 0 where it is not whole."""
        buffer = self._buffer
        if len(buffer) < at + 2:
            return 0
        end = at + 2 + (buffer[at] << 8 | buffer[at + 1])
        return end if end <= len(buffer) else 0

    def _go_on(self) -> None:
        """Read on; or answer what is left first, in the next turn or when it may be answered."""
        if self._transport is None or self._transport.is_closing():
            return
        left = self._message_end(0) > 0
        blocked = self._full or self._waiting >= self._owner.limits.waiting
        if left and not blocked and self._turn is None:
            self._turn = self._owner.loop.call_soon(self._advance)
        if self._ended and not left and not self._waiting:
            self._transport.close()
        elif self._ended or left or blocked:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _send_later(self, ident: bytes, packet: bytes, begin: float, reply: bytes) -> None:
        """The reply to a question that waited: answers may overtake each other (RFC 7766 7)."""
        self._waiting -= 1
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(_framed(ident, reply))
        self._counting.late(packet, reply, monotonic() - begin, self._client)
        self._deadline = self._owner.loop.time() + self._owner.limits.idle
        self._go_on()

    def _peer(self, _: int) -> str:
        return self._client

    def pause_writing(self) -> None:
        """Asyncio: the client does not read its answers; no more of its questions are read."""
        self._full = True
        self._go_on()

    def resume_writing(self) -> None:
        """Asyncio: it does again."""
        self._full = False
        self._go_on()

    def eof_received(self) -> bool:
        """Asyncio: the client has asked everything; close when the answers are sent."""
        self._ended = True
        return self._waiting > 0 or self._message_end(0) > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: gone, from either side."""
        if self._timer is not None:
            self._timer.cancel()
        self._owner.closed(self)

    def finish(self) -> None:
        """Read no more, and close when the answers are sent."""
        self._ended = True
        self._go_on()

    def abort(self) -> None:
        """Close now, to make room."""
        self._owner.closed(self)
        if self._transport is not None:
            self._transport.abort()

    def _watch(self) -> None:
        """One timer per connection; it looks at the deadline when it rings, and waits for the rest."""
        limits = self._owner.limits
        left = limits.idle if self._waiting else self._deadline - self._owner.loop.time()
        if left <= 0:
            self._owner.counts.expired += 1
            self.abort()
        else:  # the next message may have an earlier deadline
            self._timer = self._owner.loop.call_later(min(left, limits.read), self._watch)


def _framed(ident: bytes, reply: bytes) -> bytes:
    """The whole reply behind its length (RFC 1035 4.2.2)."""
    return (wire.ID + len(reply)).to_bytes(2, "big") + ident + reply
