"""The query log: lines of a process of its own, which may wait for whoever reads them; no answer does.

    worker --Entry--> AT_ONCE of them, or WAIT seconds --> socket --> query log's process --> stderr

What does not fit into the socket is dropped and counted. A worker only copies a few bytes of a query;
the words are made by the other process, which has to wait for the processor too.
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
"""Of the process."""

QueryLogMode: TypeAlias = Literal["off", "errors", "sampled"]

FLUSH_DELAY = 0.1
"""Seconds until what was seen is handed over."""
MAX_ENTRIES = 64
"""Entries of one message: 24 KiB of the longest."""
NICE = 10
MAX_QUERY_SIZE = 269
"""Bytes of a query that are kept: its header without id, and its question."""

_ERROR_BYTES = frozenset(low for low in range(256) if low & 0xF not in (0, 3))
"""Byte 1, behind the id, of replies that are neither NOERROR nor NXDOMAIN."""


class QueryLogEntry(Struct, frozen=True, array_like=True):
    """A query and its reply, as a worker saw them."""

    timestamp: float
    """Seconds since 1970."""
    protocol: str
    client: str
    packet: bytes
    """Without its id."""
    reply_size: int
    reply_flags: int
    seconds: float


class QueryLog:
    """A worker's end."""

    def __init__(self, sampler: Sampler | None, sock: socket.socket) -> None:
        """Of queries that the sampler finds, or else of errors; `sink` takes messages without waiting."""
        self.logged_count = self.dropped_count = 0
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
        """Note those of a batch that are to be logged; what waits for an upstream comes by `late`."""
        for place in self._select_positions(replies):
            reply = replies[place]
            if isinstance(reply, bytes):
                self._add_entry(protocol, packets[place], reply, seconds, client_at(place))

    def add_late_reply(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """Note a reply that had to wait, if it is to be logged."""
        if self._select_positions((reply,)):
            self._add_entry(protocol, packet, reply, seconds, client)

    def _select_positions(self, replies: Sequence[bytes | PendingQuery | None]) -> Sequence[int]:
        if self._sampler is not None:
            return self._sampler.select(len(replies))
        return [n for n, reply in enumerate(replies) if reply.__class__ is bytes and reply[1] in _ERROR_BYTES]

    def _add_entry(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        if not self._entries:
            asyncio.get_running_loop().call_later(FLUSH_DELAY, self._flush)
        flags = reply[0] << 8 | reply[1]
        entry = QueryLogEntry(
            time.time(),
            protocol,
            client,
            packet[:MAX_QUERY_SIZE],
            messages.ID_SIZE + len(reply),
            flags,
            seconds,
        )
        self._entries.append(entry)
        if len(self._entries) >= MAX_ENTRIES:
            self._flush()

    def _flush(self) -> None:
        if not self._entries:  # the last ones filled a message
            return
        try:
            self._socket.send(msgspec.msgpack.encode(self._entries), socket.MSG_DONTWAIT)
            self.logged_count += len(self._entries)
        except OSError:  # the other process is slow, or just gone
            self.dropped_count += len(self._entries)
        self._entries.clear()


def open_query_log(mode: QueryLogMode, sample_interval: int, sock: socket.socket) -> QueryLog | None:
    """A worker's end for this mode; with `sampled`, one query in `every` is logged."""
    if mode == "off":
        return None
    return QueryLog(Sampler(sample_interval, random.random) if mode == "sampled" else None, sock)


def run(control: socket.socket, entries_socket: socket.socket, log_format: logs.LogFormat) -> int:
    """The log's process: write lines until the supervisor says stop, then what is still there."""
    os.nice(NICE)
    write = _format_json if log_format == "json" else _format_text
    with selectors.DefaultSelector() as selector:
        for sock in (control, entries_socket):
            selector.register(sock, selectors.EVENT_READ)
        stopping = False
        while not stopping:
            stopping = control in (key.fileobj for key, _ in selector.select())
            for entry in _receive_entries(entries_socket):
                sys.stderr.write(write(entry))
            sys.stderr.flush()
    return 0


def _receive_entries(entries_socket: socket.socket) -> Iterator[QueryLogEntry]:
    """What has arrived so far."""
    with contextlib.suppress(BlockingIOError):
        while data := entries_socket.recv(ipc.MAX_MESSAGE_SIZE):
            yield from msgspec.msgpack.decode(data, type=list[QueryLogEntry])


def _format_text(entry: QueryLogEntry) -> str:
    """A line like those of `logs`; names are in presentation format, so nothing in them ends it."""
    protocol, asked = (
        entry.protocol.partition(" ")[0],
        mnemonics.question_text(mnemonics.question_bytes(entry.packet)),
    )
    what = f"{entry.client} {protocol} {asked} {mnemonics.rcode_text(entry.reply_flags & 0xF)}"
    size = (
        f"{mnemonics.flags_text(entry.reply_flags)}, {entry.reply_size} bytes, {1000 * entry.seconds:.3f} ms"
    )
    return f"{_format_timestamp(entry.timestamp)} [info     ] {what} ({size}) [svcdns.query]\n"


def _format_json(entry: QueryLogEntry) -> str:
    name, _, rrtype = mnemonics.question_text(mnemonics.question_bytes(entry.packet)).partition(" ")
    line = {
        "client": entry.client,
        "protocol": entry.protocol.partition(" ")[0],
        "name": name,
        "type": rrtype,
        "rcode": mnemonics.rcode_text(entry.reply_flags & 0xF),
        "flags": mnemonics.flags_text(entry.reply_flags),
        "size": entry.reply_size,
        "seconds": round(entry.seconds, 6),
        "level": "info",
        "logger": "svcdns.query",
        "timestamp": _format_timestamp(entry.timestamp),
    }
    return msgspec.json.encode(line).decode() + "\n"


def _format_timestamp(timestamp: float) -> str:
    return (
        datetime.datetime.fromtimestamp(timestamp, datetime.UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    )
