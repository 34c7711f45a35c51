"""A worker's UDP socket: reads batches of datagrams, and sends the replies to them.

socket --receive--> batch --DatagramService--> outcomes --send--> socket
                                                 |
                                                 +--PendingQuery--> an upstream, and a reply later
"""

import errno
import logging
import os
import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, TypeAlias

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages
from svcdns.rate_limited_log import RecentMessages
from svcdns.serve.worker import mmsg
from svcdns.serve.worker.service import DatagramService

log = logging.getLogger("svcdns.worker")

BATCHES_PER_TURN = 4
"""Batches after which the event loop serves its other sockets first."""
TURN_SECONDS = 0.005
"""Seconds after which a turn begins no further batch: unusual queries take a hundred times as long."""
MAX_ERRORS = 100
"""Failures to read in a row after which the worker gives up: another one may be better off."""
ERROR_LOG_INTERVAL = 60.0
"""Seconds in which an error of a socket is logged once."""

_BUG = 0
"""In place of the error's number, for what is no error of a socket."""
_NO_BATCHES = (errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP)
"""What recvmmsg and sendmmsg say where a kernel, a sandbox or a seccomp profile lacks them."""

_CMSGHDR = struct.Struct("@Nii")
"""struct cmsghdr: length, level, type."""

_ClientAddress: TypeAlias = tuple[Any, ...]
_AncillaryData: TypeAlias = Sequence[tuple[int, int, bytes]]
_IdAndQuery: TypeAlias = tuple[bytes, bytes]
"""A query's id, and the query without it."""


def attach(loop: AbstractEventLoop, sock: socket.socket, service: DatagramService) -> None:
    """Answer what arrives at the socket from now on; datagram by datagram where there is no recvmmsg."""
    way = _BatchedUdpSocket if mmsg.IS_AVAILABLE else _SingleUdpSocket
    loop.add_reader(sock, way(loop, sock, service).read)


class _UdpSocket:
    """What both ways of reading share: replies that come later, and errors of the socket."""

    def __init__(self, loop: AbstractEventLoop, sock: socket.socket, service: DatagramService) -> None:
        self._loop = loop
        self._sock = sock
        self._service = service
        self._error_count = 0
        self._logged_errors = RecentMessages[int](ERROR_LOG_INTERVAL)
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

        self._service.answer_later(pending, send, client[0])

    def _send(self, query_id: bytes, reply: bytes, client: _ClientAddress, ancillary: _AncillaryData) -> None:
        try:
            self._sock.sendmsg((query_id, reply), ancillary, 0, client)
        except OSError as error:  # the client is gone, or the queue is full: it asks again
            self._on_unsent(1, error.errno or 0)

    def _on_unsent(self, count: int, code: int) -> None:
        self._traffic_counter.unsent_replies += count
        if self._logged_errors.is_new(code):
            log.warning("a reply over UDP could not be sent: %s", os.strerror(code))

    def _on_failed_batch(self, count: int) -> None:
        """Within `except`: no query of a batch has a reply."""
        self._traffic_counter.unsent_replies += count
        if self._logged_errors.is_new(_BUG):
            log.exception("%d queries have no reply", count)

    def _on_broken(self, error: OSError) -> None:
        """The socket cannot be read: log it, and give up where it repeats."""
        if self._logged_errors.is_new(error.errno or 0):
            log.error("a UDP socket cannot be used: %s", error.strerror)

        # A socket with an error stays readable: the event loop would call again for ever.
        self._error_count += 1
        if self._error_count >= MAX_ERRORS:
            self._loop.remove_reader(self._sock)
            self._service.give_up(f"a UDP socket cannot be used: {error.strerror}")


class _BatchedUdpSocket(_UdpSocket):
    """Reads with recvmmsg: a batch per system call."""

    def __init__(self, loop: AbstractEventLoop, sock: socket.socket, service: DatagramService) -> None:
        super().__init__(loop, sock, service)
        wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        self._batch = mmsg.DatagramBatch(sock, wildcard)

    def read(self) -> None:
        """Receive what is there, answer it, send the replies."""
        try:
            self._read_batches()
        except OSError as error:
            if error.errno not in _NO_BATCHES:
                self._on_broken(error)
                return

            log.warning("%s: datagrams are read one by one, which needs more CPU", error.strerror)
            self._loop.remove_reader(self._sock)
            self._loop.add_reader(self._sock, _SingleUdpSocket(self._loop, self._sock, self._service).read)

    def _read_batches(self) -> None:
        turn_end = monotonic() + TURN_SECONDS
        for _ in range(BATCHES_PER_TURN):
            begin = monotonic()
            packets = self._batch.receive()
            self._error_count = 0
            if not packets:
                return

            try:
                replies = self._service.answer_batch(packets, self._batch.client_address)
            except Exception:  # a bug costs a batch, and shows in /health if it costs all of them
                self._on_failed_batch(len(packets))
                return
            ready, unsent = self._batch.send(replies)

            # Replies first: whoever waits for an upstream waits longer than a turn in any case.
            if ready < len(packets):
                self._ask_upstreams(packets, replies, begin)

            if unsent:
                self._on_unsent(unsent, self._batch.last_send_error)
            self._traffic_counter.add_batch(packets, replies, ready, monotonic() - begin, self._client_host)
            # A batch with room to spare has emptied the socket: no system call to learn that.
            if len(packets) < mmsg.BATCH_SIZE or monotonic() > turn_end:
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
        try:
            received = list(self._receive())
        except OSError as error:
            self._on_broken(error)
            return

        self._error_count = 0
        packets = [packet for (_, packet), _ in received]
        clients = [client for _, client in received]

        try:
            replies = self._service.answer_batch(packets, lambda i: _pack_host(clients[i][0]))
        except Exception:
            self._on_failed_batch(len(packets))
            return
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
