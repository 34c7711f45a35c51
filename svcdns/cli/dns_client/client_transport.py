"""One question to one server, as a resolver asks: UDP, again, and TCP where the reply is cut."""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from svcdns.cli.dns_client import dnslib_message
from svcdns.value_types import Address

UDP_ATTEMPTS = 2
MAX_MESSAGE_SIZE = 65535


@dataclass(frozen=True, slots=True)
class ClientExchange:
    """A reply and how it came: `transport` is UDP or TCP, `milliseconds` from the last query to it."""

    reply_packet: bytes
    transport: str
    elapsed_ms: int
    was_truncated: bool = False


class NoReplyError(Exception):
    """The server did not answer in time, or refuses the connection."""


def query_server(
    server: Address, name: bytes, rrtype: int, *, attempt_timeout: float, use_tcp: bool = False
) -> ClientExchange:
    """Ask for a wire name; `timeout` is in seconds for each try. Raises NoReply.

    Id and source port are random, and what does not fit the question is passed over (RFC 5452 9).
    """
    query = dnslib_message.build_query(secrets.randbelow(65536), name, rrtype)
    if use_tcp:
        return _timed_exchange(server, query, attempt_timeout, "TCP")
    for left in reversed(range(UDP_ATTEMPTS)):
        try:
            found = _timed_exchange(server, query, attempt_timeout, "UDP")
            break
        except NoReplyError:
            if not left:
                raise
    if not dnslib_message.is_truncated(found.reply_packet):
        return found
    whole = _timed_exchange(server, query, attempt_timeout, "TCP")
    return ClientExchange(whole.reply_packet, "TCP", whole.elapsed_ms, was_truncated=True)


def _timed_exchange(server: Address, query: bytes, timeout: float, transport: str) -> ClientExchange:
    start = time.monotonic()
    try:
        packet = (_exchange_over_tcp if transport == "TCP" else _exchange_over_udp)(
            server, query, start + timeout
        )
    except TimeoutError:
        raise NoReplyError(f"no reply from {server} within {timeout:g} s") from None
    except OSError as error:
        raise NoReplyError(f"{server}: {error.strerror or error}") from None
    return ClientExchange(packet, transport, round((time.monotonic() - start) * 1000))


def _exchange_over_udp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connect(server, socket.SOCK_DGRAM, deadline) as udp:
        udp.send(query)
        while True:
            udp.settimeout(_remaining_seconds(deadline))
            packet = udp.recv(MAX_MESSAGE_SIZE)
            if dnslib_message.is_reply_to(packet, query):
                return packet


def _exchange_over_tcp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connect(server, socket.SOCK_STREAM, deadline) as tcp:
        tcp.sendall(len(query).to_bytes(2, "big") + query)
        while True:
            length = int.from_bytes(_receive_exactly(tcp, 2, deadline), "big")
            packet = _receive_exactly(tcp, length, deadline)
            if dnslib_message.is_reply_to(packet, query):
                return packet


def _receive_exactly(tcp: socket.socket, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        tcp.settimeout(_remaining_seconds(deadline))
        part = tcp.recv(size - len(data))
        if not part:
            raise ConnectionError("the server closed the connection without a whole reply")
        data += part
    return bytes(data)


@contextmanager
def _connect(server: Address, socket_kind: socket.SocketKind, deadline: float) -> Iterator[socket.socket]:
    """A socket that takes nothing but what comes from this server."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket_kind) as opened:
        opened.settimeout(_remaining_seconds(deadline))
        where = socket.getaddrinfo(
            server.host, server.port, family, socket_kind, flags=socket.AI_NUMERICHOST
        )[0][4]
        opened.connect(where)
        yield opened


def _remaining_seconds(deadline: float) -> float:
    """Seconds to the deadline; raises TimeoutError behind it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
