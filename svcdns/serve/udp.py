"""A worker's UDP socket: batches of datagrams through the service, as many as one turn may take."""

import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, TypeAlias

from svcdns.dns import wire
from svcdns.dns.query import Forward
from svcdns.serve import mmsg
from svcdns.serve.service import DatagramService

BATCHES_PER_TURN = 4
"""Then the loop serves its other sockets, and comes back."""

_CMSG = struct.Struct("@Nii")

_Client: TypeAlias = tuple[Any, ...]
_Ancillary: TypeAlias = Sequence[tuple[int, int, bytes]]
_Asked: TypeAlias = tuple[bytes, bytes]
"""A query's id, and the rest of it."""


def attach(loop: AbstractEventLoop, sock: socket.socket, service: DatagramService) -> None:
    """Answer what arrives at the socket from now on; one by one where the platform has no more."""
    read = _InBatches(sock, service).read if mmsg.AVAILABLE else _Singly(sock, service).read
    loop.add_reader(sock, read)


class _Socket:
    """What both ways of reading share: replies that come later."""

    def __init__(self, sock: socket.socket, service: DatagramService) -> None:
        self._sock = sock
        self._service = service
        self._counting = service.counting("udp", sock.family)

    def _later(self, asked: _Asked, forward: Forward, begin: float, client: _Client, to: _Ancillary) -> None:
        ident, packet = asked

        def send(reply: bytes) -> None:
            self._send(ident, reply, client, to)
            self._counting.late(packet, reply, monotonic() - begin, client[0])

        self._service.later(forward, send)

    def _send(self, ident: bytes, reply: bytes, client: _Client, ancillary: _Ancillary) -> None:
        try:
            self._sock.sendmsg((ident, reply), ancillary, 0, client)
        except OSError:  # the client is gone, or the queue is full: it asks again
            self._counting.unsent += 1


class _InBatches(_Socket):
    def __init__(self, sock: socket.socket, service: DatagramService) -> None:
        super().__init__(sock, service)
        wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        self._batch = mmsg.Batch(sock, wildcard)

    def read(self) -> None:
        """Receive what is there, answer it, send the replies."""
        for _ in range(BATCHES_PER_TURN):
            begin = monotonic()
            packets = self._batch.receive()
            if not packets:
                return
            replies = self._service.datagrams(packets)
            ready, unsent = self._batch.send(replies)
            if ready < len(packets):
                self._ask_upstreams(packets, replies, begin)
            self._counting.unsent += unsent
            self._counting.batch(packets, replies, ready, monotonic() - begin, self._host)
            if len(packets) < mmsg.BATCH:
                return

    def _ask_upstreams(self, packets: Sequence[bytes], replies: Sequence[object], begin: float) -> None:
        for i, reply in enumerate(replies):
            if isinstance(reply, Forward):
                name, control = self._batch.client(i)
                asked = self._batch.ident(i), packets[i]
                self._later(asked, reply, begin, _address(name), _ancillary(control))

    def _host(self, i: int) -> str:
        host: str = _address(self._batch.client(i)[0])[0]
        return host


class _Singly(_Socket):
    def read(self) -> None:
        begin, received = monotonic(), list(self._receive())
        packets, clients = [packet for (_, packet), _ in received], [client for _, client in received]
        replies = self._service.datagrams(packets)
        ready = 0
        for (asked, client), reply in zip(received, replies, strict=True):
            if isinstance(reply, Forward):
                self._later(asked, reply, begin, client, ())
            elif reply is not None:
                self._send(asked[0], reply, client, ())
                ready += 1
        self._counting.batch(packets, replies, ready, monotonic() - begin, lambda i: str(clients[i][0]))

    def _receive(self) -> Iterator[tuple[_Asked, _Client]]:
        """What is there, as much as a batch holds."""
        for _ in range(mmsg.BATCH):
            try:
                packet, client = self._sock.recvfrom(mmsg.SLOT)
            except (BlockingIOError, InterruptedError, ConnectionRefusedError):
                return
            yield (packet[: wire.ID], packet[wire.ID :]), client


def _address(sockaddr: bytes) -> _Client:
    """`struct sockaddr_in` or `sockaddr_in6` as Python takes it."""
    port = int.from_bytes(sockaddr[2:4], "big")
    if len(sockaddr) < mmsg.NAME:
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    return host, port, 0, struct.unpack_from("=I", sockaddr, 24)[0]


def _ancillary(control: bytes) -> _Ancillary:
    """The received packet info, to be sent back (`struct cmsghdr`)."""
    if not control:
        return ()
    length, level, kind = _CMSG.unpack_from(control)
    return [(level, kind, control[_CMSG.size : length])]
