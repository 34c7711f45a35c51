"""Messages between the supervisor and a child: one in each datagram (MessagePack), over a socket pair.

The end of the stream also tells that the other process has ended.
"""

import socket
from typing import TypeAlias

import msgspec
from msgspec import Struct

from svcdns.forward.forward_events import ForwardEvent
from svcdns.stats import watcher_counters, worker_counters

MAX_MESSAGE_SIZE = 192 << 10
"""Bytes of a message. Linux takes 208 KiB by default (net.core.wmem_default)."""
WATCHER_NAME = "watcher"
"""The name of the watcher's process. All other processes that report counts are workers."""
REPORT_INTERVAL = 1.0
"""Seconds between two reports of a child."""


class Ready(Struct, frozen=True, tag="ready"):
    """A worker answers, or a watcher has written what the source has."""

    service_count: int = 0
    example_queries: tuple[str, ...] = ()


class Busy(Struct, frozen=True, tag="busy"):
    """From a watcher that is making the whole table: it reports nothing meanwhile, but it is alive."""


class SourceFailed(Struct, frozen=True, tag="failed"):
    """From a watcher that ends: why its source or its table cannot be used as configured."""

    reason: str


class UpstreamEvent(Struct, frozen=True, tag="told"):
    """A worker noticed something about an upstream. Other workers may report the same."""

    event: ForwardEvent


class StopRequest(Struct, frozen=True, tag="stop"):
    """To a child: finish your work, and end."""


class ReaderDied(Struct, frozen=True, tag="reader-died"):
    """To the watcher: a process that died may have left its reader slot in the table (LMDB)."""


class WorkerStats(Struct, frozen=True, tag="counted"):
    """From a worker, once a second: its counts since it started, and its state. It also proves life."""

    counts: worker_counters.WorkerCounts
    state: worker_counters.WorkerState
    top: worker_counters.TopQueries


class WatcherStats(Struct, frozen=True, tag="watched"):
    """From the watcher, once a second: its counts since it started, and its state."""

    counts: watcher_counters.WatcherCounts
    state: watcher_counters.WatcherState


Message: TypeAlias = (
    Ready | Busy | SourceFailed | UpstreamEvent | WorkerStats | WatcherStats | StopRequest | ReaderDied
)


def send(sock: socket.socket, message: Message) -> None:
    """Send without waiting. A message is dropped if it does not fit or if nobody reads."""
    try:
        sock.send(msgspec.msgpack.encode(message), socket.MSG_DONTWAIT)
    except OSError:
        return


def receive(sock: socket.socket) -> Message | None:
    """The next message, or None at the end of the stream; raises BlockingIOError if there is none yet."""
    try:
        data = sock.recv(MAX_MESSAGE_SIZE)
    except ConnectionResetError:
        return None
    return msgspec.msgpack.decode(data, type=Message) if data else None


def create_socket_pair() -> tuple[socket.socket, socket.socket]:
    """The supervisor's end and the child's, both non-blocking."""
    # SOCK_SEQPACKET keeps the bounds of messages, and unlike SOCK_DGRAM it has an end.
    parent_end, child_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent_end.setblocking(False)
    child_end.setblocking(False)
    return parent_end, child_end
