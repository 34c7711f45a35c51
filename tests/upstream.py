"""The upstream of the recordings: a DNS server of the tests, and the function it answers with.

A and AAAA for every name below example.com, example.org and site.com, NODATA for other types
there, NXDOMAIN for every other name (conformance/README.md).
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
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
