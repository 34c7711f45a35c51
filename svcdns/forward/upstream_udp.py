"""One question to one upstream over UDP.

A datagram counts only if it comes from the upstream, with the query's id and its question; any other
is ignored and the wait goes on (CVE-2023-28452). Each query has a socket and an id of its own, so a
port and an id that nobody can foresee (RFC 5452 9.2). The sockets are plain: the loop's own endpoints
cost 40% more.

    send -- a third of the time --> send again -- another third --> send the last query, if there is one

The answer to each counts until the end. One with the right id that has no whole question, or does not
parse, leads to TCP: nothing of it is used, so all that a forger who has guessed port and id gains by it
is a question over TCP, which he cannot forge. With the question he could have forged a whole answer.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable

from svcdns import socket_addresses
from svcdns.dns.wire import records, response
from svcdns.dns.wire.messages import HEADER_FIELDS
from svcdns.dns.wire.response import Response
from svcdns.forward.options import Upstream
from svcdns.forward.questions import QueryAnswer, UpstreamQuery
from svcdns.paced_calls import PacedCalls

MAX_UNMATCHED = 100
"""After so many wrong datagrams for one question, somebody is probably guessing."""
RETRANSMIT_FRACTION = 1 / 3
"""After this part of the timeout the query counts as lost, and is sent again."""
# `recv` cuts what is longer. The part then fails to parse, and the question is asked over TCP.
MAX_DATAGRAM_BYTES = 4096
"""The most bytes read of a datagram: some upstreams ignore that our OPT asks for 1232."""

DUE_PER_TURN = 8
"""Queries that are sent again, or time out, before the loop looks at its sockets."""

_QR_BIT = 0x80
"""In the first byte of the flags (RFC 1035 4.1.1)."""
_NOT_UNDERSTOOD = (records.FORMERR, records.NOTIMP)
"""Errors that count without their question: who sends them may not be able to read it."""


class SpoofingError(OSError):
    """So many wrong datagrams came that the next one may be a lucky guess."""


class UnreadableError(OSError):
    """The upstream's own answer breaks the format, or was cut off: over TCP it may be whole."""

    def __init__(self, query: UpstreamQuery) -> None:
        super().__init__("its answer over UDP cannot be read")
        self.query = query
        """The query that was answered so."""


class UdpTransport:
    """The questions of one worker over UDP; counts them, and the wrong datagrams that were ignored."""

    def __init__(self) -> None:
        self.query_count = 0
        self.ignored_count = 0
        self._due_calls = PacedCalls(DUE_PER_TURN)

    async def exchange(
        self,
        upstream: Upstream,
        query: UpstreamQuery,
        timeout: float,
        last_query: UpstreamQuery | None = None,
    ) -> QueryAnswer:
        """The first response that counts; `last_query` is the same question in other words, sent last.

        Raises OSError, among them TimeoutError, SpoofingError and UnreadableError.
        """
        self.query_count += 1
        attempt = _UdpExchange(upstream, timeout, self._due_calls)
        try:
            attempt.start(query, last_query)
            return await attempt.answer
        finally:
            attempt.close()
            self.ignored_count += attempt.unmatched_count
            # The error's traceback has this frame, and the attempt's future has the error: a cycle, which
            # only the garbage collector would find. Under a flood that costs pauses of 0.1 s.
            del attempt


class _UdpExchange:
    """The queries of one question that wait for its answer, each in a socket of its own."""

    def __init__(self, upstream: Upstream, timeout: float, due_calls: PacedCalls) -> None:
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[QueryAnswer] = self._loop.create_future()
        self.unmatched_count = 0
        self._upstream = upstream
        self._timeout = timeout
        self._due_calls = due_calls
        # All stay open until the end: the answer to the first query may come after the second was sent.
        self._sockets: list[socket.socket] = []
        # One at a time: most answers come before the first, and a timer costs.
        self._timer: asyncio.TimerHandle | None = None
        self._later_queries: list[UpstreamQuery] = []

    def start(self, query: UpstreamQuery, last_query: UpstreamQuery | None) -> None:
        self._later_queries = [query] if last_query is None else [query, last_query]
        self._send(query)
        self._call_after(RETRANSMIT_FRACTION, self._send_next)

    def _call_after(self, fraction: float, call: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(self._timeout * fraction, self._due_calls.add, call)

    def _send(self, query: UpstreamQuery) -> None:
        # A new socket and id each time: neither port nor id can be foreseen (RFC 5452 9.2).
        family = socket.AF_INET6 if ":" in self._upstream.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._sockets.append(sock)
        query_id = secrets.randbelow(1 << 16)
        sock.connect(
            socket_addresses.socket_address(self._upstream.host, self._upstream.port)
        )  # others' datagrams do not reach it
        sock.send(query.encode(query_id))
        # By its number: of a socket that is new to it, the loop makes a text for an error that it then drops.
        self._loop.add_reader(sock.fileno(), self._receive, sock, query_id, query)

    def _send_next(self) -> None:
        # The answer came while this waited for its turn.
        if self.answer.done():
            return
        try:
            self._send(self._later_queries.pop(0))
        except OSError as error:
            self._fail(error)
            return

        if self._later_queries:
            self._call_after(RETRANSMIT_FRACTION, self._send_next)
        else:
            self._call_after(1 - len(self._sockets[1:]) * RETRANSMIT_FRACTION, self._expire)

    def _expire(self) -> None:
        ignored = f", but {self.unmatched_count} wrong datagrams" if self.unmatched_count else ""
        self._fail(TimeoutError(f"no answer within {self._timeout:.1f} s{ignored}"))

    def _fail(self, error: OSError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def _receive(self, sock: socket.socket, query_id: int, query: UpstreamQuery) -> None:
        try:
            data = sock.recv(MAX_DATAGRAM_BYTES)
        except BlockingIOError:  # the checksum was wrong (select(2), BUGS)
            return
        except OSError as error:  # ICMP: nobody listens there
            self._fail(error)
            return

        try:
            message = _parse_if_valid(data, query_id, query)
        except UnreadableError as error:
            self._fail(error)
            return

        # Both sockets may become readable in one turn of the loop.
        if self.answer.done():
            return
        if message is not None:
            self.answer.set_result(QueryAnswer(message, query))
            return

        self.unmatched_count += 1
        if self.unmatched_count >= MAX_UNMATCHED:
            self._fail(SpoofingError(f"{self.unmatched_count} wrong datagrams, and no answer"))

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for sock in self._sockets:
            # Before `close`: the next socket may get the same descriptor.
            self._loop.remove_reader(sock.fileno())
            sock.close()


def _parse_if_valid(data: bytes, query_id: int, query: UpstreamQuery) -> Response | None:
    # First, since it costs least: forged datagrams are not parsed.
    if data[:2] != query_id.to_bytes(2, "big"):
        return None
    try:
        message = response.parse_response(data)
    except response.ResponseError as error:
        if _may_be_ours(data, query):
            raise UnreadableError(query) from error
        return None

    if not message.question and message.rcode not in _NOT_UNDERSTOOD:
        raise UnreadableError(query)
    return message if query.is_answered_by(message) else None


def _may_be_ours(data: bytes, query: UpstreamQuery) -> bool:
    """Whether a message that does not parse is a response with our question, or with a part of it or none."""
    if len(data) < HEADER_FIELDS.size or not data[2] & _QR_BIT:
        return False

    question_count = int.from_bytes(data[4:6], "big")
    question = query.question.wire_section.lower()
    start = data[HEADER_FIELDS.size :][: len(question)].lower()
    return not question_count or (question_count == 1 and question.startswith(start))
