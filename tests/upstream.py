"""The upstream of the recordings: a DNS server of the tests, and the function it answers with.

A and AAAA for every name below example.com, example.org and site.com, NODATA for other types
there, NXDOMAIN for every other name (conformance/README.md). `serve` answers so; `faulty` does what
a test makes it do, over UDP, TCP and TLS.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import dns.flags
import dns.message
import dns.name
from dns.name import Name
from dns.rcode import NOERROR, NXDOMAIN
from dns.rdatatype import RdataType

from tests.compare import message_of
from tests.oracle import Expected, Record, Reply
from tests.oracle.records import record

TTL = 60

LARGEST = 1232
"""Longer answers are cut to their question, with TC, over UDP."""

Respond = Callable[[bytes], bytes]

_KNOWN = [dns.name.from_text(text) for text in ("example.com", "example.org", "site.com")]
_ADDRESSES = {RdataType.A: "192.0.2.53", RdataType.AAAA: "2001:db8::53"}
_SOA: Record = record(_KNOWN[0], TTL, "SOA", "ns.example.com. hostmaster.example.com. 1 60 60 60 60")


def recorded_upstream(name: Name, rdtype: RdataType) -> Reply:
    """What the recordings' upstream answers."""
    if not any(name.is_subdomain(known) for known in _KNOWN):
        return Reply(NXDOMAIN, authority=(_SOA,))
    if rdtype not in _ADDRESSES:
        return Reply(NOERROR, authority=(_SOA,))
    return Reply(NOERROR, answer=(record(name, TTL, rdtype.name, _ADDRESSES[rdtype]),))


def recorded_response(query: bytes) -> bytes:
    """The upstream's answer, as a recursive server sends it."""
    message = dns.message.from_wire(query)
    question = message.question[0]
    reply = recorded_upstream(question.name, RdataType(question.rdtype))
    expected = Expected(reply.rcode, False, frozenset(reply.answer), frozenset(reply.authority))
    response = message_of(message, expected)
    response.flags |= dns.flags.RA
    return response.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._respond(data)
        if len(answer) > LARGEST:
            answer = (
                answer[:2]
                + bytes([answer[2] | 0x02])
                + answer[3:6]
                + bytes(6)
                + data[12 : data.index(0, 12) + 5]
            )
        self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def serve(respond: Respond = recorded_response, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server on one free port, UDP and TCP, until the block ends; yields the port."""

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                size = int.from_bytes(await reader.readexactly(2))
                answer = respond(await reader.readexactly(size))
                writer.write(len(answer).to_bytes(2) + answer)
                await writer.drain()

    tcp = await asyncio.start_server(stream, host, 0, family=socket.AF_INET)
    port: int = tcp.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(respond), local_addr=(host, port))
    try:
        yield port
    finally:
        udp.close()
        tcp.close()


class Peer:
    """Who sent a query; `writer` is there on a stream alone, for what is no message."""

    def __init__(self, address: tuple[str, int], write: Callable[[bytes], None]) -> None:
        self.address = address
        self.writer: asyncio.StreamWriter | None = None
        self._write = write

    def send(self, message: bytes) -> None:
        """A message, on a stream behind its length."""
        self.send_raw(message if self.writer is None else len(message).to_bytes(2, "big") + message)

    def send_raw(self, data: bytes) -> None:
        """These bytes; nothing where the stream was ended."""
        if self.writer is None or not self.writer.is_closing():
            self._write(data)

    def end(self) -> None:
        """Close the stream when all is sent."""
        assert self.writer is not None
        self.writer.close()


Behave = Callable[[bytes, Peer], Awaitable[None]]
"""What is done about a query."""


async def right(query: bytes, peer: Peer) -> None:
    """The right answer at once."""
    peer.send(recorded_response(query))


async def silent(query: bytes, peer: Peer) -> None:
    """Nothing."""


class Faulty(asyncio.DatagramProtocol):
    """A server that behaves as it is told, and counts what it is asked."""

    def __init__(self, udp: Behave, stream: Behave) -> None:
        self.udp, self.stream = udp, stream
        self.port = 0
        self.asked: list[tuple[bytes, Peer]] = []
        """Over UDP."""
        self.asked_streams: list[tuple[bytes, Peer]] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.behaving: set[asyncio.Future[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        peer = Peer(addr, lambda message: self._transport.sendto(message, addr))
        self.asked.append((data, peer))
        self._behave(self.udp(data, peer))

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a stream until it ends."""
        peer = Peer(writer.get_extra_info("peername"), writer.write)
        peer.writer = writer
        self.connections += 1
        self.open.add(writer)
        with contextlib.suppress(EOFError, OSError):
            while size := await reader.readexactly(2):
                query = await reader.readexactly(int.from_bytes(size, "big"))
                self.asked_streams.append((query, peer))
                self._behave(self.stream(query, peer))
        self.open.discard(writer)
        writer.close()

    def _behave(self, done: Awaitable[None]) -> None:
        task = asyncio.ensure_future(done)
        self.behaving.add(task)
        task.add_done_callback(self.behaving.discard)


@contextlib.asynccontextmanager
async def faulty(
    udp: Behave = right,
    stream: Behave = right,
    certificate: tuple[str, str] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Faulty]:
    """A server on one port (0: a free one), UDP and TCP, until the block ends; TLS with a certificate
    and its key.
    """
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["dot"])
    server = Faulty(udp, stream)
    loop = asyncio.get_running_loop()
    while True:
        streams = await asyncio.start_server(server.connected, host, port, ssl=context)
        server.port = streams.sockets[0].getsockname()[1]
        try:
            datagrams, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=(host, server.port))
            break
        except OSError:  # a free port of the one need not be one of the other
            streams.close()
            if port:
                raise
    try:
        yield server
    finally:
        for task in server.behaving:
            task.cancel()
        for writer in server.open:
            writer.transport.abort()
        datagrams.close()
        streams.close()
