"""The sockets that the supervisor holds for its workers.

They outlive each worker: what is queued in them waits for the next one.
"""

import errno
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from svcdns.errors import ListenError
from svcdns.serve.runtime_config import Listen

log = logging.getLogger("svcdns.sockets")

RECEIVE_BUFFER = 4 << 20
"""At 20,000 queries a second the default (208 KiB) overflowed when a worker was replaced."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """One worker's: a UDP and a TCP socket for each address, and one for each address of TLS."""

    udp: tuple[socket.socket, ...]
    tcp: tuple[socket.socket, ...]
    tls: tuple[socket.socket, ...]


def open_all(addresses: Sequence[Listen], workers: int) -> list[Sockets]:
    """Bind every address once per worker, with SO_REUSEPORT; raises ListenError.

    Each is bound alone first: with SO_REUSEPORT a second server would share the port in silence.
    """
    addresses = _usable(addresses)
    plain = [at for at in addresses if not at.tls]
    tls = [at for at in addresses if at.tls]
    for at in addresses:
        _bind(at, socket.SOCK_STREAM, alone=True).close()
    for at in plain:
        _bind(at, socket.SOCK_DGRAM, alone=True).close()
    found = [
        Sockets(
            tuple(_bind(at, socket.SOCK_DGRAM, alone=False) for at in plain),
            tuple(_bind(at, socket.SOCK_STREAM, alone=False) for at in plain),
            tuple(_bind(at, socket.SOCK_STREAM, alone=False) for at in tls),
        )
        for _ in range(workers)
    ]
    if plain:
        _tell_buffer(found[0].udp[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    return found


def open_http(addresses: Sequence[Listen]) -> list[socket.socket]:
    """Bind the addresses of probes; raises ListenError."""
    return [_bind(at, socket.SOCK_STREAM, alone=True) for at in _usable(addresses)]


def _usable(addresses: Sequence[Listen]) -> list[Listen]:
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


def _tell_buffer(granted: int) -> None:
    """Linux grants twice what was asked for, for its own overhead."""
    log.debug("receive buffer of each UDP socket: %d KiB", granted >> 10)
    if granted < 2 * RECEIVE_BUFFER:
        log.info(
            "receive buffers of %d KiB instead of %d: bursts may be lost; raise net.core.rmem_max",
            granted >> 11,
            RECEIVE_BUFFER >> 10,
        )


def _bind(at: Listen, kind: socket.SocketKind, alone: bool) -> socket.socket:
    host, port = at.host, at.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not alone:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if kind == socket.SOCK_DGRAM:
                _grow(sock)
        sock.bind((host, port))
        if kind == socket.SOCK_STREAM and not alone:
            sock.listen(512)
    except OSError as error:
        sock.close()
        raise ListenError(_explain(host, port, kind, error)) from error
    return sock


def _grow(sock: socket.socket) -> None:
    """Beyond net.core.rmem_max where we may (CAP_NET_ADMIN), else as far as it goes."""
    force = getattr(socket, "SO_RCVBUFFORCE", 33)
    try:
        sock.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def _explain(host: str, port: int, kind: socket.SocketKind, error: OSError) -> str:
    where = f"{'UDP' if kind == socket.SOCK_DGRAM else 'TCP'} {f'[{host}]' if ':' in host else host}:{port}"
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
