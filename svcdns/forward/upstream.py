"""One exchange with one upstream: UDP, and TCP after TC.

An answer counts only if it comes from where the query went, with its id and its question; anything
else is ignored and the wait goes on (CVE-2023-28452). Each query has a socket of its own, so a random
source port, and an id from `secrets` (RFC 5452).
"""

import asyncio
import secrets

from svcdns.dns import response
from svcdns.dns.response import Response
from svcdns.forward.question import Question

MAX_IGNORED = 100
"""Wrong datagrams for one query, after which somebody is guessing: the try is given up."""


class UpstreamError(Exception):
    """No answer that counts came."""


async def exchange(host: str, port: int, question: Question, seconds: float) -> Response:
    """Ask, a bounded time; raises UpstreamError."""
    try:
        async with asyncio.timeout(seconds):
            found = await _over_udp(host, port, question)
            return await _over_tcp(host, port, question) if found.truncated else found
    except TimeoutError as error:
        raise UpstreamError("no answer in time") from error
    except OSError as error:
        raise UpstreamError(error.strerror or str(error)) from error


async def _over_udp(host: str, port: int, question: Question) -> Response:
    loop = asyncio.get_running_loop()
    ident = secrets.randbelow(65536)
    waiter: asyncio.Future[Response] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Datagrams(question, ident, waiter), remote_addr=(host, port)
    )
    try:
        transport.sendto(question.packet(ident))
        return await waiter
    finally:
        transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    """Waits for the one that counts; the socket is connected, so others' addresses do not reach it."""

    def __init__(self, question: Question, ident: int, waiter: "asyncio.Future[Response]") -> None:
        self._question = question
        self._id = ident
        self._waiter = waiter
        self._ignored = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Asyncio: a datagram from the upstream's address."""
        if self._waiter.done():
            return
        try:
            self._waiter.set_result(_checked(data, self._question, self._id))
        except response.ResponseError:
            self._ignored += 1
            if self._ignored >= MAX_IGNORED:
                self._waiter.set_exception(UpstreamError("too many wrong answers"))

    def error_received(self, exc: Exception) -> None:
        """Asyncio: ICMP says that nobody listens there."""
        if not self._waiter.done():
            self._waiter.set_exception(exc)


async def _over_tcp(host: str, port: int, question: Question) -> Response:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        ident = secrets.randbelow(65536)
        packet = question.packet(ident)
        writer.write(len(packet).to_bytes(2, "big") + packet)
        length = int.from_bytes(await reader.readexactly(2), "big")
        return _checked(await reader.readexactly(length), question, ident)
    except (EOFError, response.ResponseError) as error:
        raise UpstreamError(f"over TCP: {error}") from error
    finally:
        writer.close()


def _checked(data: bytes, question: Question, ident: int) -> Response:
    found = response.parse(data)
    if found.id != ident or found.question != question.wire:
        raise response.ResponseError("an answer to another query")
    return found
