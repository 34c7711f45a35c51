"""Messages between the supervisor and a child: one per datagram (MessagePack), over a socket pair.

Its end is also the sign that the other process is gone.
"""

import socket
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from svcdns.forward.forward_events import ForwardEvent
from svcdns.stats import watcher_counters, worker_counters

MAX_MESSAGE_SIZE = 192 << 10
"""Bytes of a message; Linux takes 208 KiB by default (net.core.wmem_default)."""
WATCHER_NAME = "watcher"
"""The name of its place; other places that tell counts are workers'."""
REPORT_INTERVAL = 1.0
"""Seconds between two of what a child tells of itself."""


class Ready(Struct, frozen=True, tag="ready"):
    """Worker: it answers. Watcher: the table holds what the source has."""

    service_count: int = 0
    example_queries: tuple[str, ...] = ()


class UpstreamEvent(Struct, frozen=True, tag="told"):
    """Worker: what it has to say of an upstream; other workers may say the same."""

    event: ForwardEvent


class StopRequest(Struct, frozen=True, tag="stop"):
    """Supervisor to child: finish, and end."""


class ReaderDied(Struct, frozen=True, tag="reader-died"):
    """Supervisor to watcher: a process may have left its slot in the table."""


class WorkerStats(Struct, frozen=True, tag="counted"):
    """Worker, once a second: what it has counted since it began, and how it is. That it still lives."""

    counts: worker_counters.WorkerCounts
    state: worker_counters.WorkerState
    top: worker_counters.TopQueries


class WatcherStats(Struct, frozen=True, tag="watched"):
    """Watcher, once a second: the same."""

    counts: watcher_counters.WatcherCounts
    state: watcher_counters.WatcherState


Message: TypeAlias = Ready | UpstreamEvent | WorkerStats | WatcherStats | StopRequest | ReaderDied
Role: TypeAlias = Literal["worker", "watcher"]


def send(sock: socket.socket, message: Message) -> None:
    """Send without waiting; what does not fit, or has nobody to read it, is dropped."""
    try:
        sock.send(msgspec.msgpack.encode(message), socket.MSG_DONTWAIT)
    except OSError:
        return


def receive(sock: socket.socket) -> Message | None:
    """The next message, or None at the end; raises BlockingIOError when there is none yet."""
    try:
        data = sock.recv(MAX_MESSAGE_SIZE)
    except ConnectionResetError:
        return None
    return msgspec.msgpack.decode(data, type=Message) if data else None


def create_socket_pair() -> tuple[socket.socket, socket.socket]:
    """Both ends: datagrams in order, and an end of file."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs
