"""One question to one server, as a resolver asks: UDP, again, and TCP where the reply is cut."""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from svcdns.config.values import Address
from svcdns.dns import message

TRIES = 2
LARGEST = 65535


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reply and how it came: `transport` is UDP or TCP, `milliseconds` from the last query to it."""

    packet: bytes
    transport: str
    milliseconds: int
    was_truncated: bool = False


class NoReply(Exception):  # noqa: N818 - as dig calls it
    """The server did not answer in time, or refuses the connection."""


def ask(server: Address, name: bytes, rrtype: int, *, timeout: float, tcp: bool = False) -> Exchange:
    """Ask for a wire name; `timeout` is in seconds for each try. Raises NoReply.

    Id and source port are random, and what does not fit the question is passed over (RFC 5452 9).
    """
    query = message.query(secrets.randbelow(65536), name, rrtype)
    if tcp:
        return _timed(server, query, timeout, "TCP")
    for left in reversed(range(TRIES)):
        try:
            found = _timed(server, query, timeout, "UDP")
            break
        except NoReply:
            if not left:
                raise
    if not message.is_truncated(found.packet):
        return found
    whole = _timed(server, query, timeout, "TCP")
    return Exchange(whole.packet, "TCP", whole.milliseconds, was_truncated=True)


def _timed(server: Address, query: bytes, timeout: float, transport: str) -> Exchange:
    start = time.monotonic()
    try:
        packet = (_over_tcp if transport == "TCP" else _over_udp)(server, query, start + timeout)
    except TimeoutError:
        raise NoReply(f"no reply from {server} within {timeout:g} s") from None
    except OSError as error:
        raise NoReply(f"{server}: {error.strerror or error}") from None
    return Exchange(packet, transport, round((time.monotonic() - start) * 1000))


def _over_udp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connected(server, socket.SOCK_DGRAM, deadline) as udp:
        udp.send(query)
        while True:
            udp.settimeout(_left(deadline))
            packet = udp.recv(LARGEST)
            if message.answers(packet, query):
                return packet


def _over_tcp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connected(server, socket.SOCK_STREAM, deadline) as tcp:
        tcp.sendall(len(query).to_bytes(2, "big") + query)
        while True:
            length = int.from_bytes(_exactly(tcp, 2, deadline), "big")
            packet = _exactly(tcp, length, deadline)
            if message.answers(packet, query):
                return packet


def _exactly(tcp: socket.socket, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        tcp.settimeout(_left(deadline))
        part = tcp.recv(size - len(data))
        if not part:
            raise ConnectionError("the server closed the connection without a whole reply")
        data += part
    return bytes(data)


@contextmanager
def _connected(server: Address, kind: socket.SocketKind, deadline: float) -> Iterator[socket.socket]:
    """A socket that takes nothing but what comes from this server."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, kind) as opened:
        opened.settimeout(_left(deadline))
        where = socket.getaddrinfo(server.host, server.port, family, kind, flags=socket.AI_NUMERICHOST)[0][4]
        opened.connect(where)
        yield opened


def _left(deadline: float) -> float:
    """Seconds to the deadline; raises TimeoutError behind it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
