"""The sockets that the supervisor holds for its workers.

They outlive each worker: what is queued in them waits for the next one.
"""

import errno
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from svcdns.addresses import host_port
from svcdns.errors import ListenError
from svcdns.serve.runtime.runtime_config import Listen

log = logging.getLogger("svcdns.sockets")

RECEIVE_BUFFER_SIZE = 4 << 20
"""At 20,000 queries a second the default (208 KiB) overflowed when a worker was replaced."""


@dataclass(frozen=True, slots=True)
class WorkerSockets:
    """One worker's: a UDP and a TCP socket for each address, and one for each address of TLS."""

    udp: tuple[socket.socket, ...]
    tcp: tuple[socket.socket, ...]
    tls: tuple[socket.socket, ...]


def open_worker_sockets(addresses: Sequence[Listen], worker_count: int) -> list[WorkerSockets]:
    """Bind every address once per worker, with SO_REUSEPORT; raises ListenError.

    Each is bound alone first: with SO_REUSEPORT a second server would share the port in silence.
    """
    addresses = _usable_addresses(addresses)
    plain = [at for at in addresses if not at.tls]
    tls = [at for at in addresses if at.tls]
    for at in addresses:
        _bind(at, socket.SOCK_STREAM, is_exclusive=True).close()
    for at in plain:
        _bind(at, socket.SOCK_DGRAM, is_exclusive=True).close()
    found = [
        WorkerSockets(
            tuple(_bind(at, socket.SOCK_DGRAM, is_exclusive=False) for at in plain),
            tuple(_bind(at, socket.SOCK_STREAM, is_exclusive=False) for at in plain),
            tuple(_bind(at, socket.SOCK_STREAM, is_exclusive=False) for at in tls),
        )
        for _ in range(worker_count)
    ]
    if plain:
        _log_buffer_size(found[0].udp[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    return found


def open_http_sockets(addresses: Sequence[Listen]) -> list[socket.socket]:
    """Bind the addresses of probes; raises ListenError."""
    return [_bind(at, socket.SOCK_STREAM, is_exclusive=True) for at in _usable_addresses(addresses)]


def _usable_addresses(addresses: Sequence[Listen]) -> list[Listen]:
    """All but `::` on a machine without IPv6, where there is another: one manifest fits every node."""
    found = [at for at in addresses if at.host != "::" or has_ipv6()]
    if not found:
        return list(addresses)
    for at in addresses:
        if at not in found:
            log.warning("not answering on %s: this machine has no IPv6", at)
    return found


def has_ipv6() -> bool:
    """Whether a socket can have the address `::`."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::", 0))
    except OSError:
        return False
    return True


def _log_buffer_size(granted: int) -> None:
    """Linux grants twice what was asked for, for its own overhead."""
    log.debug("receive buffer of each UDP socket: %d KiB", granted >> 10)
    if granted < 2 * RECEIVE_BUFFER_SIZE:
        log.info(
            "receive buffers of %d KiB instead of %d: bursts may be lost; raise net.core.rmem_max",
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
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if socket_type == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not is_exclusive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if socket_type == socket.SOCK_DGRAM:
                _grow_receive_buffer(sock)
        sock.bind((host, port))
        if socket_type == socket.SOCK_STREAM and not is_exclusive:
            sock.listen(512)
    except OSError as error:
        sock.close()
        raise ListenError(_describe_error(host, port, socket_type, error)) from error
    return sock


def _grow_receive_buffer(sock: socket.socket) -> None:
    """Beyond net.core.rmem_max where we may (CAP_NET_ADMIN), else as far as it goes."""
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
    return f"{where} cannot be bound: {error.strerror}"
