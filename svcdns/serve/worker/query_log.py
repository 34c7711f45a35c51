"""The query log: a process of its own writes the lines, so no answer waits for whoever reads them.

    worker --QueryLogEntry--> 64 of them, or 0.1 s --> socket --> query log's process --> stderr

Entries that do not fit into the socket are dropped and counted. A worker only copies a few bytes of each
query; the other process, which has a lower priority, makes the text.
"""

import asyncio
import contextlib
import datetime
import os
import random
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from svcdns import logs
from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages, mnemonics
from svcdns.serve.runtime import ipc
from svcdns.stats.sampler import Sampler

PROCESS_NAME = "query log"
"""The name of the process in logs and metrics."""

QueryLogMode: TypeAlias = Literal["off", "errors", "sampled"]
"""Log nothing, failed queries, or one query in so many."""

FLUSH_DELAY = 0.1
"""The longest time, in seconds, until an entry is sent to the log's process."""
MAX_ENTRIES = 64
"""Entries of one message: 24 KiB of the longest."""
NICE = 10
"""Niceness of the log's process: answers go first."""
MAX_QUERY_SIZE = 269
"""Bytes of a query that an entry has: its header without id (10), and the longest question (255 + 4)."""

_ERROR_BYTES = frozenset(low for low in range(256) if low & 0xF not in (0, 3))
"""Byte 1, behind the id, of replies that are neither NOERROR nor NXDOMAIN."""


class QueryLogEntry(Struct, frozen=True, array_like=True):
    """A query and its reply, as the worker saw them."""

    timestamp: float
    """When the reply was sent, in seconds since 1970."""
    protocol: str
    """Transport and family as `TrafficCounter.protocol` has them; only the transport is logged."""
    client: str
    """The client's address."""
    packet: bytes
    """The query without its id, at most `MAX_QUERY_SIZE` bytes of it."""
    reply_size: int
    """Bytes of the whole reply."""
    reply_flags: int
    """Bytes 2 and 3 of the reply's header (RFC 1035 4.1.1)."""
    rcode: int
    """With its high bits (RFC 6891 6.1.3)."""
    seconds: float
    """The time that the answer took."""


class QueryLog:
    """A worker's end of the query log."""

    def __init__(self, sampler: Sampler | None, sock: socket.socket) -> None:
        """Log the queries that the sampler selects; without a sampler, those that failed."""
        self.logged_count = 0
        """Entries that the log's process was sent."""
        self.dropped_count = 0
        """Entries that were dropped, because the socket was full."""
        self._sampler = sampler
        self._socket = sock
        self._entries: list[QueryLogEntry] = []

    def add_batch(
        self,
        protocol: str,
        packets: Sequence[bytes],
        replies: Sequence[bytes | PendingQuery | None],
        seconds: float,
        client_at: Callable[[int], str],
    ) -> None:
        """Log a batch's queries; those that wait for an upstream come through `add_late_reply`."""
        for index in self._select_indexes(replies):
            reply = replies[index]
            if isinstance(reply, bytes):
                self._add_entry(protocol, packets[index], reply, seconds, client_at(index))

    def add_late_reply(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """Log a reply that had to wait for an upstream."""
        if self._select_indexes((reply,)):
            self._add_entry(protocol, packet, reply, seconds, client)

    def _select_indexes(self, replies: Sequence[bytes | PendingQuery | None]) -> Sequence[int]:
        if self._sampler is not None:
            return self._sampler.select(len(replies))
        # All replies are looked at, not a sample: `__class__ is` costs less than isinstance.
        return [n for n, reply in enumerate(replies) if reply.__class__ is bytes and reply[1] in _ERROR_BYTES]

    def _add_entry(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        # The first entry of a message sets its time limit.
        if not self._entries:
            asyncio.get_running_loop().call_later(FLUSH_DELAY, self._flush)

        entry = QueryLogEntry(
            time.time(),
            protocol,
            client,
            packet[:MAX_QUERY_SIZE],
            messages.ID_SIZE + len(reply),
            reply[0] << 8 | reply[1],
            messages.read_rcode(reply),
            seconds,
        )
        self._entries.append(entry)
        if len(self._entries) >= MAX_ENTRIES:
            self._flush()

    def _flush(self) -> None:
        # The timer also rings after a message that was full before.
        if not self._entries:
            return

        try:
            self._socket.send(msgspec.msgpack.encode(self._entries), socket.MSG_DONTWAIT)
            self.logged_count += len(self._entries)
        except OSError:  # the other process is slow, or just gone
            self.dropped_count += len(self._entries)
        self._entries.clear()


def open_query_log(mode: QueryLogMode, sample_interval: int, sock: socket.socket) -> QueryLog | None:
    """A worker's end for this mode, None if nothing is logged.

    `sample_interval`: with `sampled`, one query in so many is logged.
    """
    if mode == "off":
        return None

    sampler = Sampler(sample_interval, random.random) if mode == "sampled" else None
    return QueryLog(sampler, sock)


def run(control: socket.socket, entries_socket: socket.socket, log_format: logs.LogFormat) -> int:
    """The log's process: write lines until the supervisor says stop or is gone; the exit code."""
    os.nice(NICE)
    format_entry = _format_json if log_format == "json" else _format_text

    with selectors.DefaultSelector() as selector:
        for sock in (control, entries_socket):
            selector.register(sock, selectors.EVENT_READ)

        stopping = False
        while not stopping:
            # Anything on the control socket is a request to stop, or its end. The entries that have
            # arrived by then are still written.
            stopping = control in (key.fileobj for key, _ in selector.select())
            for entry in _receive_entries(entries_socket):
                sys.stderr.write(format_entry(entry))
            sys.stderr.flush()
    return 0


def _receive_entries(entries_socket: socket.socket) -> Iterator[QueryLogEntry]:
    """The entries that have arrived so far."""
    with contextlib.suppress(BlockingIOError):
        while data := entries_socket.recv(ipc.MAX_MESSAGE_SIZE):
            yield from msgspec.msgpack.decode(data, type=list[QueryLogEntry])


def _format_text(entry: QueryLogEntry) -> str:
    """A line like those of `logs`. Names are in presentation format, so none can break the line."""
    transport = entry.protocol.partition(" ")[0]
    question = mnemonics.question_text(mnemonics.question_bytes(entry.packet))
    rcode = mnemonics.rcode_text(entry.rcode)
    flags = mnemonics.flags_text(entry.reply_flags)

    event = f"{entry.client} {transport} {question} {rcode}"
    details = f"{flags}, {entry.reply_size} bytes, {1000 * entry.seconds:.3f} ms"
    return f"{_format_timestamp(entry.timestamp)} [info     ] {event} ({details}) [svcdns.query]\n"


def _format_json(entry: QueryLogEntry) -> str:
    """A line with the fields of `logs`' JSON format, and one field for each part of the entry."""
    name, _, rrtype = mnemonics.question_text(mnemonics.question_bytes(entry.packet)).partition(" ")
    fields = {
        "client": entry.client,
        "protocol": entry.protocol.partition(" ")[0],
        "name": name,
        "type": rrtype,
        "rcode": mnemonics.rcode_text(entry.rcode),
        "flags": mnemonics.flags_text(entry.reply_flags),
        "size": entry.reply_size,
        "seconds": round(entry.seconds, 6),
        "level": "info",
        "logger": "svcdns.query",
        "timestamp": _format_timestamp(entry.timestamp),
    }
    return msgspec.json.encode(fields).decode() + "\n"


def _format_timestamp(timestamp: float) -> str:
    moment = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    # "Z" instead of "+00:00", as `logs` writes it.
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"
