"""One question to one server, as a resolver asks: over UDP, once more, and over TCP if the reply is cut."""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from svcdns import socket_addresses
from svcdns.cli.dns_client import dnslib_message
from svcdns.value_types import Address

UDP_ATTEMPTS = 2
"""Queries over UDP: one lost packet is common, two are a server that does not answer."""

MAX_MESSAGE_SIZE = 65535
"""Bytes of the longest message, whose length is two bytes over TCP (RFC 1035 4.2.2)."""


@dataclass(frozen=True, slots=True)
class ClientExchange:
    """A reply, and how it came."""

    reply_packet: bytes
    transport: str
    """`UDP` or `TCP`."""
    elapsed_ms: int
    """Milliseconds from the last query to its reply."""
    was_truncated: bool = False
    """The reply over UDP was cut, and this is the one over TCP."""


class NoReplyError(Exception):
    """The server did not answer in time, or it refuses the connection."""


def query_server(
    server: Address, name: bytes, rrtype: int, *, attempt_timeout: float, use_tcp: bool = False
) -> ClientExchange:
    """Ask for a wire name; `attempt_timeout` is in seconds for each query. Raises NoReplyError.

    The id and the source port are random, and packets that do not fit the question are ignored
    (RFC 5452 9).
    """
    query = dnslib_message.build_query(secrets.randbelow(65536), name, rrtype)
    if use_tcp:
        return _timed_exchange(server, query, attempt_timeout, "TCP")

    for attempt in range(1, UDP_ATTEMPTS + 1):
        try:
            exchange = _timed_exchange(server, query, attempt_timeout, "UDP")
            break
        except NoReplyError:
            if attempt == UDP_ATTEMPTS:
                raise

    if not dnslib_message.is_truncated(exchange.reply_packet):
        return exchange

    # A cut reply may lack records, so nothing of it is used (RFC 2181 9).
    whole = _timed_exchange(server, query, attempt_timeout, "TCP")
    return ClientExchange(whole.reply_packet, "TCP", whole.elapsed_ms, was_truncated=True)


def _timed_exchange(server: Address, query: bytes, timeout: float, transport: str) -> ClientExchange:
    """One query over one transport; raises NoReplyError."""
    exchange = _exchange_over_tcp if transport == "TCP" else _exchange_over_udp
    start = time.monotonic()
    try:
        packet = exchange(server, query, start + timeout)
    except TimeoutError:
        raise NoReplyError(f"no reply from {server} within {timeout:g} s") from None
    except OSError as error:
        raise NoReplyError(f"{server}: {error.strerror or error}") from None

    elapsed_ms = round((time.monotonic() - start) * 1000)
    return ClientExchange(packet, transport, elapsed_ms)


def _exchange_over_udp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connect(server, socket.SOCK_DGRAM, deadline) as udp:
        udp.send(query)

        # Late replies to other queries, and forged ones, must not end the wait.
        while True:
            # Anew each time: packets that do not count must not prolong the wait.
            udp.settimeout(_remaining_seconds(deadline))
            packet = udp.recv(MAX_MESSAGE_SIZE)
            if dnslib_message.is_reply_to(packet, query):
                return packet


def _exchange_over_tcp(server: Address, query: bytes, deadline: float) -> bytes:
    with _connect(server, socket.SOCK_STREAM, deadline) as tcp:
        # In one piece, so that both arrive in one segment (RFC 7766 8).
        tcp.sendall(len(query).to_bytes(2, "big") + query)

        while True:
            length = int.from_bytes(_receive_exactly(tcp, 2, deadline), "big")
            packet = _receive_exactly(tcp, length, deadline)
            if dnslib_message.is_reply_to(packet, query):
                return packet


def _receive_exactly(tcp: socket.socket, size: int, deadline: float) -> bytes:
    """So many bytes of a stream. Raises TimeoutError at the deadline, ConnectionError at the end."""
    data = bytearray()
    while len(data) < size:
        # Anew for each part: a server that sends a byte now and then must not hold us up for longer.
        tcp.settimeout(_remaining_seconds(deadline))
        part = tcp.recv(size - len(data))
        if not part:
            raise ConnectionError("the server closed the connection without a whole reply")
        data += part
    return bytes(data)


@contextmanager
def _connect(server: Address, socket_kind: socket.SocketKind, deadline: float) -> Iterator[socket.socket]:
    """A socket that receives from this server alone: it is connected, over UDP too."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket_kind) as opened:
        opened.settimeout(_remaining_seconds(deadline))

        opened.connect(socket_addresses.socket_address(server.host, server.port))
        yield opened


def _remaining_seconds(deadline: float) -> float:
    """Seconds until the deadline; raises TimeoutError after it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:  # settimeout(0) would mean not to wait at all, and negative values are refused
        raise TimeoutError
    return seconds
