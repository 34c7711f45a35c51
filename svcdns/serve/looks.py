"""The queries that a worker looks at: one in EVERY for the lists of the frequent ones, and for the query log.

The lists tell who asks most, for what, and for what in vain; each has room for so many keys, whatever
clients send.
"""

import random
from collections.abc import Callable, Sequence

from svcdns.dns import mnemonics
from svcdns.dns.query import Forward
from svcdns.serve.querylog import QueryLog
from svcdns.stats.frequent import Recent
from svcdns.stats.numbers import Top
from svcdns.stats.sampler import Sampler

EVERY = 64
ROOM = 256
"""Keys of a list: one that makes up a 256th of the queries is there."""
SHOWN = 20
LONGEST = 257
"""Bytes of a name with its type."""


class Looks:
    """One worker's lists, and its query log where there is one."""

    def __init__(self, now: float, log: QueryLog | None = None) -> None:
        self._log = log
        self._queries, self._late = Sampler(EVERY, random.random), Sampler(EVERY, random.random)
        self._clients: Recent[str] = Recent(ROOM, now)
        self._names: Recent[bytes] = Recent(ROOM, now)
        self._failures: Recent[tuple[bytes, int]] = Recent(ROOM, now)

    def batch(
        self,
        protocol: str,
        packets: Sequence[bytes],
        replies: Sequence[bytes | Forward | None],
        seconds: float,
        client: Callable[[int], str],
    ) -> None:
        """Queries with what became of each (`counting.Counting.batch`)."""
        for place in self._queries.among(len(packets)):
            asked, reply = _asked(packets[place]), replies[place]
            self._clients.add(client(place))
            self._names.add(asked)
            if isinstance(reply, bytes) and reply[1] & 0xF:
                self._failures.add((asked, reply[1] & 0xF))
        if self._log is not None:
            self._log.batch(protocol, packets, replies, seconds, client)

    def late(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """A reply that had to wait, to a query of an earlier batch."""
        if self._late.among(1) and reply[1] & 0xF:
            self._failures.add((_asked(packet), reply[1] & 0xF))
        if self._log is not None:
            self._log.late(protocol, packet, reply, seconds, client)

    def top(self, now: float) -> Top:
        """The lists as they are now."""
        for recent in (self._clients, self._names, self._failures):
            seconds = recent.turn(now)
        names = [(mnemonics.asked(asked), times) for asked, times in self._names.top(SHOWN)]
        failures = [
            (f"{mnemonics.asked(asked)} {mnemonics.rcode(code)}", times)
            for (asked, code), times in self._failures.top(SHOWN)
        ]
        return Top(seconds, EVERY, self._clients.top(SHOWN), names, failures)


def _asked(packet: bytes) -> bytes:
    """Name and type as a key: the name is folded, the type (65 is `A`) is not."""
    question = mnemonics.question(packet)[:LONGEST]
    return question[:-2].lower() + question[-2:]
