"""An upstream on loopback that does what a test wants of it, over UDP and TCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.message import Message

from tests.server import free_port

Behaviour = Callable[[Message], list[bytes]]
"""The datagrams that a query gets, in order."""


class Upstream:
    """Counts what it is asked."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.over_tcp: Behaviour = lambda query: [good(query)]
        self.asked = 0
        self.asked_tcp = 0
        self.address = ("127.0.0.1", 0)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(EOFError, OSError):
            length = int.from_bytes(await reader.readexactly(2), "big")
            self.asked_tcp += 1
            for reply in self.over_tcp(dns.message.from_wire(await reader.readexactly(length))):
                writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()
        writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._upstream.asked += 1
        for reply in self._upstream.behave(dns.message.from_wire(data)):
            self._transport.sendto(reply, addr)


def good(query: Message, ttl: int = 60, address: str = "192.0.2.1") -> bytes:
    """A true answer: one A record, or NXDOMAIN with an SOA for names that begin with `no`."""
    reply = dns.message.make_response(query)
    name = query.question[0].name
    if name.labels[0].startswith(b"no"):
        reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.authority.append(dns.rrset.from_text("example.com.", ttl, "IN", "SOA", "ns. host. 1 2 3 4 30"))
    else:
        reply.answer.append(dns.rrset.from_text(name, ttl, "IN", "A", address))
    return reply.to_wire()


def forged(query: Message) -> list[bytes]:
    """A wrong id, a wrong question, garbage, a query; then the true answer."""
    wrong_id = dns.message.from_wire(good(query, address="192.0.2.66"))
    wrong_id.id ^= 1
    other = dns.message.make_query("other.example.com", "A")
    other.id = query.id
    return [wrong_id.to_wire(), good(other), b"\0", query.to_wire(), good(query)]


def fine(query: Message) -> list[bytes]:
    """The good answer alone."""
    return [good(query)]


def silent(query: Message) -> list[bytes]:
    """Nothing."""
    return []


def failing(rcode: str) -> Behaviour:
    """An answer with this rcode."""

    def behave(query: Message) -> list[bytes]:
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.from_text(rcode))
        return [reply.to_wire()]

    return behave


def truncated(query: Message) -> list[bytes]:
    """TC and no records."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.TC
    return [reply.to_wire()]


def cut_off(query: Message) -> list[bytes]:
    """A part of the answer, with TC."""
    part = dns.message.from_wire(good(query))
    part.flags |= dns.flags.TC
    return [part.to_wire()]


@contextlib.asynccontextmanager
async def upstream(behave: Behaviour) -> AsyncIterator[Upstream]:
    """A running one."""
    made, loop = Upstream(behave), asyncio.get_running_loop()
    made.address = "127.0.0.1", free_port()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(made), local_addr=made.address)
    server = await asyncio.start_server(made._stream, *made.address)
    try:
        yield made
    finally:
        transport.close()
        server.close()
