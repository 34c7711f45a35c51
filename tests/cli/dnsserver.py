"""A DNS server on loopback that says what a test tells it to, over UDP and TCP on one port."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from svcdns.value_types import Address
from tests.server import free_port


@dataclass
class Server:
    """`udp` and `tcp` make the packets for a query; `queries` are those that came, with the transport."""

    address: Address
    udp: Callable[[bytes], list[bytes]]
    tcp: Callable[[bytes], list[bytes]]
    queries: list[tuple[str, dns.message.Message]] = field(default_factory=list)
    _came: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Return when a query has come."""
        assert self._came.wait(30)

    def seen(self, transport: str, packet: bytes) -> None:
        """Note a query."""
        self.queries.append((transport, dns.message.from_wire(packet)))
        self._came.set()


def reply(query: bytes, *records: str, rcode: int = 0, flags: int = 0, cut: bool = False) -> bytes:
    """An answer to the query; each record is `owner ttl type rdata`, in the authority where it is a SOA."""
    answer = dns.message.make_response(dns.message.from_wire(query))
    answer.set_rcode(dns.rcode.Rcode(rcode))
    answer.flags |= dns.flags.AA | flags | (dns.flags.TC if cut else 0)
    for text in records:
        owner, ttl, rrtype, rdata = text.split(" ", 3)
        section = answer.authority if rrtype == "SOA" else answer.answer
        section.append(dns.rrset.from_text(owner, int(ttl), "IN", rrtype, rdata))

    return answer.to_wire()


@contextlib.contextmanager
def serving(
    udp: Callable[[bytes], list[bytes]], tcp: Callable[[bytes], list[bytes]] | None = None
) -> Iterator[Server]:
    """Answer until the block ends; TCP as UDP where nothing else is said."""
    address = Address("127.0.0.1", free_port())
    server = Server(address, udp, tcp or udp)
    with (
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
        socket.create_server((address.host, address.port)) as listener,
    ):
        datagrams.bind((address.host, address.port))
        threads = [
            threading.Thread(target=_serve_udp, args=(server, datagrams)),
            threading.Thread(target=_serve_tcp, args=(server, listener)),
        ]
        for thread in threads:
            thread.start()

        try:
            yield server
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", (address.host, address.port))
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _serve_udp(server: Server, datagrams: socket.socket) -> None:
    """An empty datagram ends it."""
    while True:
        packet, client = datagrams.recvfrom(65535)
        if not packet:
            return
        server.seen("UDP", packet)
        for answer in server.udp(packet):
            datagrams.sendto(answer, client)


def _serve_tcp(server: Server, listener: socket.socket) -> None:
    """One query per connection; a shut listener ends it."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                packet = stream.read(int.from_bytes(stream.read(2), "big"))
                server.seen("TCP", packet)
                for answer in server.tcp(packet):
                    connection.sendall(answer)
