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

from svcdns.dns import response, wire
from svcdns.dns.response import Response
from svcdns.forward.question import Query

MAX_WAITING = 256
"""Questions of one connection without an answer, those that nobody waits for any more too."""
MAX_WRONG = 100
"""Answers to nothing, after which the connection is ended."""
IDLE = 10.0
"""Seconds without a question, then it is closed (RFC 7766 6.2.3: a few)."""


class LostError(ConnectionError):
    """The connection ended before the answer."""


class Connection(asyncio.Protocol):
    """To be connected by the loop; `lost` is called at its end."""

    def __init__(self, clock: Callable[[], float], max_age: float, lost: Callable[[], None]) -> None:
        self.answered = 0
        self._clock = clock
        self._old_at = clock() + max_age
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiting: dict[int, tuple[Query, asyncio.Future[Response]]] = {}
        self._live = 0
        self._wrong = 0
        self._retired = False
        self._idle: asyncio.TimerHandle | None = None
        self._reason = ""

    @property
    def takes(self) -> bool:
        """Whether it may be asked one more question."""
        return not self._is_leaving and not self.is_full

    @property
    def is_full(self) -> bool:
        """It waits for as many answers as it may."""
        return len(self._waiting) >= MAX_WAITING

    @property
    def is_lost(self) -> bool:
        """It was never there, or ended."""
        return self._transport is None

    @property
    def _is_leaving(self) -> bool:
        return self._retired or self._clock() >= self._old_at

    async def ask(self, query: Query) -> Response:
        """The response; raises LostError, or OSError where it breaks the format."""
        if self._transport is None:
            raise LostError(self._reason)
        answer: asyncio.Future[Response] = self._loop.create_future()
        ident = secrets.randbelow(1 << 16)
        while ident in self._waiting:
            ident = secrets.randbelow(1 << 16)
        self._waiting[ident] = query, answer
        self._live += 1
        self._rest()
        packet = query.packet(ident)
        self._transport.write(len(packet).to_bytes(2, "big") + packet)
        answered = self.answered
        try:
            return await answer
        except asyncio.CancelledError:
            self._retired |= self.answered == answered
            raise
        finally:
            self._live -= 1
            self._rest()

    def _rest(self) -> None:
        """Begin or end the time without questions."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._live or self._transport is None:
            return
        if self._is_leaving:
            self.retire()
        else:
            self._idle = self._loop.call_later(IDLE, self.retire)

    def retire(self) -> None:
        """Take no more questions, and close when the answers are there."""
        self._retired = True
        if self._transport is not None and not self._live:
            self._transport.close()

    def abort(self, reason: str) -> None:
        """End it now; who waits is told the reason."""
        self._retired = True
        self._reason = reason
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: connected, for TLS with the right certificate."""
        self._transport = cast(asyncio.Transport, transport)
        self._rest()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes of any number of messages, or of a part of one."""
        self._buffer += data
        buffer, at = self._buffer, 0
        while len(buffer) >= at + 2 and not self._reason:
            end = at + 2 + (buffer[at] << 8 | buffer[at + 1])
            if end > len(buffer):
                break
            self._take(bytes(buffer[at + 2 : end]))
            at = end
        del buffer[:at]

    def _take(self, message: bytes) -> None:
        if len(message) < wire.HEADER_FIELDS.size:
            self.abort("it sent what is no DNS message")
            return
        query, answer = self._waiting.pop(int.from_bytes(message[:2], "big"), (None, None))
        if query is None or answer is None:
            self._wrong += 1
            if self._wrong >= MAX_WRONG:
                self.abort("it sent too many answers to nothing")
            return
        self.answered += 1
        if answer.done():
            return
        try:
            found = response.parse(message)
        except response.ResponseError as error:
            answer.set_exception(OSError(f"its answer breaks the format: {error}"))
            return
        if query.is_answered_by(found):
            answer.set_result(found)
        else:
            self.answered = 0  # whatever it said before: it is not worth a third try
            answer.set_exception(LostError("it answered another question"))
            self.abort("it answered another question")

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: it ended, from either side."""
        self._transport = None
        self._retired = True
        self._reason = self._reason or f"it closed the connection{f': {exc}' if exc else ''}"
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LostError(self._reason))
        self._waiting.clear()
        self._buffer.clear()
        self._rest()
        self._lost()
