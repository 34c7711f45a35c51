"""A client that asks names of the cluster on a fixed schedule, whatever comes back.

Latency counts from the time at which a query was due, so that a delay of one does not hide the next
ones' (coordinated omission), to the time at which the kernel had the answer.
"""

import select
import socket
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks.dnsperf import percentile

RATE = 200
"""Queries a second: what a busy Pod asks."""
PATIENCE = 2.0
"""Seconds after which an answer counts as lost; resolvers wait for 5."""

_SO_TIMESTAMPNS = 35
_HEADER = struct.pack("!5H", 0x0100, 1, 0, 0, 0)  # RD; one question
_TYPE_A_CLASS_IN = struct.pack("!2H", 1, 1)


class Delays(Struct, frozen=True):
    """Milliseconds from when queries were due: until their answers came, and until they were sent."""

    p50: float
    p99: float
    lateness_p99: float
    """The client's own part of it."""
    sent: int
    lost: int


def make_query(query_id: int, name: str) -> bytes:
    """A query for A."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return query_id.to_bytes(2, "big") + _HEADER + labels + b"\0" + _TYPE_A_CLASS_IN


def read_names(questions: Path) -> list[str]:
    """The names in a file of questions (`queries`)."""
    return [line.split()[0] for line in questions.read_text().splitlines()]


def measure(port: int, names: Sequence[str], seconds: float) -> Delays:
    """Ask for so long."""
    count = int(seconds * RATE)
    step = 1_000_000_000 // RATE
    queries = [make_query(number, names[number % len(names)]) for number in range(count)]
    sent_late: list[int] = []
    answered_late: dict[int, int] = {}

    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.connect(("127.0.0.1", port))
        sock.setblocking(False)
        begin = time.time_ns() + step
        deadline = begin + count * step + int(PATIENCE * 1e9)

        while len(answered_late) < count and (now := time.time_ns()) < deadline:
            due = begin + len(sent_late) * step
            if len(sent_late) < count and now >= due:
                sock.send(queries[len(sent_late)])
                sent_late.append(now - due)
                continue

            wait = (due if len(sent_late) < count else deadline) - now
            if select.select([sock], [], [], max(wait, 0) / 1e9)[0]:
                query_id, arrived = _receive(sock)
                answered_late.setdefault(query_id, arrived - begin - query_id * step)

    return summarize(list(answered_late.values()), sent_late)


def summarize(answered_late: Sequence[int], sent_late: Sequence[int]) -> Delays:
    """Nanoseconds of the queries that were answered, and of all."""
    lost = len(sent_late) - len(answered_late)
    # A lost one took at least as long as the client waits.
    latencies = sorted(late / 1e6 for late in answered_late) + [PATIENCE * 1e3] * lost
    lateness = sorted(late / 1e6 for late in sent_late)
    return Delays(
        percentile(latencies, 0.5),
        percentile(latencies, 0.99),
        percentile(lateness, 0.99),
        len(lateness),
        lost,
    )


def _receive(sock: socket.socket) -> tuple[int, int]:
    """The ID of an answer, and when the kernel had it (nanoseconds since 1970)."""
    data, ancillary, _, _ = sock.recvmsg(4096, 64)
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
    return int.from_bytes(data[:2], "big"), seconds * 1_000_000_000 + nanoseconds
