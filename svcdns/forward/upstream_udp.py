"""One question to one upstream over UDP.

A datagram counts only if it comes from the upstream, with the query's id and its question; any other
is ignored and the wait goes on (CVE-2023-28452). Each query has a socket and an id of its own, so a
port and an id that nobody can foresee (RFC 5452 9.2). The sockets are plain: the loop's own endpoints
cost 40% more.

    send --- a third of the time without an answer ---> send again; either's answer counts
"""

import asyncio
import secrets
import socket

from svcdns.dns.wire import response
from svcdns.dns.wire.response import Response
from svcdns.forward.options import Upstream
from svcdns.forward.questions import UpstreamQuery

MAX_UNMATCHED = 100
"""Wrong datagrams for one question, after which somebody is guessing."""
RETRANSMIT_FRACTION = 1 / 3
"""Of the time; then the query is taken for lost."""
MAX_DATAGRAM_BYTES = 4096
"""Bytes that are read of a datagram; our OPT asks for 1232."""


class SpoofingError(OSError):
    """So many wrong datagrams came that the next one may be a lucky guess."""


class UdpTransport:
    """The questions of one worker over UDP; counts them, and the wrong datagrams that were ignored."""

    def __init__(self) -> None:
        self.query_count = 0
        self.ignored_count = 0

    async def exchange(self, upstream: Upstream, query: UpstreamQuery, timeout: float) -> Response:
        """The first response that counts; raises OSError, TimeoutError and GuessedError among them."""
        self.query_count += 1
        attempt = _UdpExchange(upstream, query)
        try:
            attempt.start(timeout)
            return await attempt.answer
        finally:
            attempt.close()
            self.ignored_count += attempt.unmatched_count


class _UdpExchange:
    """The queries of one question that wait for its answer, each in a socket of its own."""

    def __init__(self, upstream: Upstream, query: UpstreamQuery) -> None:
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Response] = self._loop.create_future()
        self.unmatched_count = 0
        self._upstream = upstream
        self._query = query
        self._sockets: list[socket.socket] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self, timeout: float) -> None:
        self._send()
        self._timer = self._loop.call_later(timeout * RETRANSMIT_FRACTION, self._retransmit, timeout)

    def _send(self) -> None:
        family = socket.AF_INET6 if ":" in self._upstream.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._sockets.append(sock)
        ident = secrets.randbelow(1 << 16)
        sock.connect(_socket_address(self._upstream))  # others' datagrams do not reach it
        sock.send(self._query.encode(ident))
        self._loop.add_reader(sock, self._receive, sock, ident)

    def _retransmit(self, timeout: float) -> None:
        self._timer = self._loop.call_later(timeout * (1 - RETRANSMIT_FRACTION), self._expire, timeout)
        try:
            self._send()
        except OSError as error:
            self._fail(error)

    def _expire(self, timeout: float) -> None:
        ignored = f", but {self.unmatched_count} wrong datagrams" if self.unmatched_count else ""
        self._fail(TimeoutError(f"no answer within {timeout:.1f} s{ignored}"))

    def _fail(self, error: OSError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def _receive(self, sock: socket.socket, query_id: int) -> None:
        try:
            data = sock.recv(MAX_DATAGRAM_BYTES)
        except BlockingIOError:  # the checksum was wrong
            return
        except OSError as error:  # ICMP: nobody listens there
            self._fail(error)
            return
        found = self._parse_if_valid(data, query_id)
        if self.answer.done():
            return
        if found is not None:
            self.answer.set_result(found)
            return
        self.unmatched_count += 1
        if self.unmatched_count >= MAX_UNMATCHED:
            self._fail(SpoofingError(f"{self.unmatched_count} wrong datagrams, and no answer"))

    def _parse_if_valid(self, data: bytes, query_id: int) -> Response | None:
        if data[:2] != query_id.to_bytes(2, "big"):
            return None
        try:
            found = response.parse_response(data)
        except response.ResponseError:
            return None
        return found if self._query.is_answered_by(found) else None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for sock in self._sockets:
            self._loop.remove_reader(sock)
            sock.close()


def _socket_address(upstream: Upstream) -> tuple[str, int] | tuple[str, int, int, int]:
    """For `connect`, which does not read the interface in a link-local address."""
    host, interface = upstream.host.partition("%")[::2]
    if not interface:
        return host, upstream.port
    return host, upstream.port, 0, socket.if_nametoindex(interface)
