"""The sockets that the supervisor holds for its workers.

They outlive each worker: queries that wait in a socket are answered by the next worker.
"""

import errno
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from svcdns.addresses import host_port
from svcdns.errors import ListenError
from svcdns.serve.runtime import client_lanes
from svcdns.serve.runtime.runtime_config import Listen
from svcdns.socket_addresses import socket_address

log = logging.getLogger("svcdns.sockets")

RECEIVE_BUFFER_SIZE = 4 << 20
"""Bytes. At 20,000 queries a second the default (208 KiB) overflowed when a worker was replaced."""

BACKLOG = 512
"""Connections that wait to be accepted; beyond that, clients try again."""


@dataclass(frozen=True, slots=True)
class WorkerSockets:
    """One worker's sockets: UDP (in lanes) and TCP for each plain address, TLS for each tls:// address."""

    udp: tuple[socket.socket, ...]
    tcp: tuple[socket.socket, ...]
    tls: tuple[socket.socket, ...]


def open_worker_sockets(addresses: Sequence[Listen], worker_count: int) -> list[WorkerSockets]:
    """Bind every address once per worker, with SO_REUSEPORT; raises ListenError."""
    addresses = _usable_addresses(addresses)
    plain = [address for address in addresses if not address.tls]
    tls = [address for address in addresses if address.tls]

    # Each address is first bound without SO_REUSEPORT: with it, a second server would share the port
    # in silence.
    for address in addresses:
        _bind(address, socket.SOCK_STREAM, is_exclusive=True).close()
    for address in plain:
        _bind(address, socket.SOCK_DGRAM, is_exclusive=True).close()

    lanes = [_bind_lanes(address, worker_count) for address in plain]
    worker_sockets = [
        _bind_for_worker([sock for address_lanes in lanes for sock in address_lanes[number]], plain, tls)
        for number in range(worker_count)
    ]
    if plain:
        first_udp = worker_sockets[0].udp[0]
        _log_buffer_size(first_udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    return worker_sockets


def _bind_lanes(address: Listen, worker_count: int) -> list[list[socket.socket]]:
    """Each worker's UDP sockets at an address; one where the system cannot choose among them by client."""
    first = _bind(address, socket.SOCK_DGRAM, is_exclusive=False)
    can_choose = client_lanes.attach(first, worker_count, client_lanes.random_multiplier())
    lane_count = client_lanes.LANES if can_choose else 1

    # In this order: the program names a socket by when it was bound.
    others = [
        _bind(address, socket.SOCK_DGRAM, is_exclusive=False) for _ in range(lane_count * worker_count - 1)
    ]
    in_order = [first, *others]
    return [in_order[start : start + lane_count] for start in range(0, len(in_order), lane_count)]


def _bind_for_worker(
    udp: Sequence[socket.socket], plain: Sequence[Listen], tls: Sequence[Listen]
) -> WorkerSockets:
    return WorkerSockets(
        tuple(udp),
        tuple(_bind(address, socket.SOCK_STREAM, is_exclusive=False) for address in plain),
        tuple(_bind(address, socket.SOCK_STREAM, is_exclusive=False) for address in tls),
    )


def open_http_sockets(addresses: Sequence[Listen]) -> list[socket.socket]:
    """Bind the addresses of probes and metrics; raises ListenError."""
    return [_bind(at, socket.SOCK_STREAM, is_exclusive=True) for at in _usable_addresses(addresses)]


def _usable_addresses(addresses: Sequence[Listen]) -> list[Listen]:
    """The addresses without `::` if the machine has no IPv6, so that one manifest fits every node.

    An address that is the only one stays: to bind it then fails with the reason.
    """
    usable = [address for address in addresses if address.host != "::" or has_ipv6()]
    if not usable:
        return list(addresses)

    for address in addresses:
        if address not in usable:
            log.warning("not answering on %s: this machine has no IPv6", address)
    return usable


def has_ipv6() -> bool:
    """Whether a socket can have the address `::`."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::", 0))
    except OSError:
        return False
    return True


def _log_buffer_size(granted: int) -> None:
    """Log the size of the receive buffers; Linux tells twice what was asked for, for its own overhead."""
    log.debug("receive buffer of each UDP socket: %d KiB", granted >> 10)
    if granted < 2 * RECEIVE_BUFFER_SIZE:
        log.info(
            "receive buffers have %d KiB instead of %d, so bursts may be lost: raise net.core.rmem_max",
            granted >> 11,
            RECEIVE_BUFFER_SIZE >> 10,
        )


def _bind(address: Listen, socket_type: socket.SocketKind, is_exclusive: bool) -> socket.socket:
    host, port = address.host, address.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket_type)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            # `::` and `0.0.0.0` are two addresses, on every system.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if socket_type == socket.SOCK_STREAM:
            # A restart may bind while connections of the last server are in TIME_WAIT.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not is_exclusive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if socket_type == socket.SOCK_DGRAM:
                _grow_receive_buffer(sock)

        sock.bind(socket_address(host, port))
        if socket_type == socket.SOCK_STREAM and not is_exclusive:
            sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ListenError(_describe_error(host, port, socket_type, error)) from error
    return sock


def _grow_receive_buffer(sock: socket.socket) -> None:
    """Ask for more than net.core.rmem_max, which needs CAP_NET_ADMIN, or else for as much as it allows."""
    # Python names it from 3.12 on; 33 is its number on Linux.
    force = getattr(socket, "SO_RCVBUFFORCE", 33)
    try:
        sock.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER_SIZE)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_SIZE)


def _describe_error(host: str, port: int, socket_type: socket.SocketKind, error: OSError) -> str:
    where = f"{'UDP' if socket_type == socket.SOCK_DGRAM else 'TCP'} {host_port(host, port)}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use by another server (see `ss -lnptu`); stop it, or --listen on another port"
    if error.errno == errno.EACCES:
        return (
            f"{where} may not be bound by this user; use a port from 1024, grant CAP_NET_BIND_SERVICE, "
            "or lower the sysctl net.ipv4.ip_unprivileged_port_start"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{where}: this machine has no such address"
    if host.startswith("fe80:") and error.errno == errno.EINVAL:
        remedy = host_port(f"{host.partition('%')[0]}%INTERFACE", port)
        return f"{where}: a link-local address needs its interface (see `ip -6 address`): write {remedy}"
    # An interface that is not there has a text, and no number.
    return f"{where} cannot be bound: {error.strerror or error}"
