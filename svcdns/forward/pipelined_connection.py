"""One stream to one upstream: many questions at once, answers in any order (RFC 7766 6.2.1.1, 7).

    ask ---> waiting: id -> query, future ---> two bytes of length, message
                 ^                                       |
                 +--- id, then the question <------------+

A connection takes no more questions when it is too old, or kept silent while one waited in vain (it
may be dead without a word); it closes when nobody waits any more. One that sends what is no answer is
ended. An answer whose records break the format fails its question alone: whoever owns the name that
is asked for made them, and others' answers are not his to end.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import cast

from svcdns.dns.wire import messages, response
from svcdns.dns.wire.response import Response
from svcdns.forward.questions import UpstreamQuery

MAX_PENDING = 256
"""Questions of one connection without an answer, those that nobody waits for any more too."""
MAX_UNMATCHED = 100
"""Answers to nothing, after which the connection is ended."""
IDLE_TIMEOUT = 10.0
"""Seconds without a question, then it is closed (RFC 7766 6.2.3: a few)."""


class ConnectionLostError(ConnectionError):
    """The connection ended before the answer."""


class PipelinedConnection(asyncio.Protocol):
    """The protocol of one connection; `on_closed` is called at its end."""

    def __init__(self, clock: Callable[[], float], max_age: float, on_closed: Callable[[], None]) -> None:
        self.answer_count = 0
        self._clock = clock
        self._expires_at = clock() + max_age
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._pending: dict[int, tuple[UpstreamQuery, asyncio.Future[Response]]] = {}
        # Fewer than are pending: some questions were given up, and their answers may still come.
        self._awaited_count = 0
        self._unmatched_count = 0
        self._is_draining = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self._close_reason = ""

    @property
    def is_available(self) -> bool:
        """Whether it takes one more question."""
        return not self._is_closing and not self.is_full

    @property
    def is_full(self) -> bool:
        """It waits for as many answers as it may."""
        return len(self._pending) >= MAX_PENDING

    @property
    def is_closed(self) -> bool:
        """It was never there, or ended."""
        return self._transport is None

    @property
    def _is_closing(self) -> bool:
        # No timer for the age: it matters only to the next question, and to the moment when nobody waits.
        return self._is_draining or self._clock() >= self._expires_at

    async def exchange(self, query: UpstreamQuery) -> Response:
        """The response; raises ConnectionLostError, or OSError where it breaks the format."""
        if self._transport is None:
            raise ConnectionLostError(self._close_reason)

        answer: asyncio.Future[Response] = self._loop.create_future()
        query_id = secrets.randbelow(1 << 16)
        # At most 256 of 65,536 ids are in use (`MAX_PENDING`), so this rarely turns.
        while query_id in self._pending:
            query_id = secrets.randbelow(1 << 16)
        self._pending[query_id] = query, answer
        self._awaited_count += 1
        self._update_idle_timer()

        packet = query.encode(query_id)
        # In one call, so that both go in one segment (RFC 7766 8).
        self._transport.write(len(packet).to_bytes(2, "big") + packet)

        answers_before = self.answer_count
        try:
            return await answer
        except asyncio.CancelledError:
            # Not one answer meanwhile: the connection may be dead without a word.
            self._is_draining |= self.answer_count == answers_before
            raise
        finally:
            self._awaited_count -= 1
            self._update_idle_timer()

    def _update_idle_timer(self) -> None:
        """Begin or end the time without questions."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._awaited_count or self._transport is None:
            return
        # Old or draining: nobody waits any more, so it need not idle first.
        if self._is_closing:
            self.close_when_idle()
        else:
            self._idle_timer = self._loop.call_later(IDLE_TIMEOUT, self.close_when_idle)

    def close_when_idle(self) -> None:
        """Take no more questions, and close when the answers are there."""
        self._is_draining = True
        # Otherwise `_update_idle_timer` comes back here when the last one has its answer.
        if self._transport is not None and not self._awaited_count:
            self._transport.close()

    def abort(self, reason: str) -> None:
        """End it now; pending questions fail with the reason."""
        self._is_draining = True
        self._close_reason = reason
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: connected, for TLS with the right certificate."""
        self._transport = cast(asyncio.Transport, transport)
        self._update_idle_timer()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        self._buffer += data
        buffer = self._buffer
        offset = 0
        # `abort` sets the reason: what stands behind a wrong message is not read.
        while len(buffer) >= offset + 2 and not self._close_reason:
            end = offset + 2 + (buffer[offset] << 8 | buffer[offset + 1])
            if end > len(buffer):
                break
            self._handle_message(bytes(buffer[offset + 2 : end]))
            offset = end

        # Once for all messages: each deletion moves what stands behind it.
        del buffer[:offset]

    def _handle_message(self, message: bytes) -> None:
        if len(message) < messages.HEADER_FIELDS.size:
            self.abort("it sent what is no DNS message")
            return

        query, answer = self._pending.pop(int.from_bytes(message[:2], "big"), (None, None))
        if query is None or answer is None:
            self._unmatched_count += 1
            if self._unmatched_count >= MAX_UNMATCHED:
                self.abort("it sent too many answers to nothing")
            return

        self.answer_count += 1
        # Given up meanwhile. It is counted all the same: the connection lives.
        if answer.done():
            return

        try:
            parsed = response.parse_response(message)
        except response.ResponseError as error:
            answer.set_exception(OSError(f"its answer breaks the format: {error}"))
            return

        if query.is_answered_by(parsed):
            answer.set_result(parsed)
        else:
            self.answer_count = 0  # whatever it said before: it is not worth a third try
            answer.set_exception(ConnectionLostError("it answered another question"))
            self.abort("it answered another question")

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: it ended, from either side."""
        self._transport = None
        self._is_draining = True
        self._close_reason = self._close_reason or f"it closed the connection{f': {exc}' if exc else ''}"
        for _, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(ConnectionLostError(self._close_reason))
        self._pending.clear()
        self._buffer.clear()
        self._update_idle_timer()
        self._on_closed()
