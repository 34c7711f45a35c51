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
from svcdns.dns import mnemonics, wire
from svcdns.dns.query import Forward
from svcdns.serve import channel
from svcdns.stats.sampler import Sampler

NAME = "query log"
"""Of the process."""

Mode: TypeAlias = Literal["off", "errors", "sampled"]

WAIT = 0.1
"""Seconds until what was seen is handed over."""
AT_ONCE = 64
"""Entries of one message: 24 KiB of the longest."""
NICE = 10
LONGEST = 269
"""Bytes of a query that are kept: its header without id, and its question."""

_ERRORS = frozenset(low for low in range(256) if low & 0xF not in (0, 3))
"""Byte 1, behind the id, of replies that are neither NOERROR nor NXDOMAIN."""


class Entry(Struct, frozen=True, array_like=True):
    """A query and its reply, as a worker saw them."""

    when: float
    """Seconds since 1970."""
    protocol: str
    client: str
    packet: bytes
    """Without its id."""
    size: int
    flags: int
    seconds: float


class QueryLog:
    """A worker's end."""

    def __init__(self, sampler: Sampler | None, sink: socket.socket) -> None:
        """Of queries that the sampler finds, or else of errors; `sink` takes messages without waiting."""
        self.logged = self.dropped = 0
        self._sampler = sampler
        self._sink = sink
        self._entries: list[Entry] = []

    def batch(
        self,
        protocol: str,
        packets: Sequence[bytes],
        replies: Sequence[bytes | Forward | None],
        seconds: float,
        client: Callable[[int], str],
    ) -> None:
        """Note those of a batch that are to be logged; what waits for an upstream comes by `late`."""
        for place in self._places(replies):
            reply = replies[place]
            if isinstance(reply, bytes):
                self._note(protocol, packets[place], reply, seconds, client(place))

    def late(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """Note a reply that had to wait, if it is to be logged."""
        if self._places((reply,)):
            self._note(protocol, packet, reply, seconds, client)

    def _places(self, replies: Sequence[bytes | Forward | None]) -> Sequence[int]:
        if self._sampler is not None:
            return self._sampler.among(len(replies))
        return [n for n, reply in enumerate(replies) if reply.__class__ is bytes and reply[1] in _ERRORS]

    def _note(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        if not self._entries:
            asyncio.get_running_loop().call_later(WAIT, self._hand_over)
        flags = reply[0] << 8 | reply[1]
        entry = Entry(time.time(), protocol, client, packet[:LONGEST], wire.ID + len(reply), flags, seconds)
        self._entries.append(entry)
        if len(self._entries) >= AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        if not self._entries:  # the last ones filled a message
            return
        try:
            self._sink.send(msgspec.msgpack.encode(self._entries), socket.MSG_DONTWAIT)
            self.logged += len(self._entries)
        except OSError:  # the other process is slow, or just gone
            self.dropped += len(self._entries)
        self._entries.clear()


def opened(mode: Mode, every: int, sink: socket.socket) -> QueryLog | None:
    """A worker's end for this mode; with `sampled`, one query in `every` is logged."""
    if mode == "off":
        return None
    return QueryLog(Sampler(every, random.random) if mode == "sampled" else None, sink)


def run(control: socket.socket, source: socket.socket, form: logs.Format) -> int:
    """The log's process: write lines until the supervisor says stop, then what is still there."""
    os.nice(NICE)
    write = _as_json if form == "json" else _as_text
    with selectors.DefaultSelector() as selector:
        for sock in (control, source):
            selector.register(sock, selectors.EVENT_READ)
        stopping = False
        while not stopping:
            stopping = control in (key.fileobj for key, _ in selector.select())
            for entry in _entries(source):
                sys.stderr.write(write(entry))
            sys.stderr.flush()
    return 0


def _entries(source: socket.socket) -> Iterator[Entry]:
    """What has arrived so far."""
    with contextlib.suppress(BlockingIOError):
        while data := source.recv(channel.MAX_SIZE):
            yield from msgspec.msgpack.decode(data, type=list[Entry])


def _as_text(entry: Entry) -> str:
    """A line like those of `logs`; names are in presentation format, so nothing in them ends it."""
    protocol, asked = entry.protocol.partition(" ")[0], mnemonics.asked(mnemonics.question(entry.packet))
    what = f"{entry.client} {protocol} {asked} {mnemonics.rcode(entry.flags & 0xF)}"
    size = f"{mnemonics.flags(entry.flags)}, {entry.size} bytes, {1000 * entry.seconds:.3f} ms"
    return f"{_timestamp(entry.when)} [info     ] {what} ({size}) [svcdns.query]\n"


def _as_json(entry: Entry) -> str:
    name, _, rrtype = mnemonics.asked(mnemonics.question(entry.packet)).partition(" ")
    line = {
        "client": entry.client,
        "protocol": entry.protocol.partition(" ")[0],
        "name": name,
        "type": rrtype,
        "rcode": mnemonics.rcode(entry.flags & 0xF),
        "flags": mnemonics.flags(entry.flags),
        "size": entry.size,
        "seconds": round(entry.seconds, 6),
        "level": "info",
        "logger": "svcdns.query",
        "timestamp": _timestamp(entry.when),
    }
    return msgspec.json.encode(line).decode() + "\n"


def _timestamp(when: float) -> str:
    return datetime.datetime.fromtimestamp(when, datetime.UTC).isoformat(timespec="microseconds")[:-6] + "Z"
