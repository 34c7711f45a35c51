"""One question to one upstream over UDP.

A datagram counts only if it comes from the upstream, with the query's id and its question; any other
is ignored and the wait goes on (CVE-2023-28452). Each query has a socket and an id of its own, so a
port and an id that nobody can foresee (RFC 5452 9.2). The sockets are plain: the loop's own endpoints
cost 40% more.

    send --- a third of the time without an answer ---> send again; either's answer counts
"""

import asyncio
import ipaddress
import secrets
import socket

from svcdns.dns.wire import response
from svcdns.dns.wire.messages import HEADER_FIELDS
from svcdns.dns.wire.response import Response
from svcdns.forward.options import Upstream
from svcdns.forward.questions import UpstreamQuery

MAX_UNMATCHED = 100
"""After so many wrong datagrams for one question, somebody is probably guessing."""
RETRANSMIT_FRACTION = 1 / 3
"""After this part of the timeout the query counts as lost, and is sent again."""
# `recv` cuts what is longer. The part then fails to parse, and the question is asked over TCP.
MAX_DATAGRAM_BYTES = 4096
"""The most bytes read of a datagram: some upstreams ignore that our OPT asks for 1232."""

_QR_BYTE = 0x80
"""QR in the first byte of the flags (RFC 1035 4.1.1)."""


class SpoofingError(OSError):
    """So many wrong datagrams came that the next one may be a lucky guess."""


class UnreadableError(OSError):
    """The upstream's own answer breaks the format, or was cut off: over TCP it may be whole."""


class UdpTransport:
    """The questions of one worker over UDP; counts them, and the wrong datagrams that were ignored."""

    def __init__(self) -> None:
        self.query_count = 0
        self.ignored_count = 0

    async def exchange(self, upstream: Upstream, query: UpstreamQuery, timeout: float) -> Response:
        """The first response that counts.

        Raises OSError, among them TimeoutError, SpoofingError and UnreadableError.
        """
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
        # All stay open until the end: the answer to the first query may come after the second was sent.
        self._sockets: list[socket.socket] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self, timeout: float) -> None:
        self._send()
        self._timer = self._loop.call_later(timeout * RETRANSMIT_FRACTION, self._retransmit, timeout)

    def _send(self) -> None:
        # A new socket and id each time: neither port nor id can be foreseen (RFC 5452 9.2).
        family = socket.AF_INET6 if ":" in self._upstream.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._sockets.append(sock)
        query_id = secrets.randbelow(1 << 16)
        sock.connect(_socket_address(self._upstream))  # others' datagrams do not reach it
        sock.send(self._query.encode(query_id))
        self._loop.add_reader(sock, self._receive, sock, query_id)

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
        except BlockingIOError:  # the checksum was wrong (select(2), BUGS)
            return
        except OSError as error:  # ICMP: nobody listens there
            self._fail(error)
            return

        try:
            message = self._parse_if_valid(data, query_id)
        except UnreadableError as error:
            self._fail(error)
            return

        # Both sockets may become readable in one turn of the loop.
        if self.answer.done():
            return
        if message is not None:
            self.answer.set_result(message)
            return

        self.unmatched_count += 1
        if self.unmatched_count >= MAX_UNMATCHED:
            self._fail(SpoofingError(f"{self.unmatched_count} wrong datagrams, and no answer"))

    def _parse_if_valid(self, data: bytes, query_id: int) -> Response | None:
        # First, since it costs least: forged datagrams are not parsed.
        if data[:2] != query_id.to_bytes(2, "big"):
            return None
        try:
            message = response.parse_response(data)
        except response.ResponseError as error:
            # Who knows port, id and question could forge a whole answer as well: waiting would gain nothing.
            if self._has_our_question(data):
                raise UnreadableError("its answer over UDP cannot be read") from error
            return None

        return message if self._query.is_answered_by(message) else None

    def _has_our_question(self, data: bytes) -> bool:
        """Whether a message is a response with the question of ours, whatever stands behind that."""
        question = self._query.question.wire_section
        end = HEADER_FIELDS.size + len(question)
        if len(data) < end or not data[2] & _QR_BYTE or data[4:6] != b"\0\1":
            return False

        return data[HEADER_FIELDS.size : end].lower() == question.lower()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for sock in self._sockets:
            # Before `close`: the next socket may get the same descriptor.
            self._loop.remove_reader(sock)
            sock.close()


def _socket_address(upstream: Upstream) -> tuple[str, int] | tuple[str, int, int, int]:
    """For `connect`, which does not read the interface in a link-local address."""
    host, interface = upstream.host.partition("%")[::2]
    # Elsewhere than at link-local addresses, an interface means nothing (RFC 4007 6).
    if not interface or not ipaddress.IPv6Address(host).is_link_local:
        return host, upstream.port

    index = int(interface) if interface.isdecimal() else socket.if_nametoindex(interface)
    return host, upstream.port, 0, index
