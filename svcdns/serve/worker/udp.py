"""A worker's UDP socket: reads batches of datagrams, and sends the replies to them.

socket --receive--> batch --DatagramService--> outcomes --send--> socket
                                                 |
                                                 +--PendingQuery--> an upstream, and a reply later
"""

import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, TypeAlias

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages
from svcdns.serve.worker import mmsg
from svcdns.serve.worker.service import DatagramService

BATCHES_PER_TURN = 4
"""Batches after which the event loop serves its other sockets first."""

_CMSGHDR = struct.Struct("@Nii")
"""struct cmsghdr: length, level, type."""

_ClientAddress: TypeAlias = tuple[Any, ...]
_AncillaryData: TypeAlias = Sequence[tuple[int, int, bytes]]
_IdAndQuery: TypeAlias = tuple[bytes, bytes]
"""A query's id, and the query without it."""


def attach(loop: AbstractEventLoop, sock: socket.socket, service: DatagramService) -> None:
    """Answer what arrives at the socket from now on; datagram by datagram where there is no recvmmsg."""
    read = (
        _BatchedUdpSocket(sock, service).read if mmsg.IS_AVAILABLE else _SingleUdpSocket(sock, service).read
    )
    loop.add_reader(sock, read)


class _UdpSocket:
    """What both ways of reading share: replies that come later."""

    def __init__(self, sock: socket.socket, service: DatagramService) -> None:
        self._sock = sock
        self._service = service
        self._traffic_counter = service.traffic_counter("udp", sock.family)

    def _answer_later(
        self,
        id_and_query: _IdAndQuery,
        pending: PendingQuery,
        started_at: float,
        client: _ClientAddress,
        ancillary: _AncillaryData,
    ) -> None:
        query_id, packet = id_and_query

        def send(full_reply: bytes) -> None:
            reply = self._service.limit_late_reply(packet, full_reply, client[0])
            if reply is None:
                return
            self._send(query_id, reply, client, ancillary)
            self._traffic_counter.add_late_reply(packet, reply, monotonic() - started_at, client[0])

        self._service.answer_later(pending, send)

    def _send(self, query_id: bytes, reply: bytes, client: _ClientAddress, ancillary: _AncillaryData) -> None:
        try:
            self._sock.sendmsg((query_id, reply), ancillary, 0, client)
        except OSError:  # the client is gone, or the queue is full: it asks again
            self._traffic_counter.unsent_replies += 1


class _BatchedUdpSocket(_UdpSocket):
    """Reads with recvmmsg: a batch per system call."""

    def __init__(self, sock: socket.socket, service: DatagramService) -> None:
        super().__init__(sock, service)
        wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        self._batch = mmsg.DatagramBatch(sock, wildcard)

    def read(self) -> None:
        """Receive what is there, answer it, send the replies."""
        for _ in range(BATCHES_PER_TURN):
            begin = monotonic()
            packets = self._batch.receive()
            if not packets:
                return

            replies = self._service.answer_batch(packets, self._batch.client_address)
            ready, unsent = self._batch.send(replies)

            # Replies first: whoever waits for an upstream waits longer than a turn in any case.
            if ready < len(packets):
                self._ask_upstreams(packets, replies, begin)

            self._traffic_counter.unsent_replies += unsent
            self._traffic_counter.add_batch(packets, replies, ready, monotonic() - begin, self._client_host)
            # A batch with room to spare has emptied the socket: no system call to learn that.
            if len(packets) < mmsg.BATCH_SIZE:
                return

    def _ask_upstreams(self, packets: Sequence[bytes], replies: Sequence[object], started_at: float) -> None:
        for i, reply in enumerate(replies):
            if isinstance(reply, PendingQuery):
                # Copies of the id, name and control data: the next batch overwrites their buffers.
                name, control = self._batch.client(i)
                id_and_query = (self._batch.query_id(i), packets[i])
                self._answer_later(
                    id_and_query, reply, started_at, _decode_sockaddr(name), _decode_control(control)
                )

    def _client_host(self, i: int) -> str:
        host: str = _decode_sockaddr(self._batch.client(i)[0])[0]
        return host


class _SingleUdpSocket(_UdpSocket):
    """Reads with recvfrom, for platforms without recvmmsg."""

    def read(self) -> None:
        """Receive what is there, answer it, send the replies."""
        begin = monotonic()
        received = list(self._receive())
        packets = [packet for (_, packet), _ in received]
        clients = [client for _, client in received]

        replies = self._service.answer_batch(packets, lambda i: _pack_host(clients[i][0]))
        sent_count = 0
        for (id_and_query, client), reply in zip(received, replies, strict=True):
            if isinstance(reply, PendingQuery):
                self._answer_later(id_and_query, reply, begin, client, ())
            elif reply is not None:
                self._send(id_and_query[0], reply, client, ())
                sent_count += 1

        self._traffic_counter.add_batch(
            packets, replies, sent_count, monotonic() - begin, lambda i: str(clients[i][0])
        )

    def _receive(self) -> Iterator[tuple[_IdAndQuery, _ClientAddress]]:
        """The datagrams that have arrived, as many as a batch holds."""
        for _ in range(mmsg.BATCH_SIZE):
            try:
                packet, client = self._sock.recvfrom(mmsg.SLOT_SIZE)
            except (BlockingIOError, InterruptedError, ConnectionRefusedError):
                return
            yield (packet[: messages.ID_SIZE], packet[messages.ID_SIZE :]), client


def _decode_sockaddr(sockaddr: bytes) -> _ClientAddress:
    """A `struct sockaddr_in` or `sockaddr_in6` as Python's sockets take it."""
    port = int.from_bytes(sockaddr[2:4], "big")
    if len(sockaddr) < mmsg.NAME_SIZE:
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8]), port

    host = socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    # A reply needs no flow label; a link-local address is only reached with its scope.
    scope_id = struct.unpack_from("=I", sockaddr, 24)[0]
    return host, port, 0, scope_id


def _pack_host(host: str) -> bytes:
    """An address as Python's sockets have it, maybe with a scope, as 4 or 16 bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host.partition("%")[0])


def _decode_control(control: bytes) -> _AncillaryData:
    """The received packet info (`struct cmsghdr`), as `sendmsg` takes it; empty if there is none."""
    if not control:
        return ()

    length, level, kind = _CMSGHDR.unpack_from(control)
    return [(level, kind, control[_CMSGHDR.size : length])]
