"""A worker's UDP socket: batches of datagrams through the service, as many as one turn may take."""

import contextlib
import functools
import socket
import struct
from asyncio import AbstractEventLoop
from typing import Any

from svcdns.dns.query import Forward
from svcdns.serve import mmsg
from svcdns.serve.service import Service

BATCHES_PER_TURN = 4
"""Then the loop serves its other sockets, and comes back."""

_CMSG = struct.Struct("@Nii")


def attach(loop: AbstractEventLoop, sock: socket.socket, service: Service) -> None:
    """Answer what arrives at the socket from now on; one by one where the platform has no more."""
    if not mmsg.AVAILABLE:
        loop.add_reader(sock, _read_singly, sock, service)
        return
    wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    loop.add_reader(sock, _read_batches, sock, mmsg.Batch(sock, wildcard), service)


def _read_batches(sock: socket.socket, batch: mmsg.Batch, service: Service) -> None:
    def later(forward: Forward, name: bytes, control: bytes) -> None:
        service.later(forward, functools.partial(_send, sock, _address(name), _ancillary(control)))

    for _ in range(BATCHES_PER_TURN):
        with service.session(stream=False) as handler:
            if batch.exchange(handler, later) < mmsg.BATCH:
                return


def _read_singly(sock: socket.socket, service: Service) -> None:
    with service.session(stream=False) as handler:
        for _ in range(mmsg.BATCH):
            try:
                packet, client = sock.recvfrom(mmsg.SLOT)
            except (BlockingIOError, InterruptedError, ConnectionRefusedError):
                return
            reply = handler(packet)
            if isinstance(reply, Forward):
                service.later(reply, functools.partial(_send, sock, client, []))
            elif reply is not None:
                _send(sock, client, [], reply)


def _send(sock: socket.socket, client: Any, ancillary: list[tuple[int, int, bytes]], reply: bytes) -> None:
    with contextlib.suppress(OSError):  # the client is gone, or the queue is full: it asks again
        sock.sendmsg([reply], ancillary, 0, client)


def _address(sockaddr: bytes) -> tuple[Any, ...]:
    """`struct sockaddr_in` or `sockaddr_in6` as Python takes it."""
    port = int.from_bytes(sockaddr[2:4], "big")
    if len(sockaddr) < mmsg.NAME:
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    return host, port, 0, struct.unpack_from("=I", sockaddr, 24)[0]


def _ancillary(control: bytes) -> list[tuple[int, int, bytes]]:
    """The received packet info, to be sent back (`struct cmsghdr`)."""
    if not control:
        return []
    length, level, kind = _CMSG.unpack_from(control)
    return [(level, kind, control[_CMSG.size : length])]
