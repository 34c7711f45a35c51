"""The queries that a worker looks at: one in EVERY for the lists of the frequent ones, and for the query log.

The lists tell who asks most, for what, and for what in vain; each has room for so many keys, whatever
clients send.
"""

import random
from collections.abc import Callable, Sequence

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import mnemonics
from svcdns.serve.worker.query_log import QueryLog
from svcdns.stats.heavy_hitters import RecentHeavyHitters
from svcdns.stats.sampler import Sampler
from svcdns.stats.worker_counters import TopQueries

SAMPLE_INTERVAL = 64
LIST_CAPACITY = 256
"""Keys of a list: one that makes up a 256th of the queries is there."""
MAX_SHOWN = 20
MAX_QUESTION_SIZE = 257
"""Bytes of a name with its type."""


class QuerySampling:
    """One worker's lists, and its query log where there is one."""

    def __init__(self, now: float, query_log: QueryLog | None = None) -> None:
        self._query_log = query_log
        self._query_sampler, self._late_sampler = (
            Sampler(SAMPLE_INTERVAL, random.random),
            Sampler(SAMPLE_INTERVAL, random.random),
        )
        self._top_clients: RecentHeavyHitters[str] = RecentHeavyHitters(LIST_CAPACITY, now)
        self._top_names: RecentHeavyHitters[bytes] = RecentHeavyHitters(LIST_CAPACITY, now)
        self._top_failures: RecentHeavyHitters[tuple[bytes, int]] = RecentHeavyHitters(LIST_CAPACITY, now)

    def add_batch(
        self,
        protocol: str,
        packets: Sequence[bytes],
        replies: Sequence[bytes | PendingQuery | None],
        seconds: float,
        client_at: Callable[[int], str],
    ) -> None:
        """Queries with what became of each (`counting.Counting.batch`)."""
        for place in self._query_sampler.select(len(packets)):
            asked, reply = _question_key(packets[place]), replies[place]
            self._top_clients.add(client_at(place))
            self._top_names.add(asked)
            if isinstance(reply, bytes) and reply[1] & 0xF:
                self._top_failures.add((asked, reply[1] & 0xF))
        if self._query_log is not None:
            self._query_log.add_batch(protocol, packets, replies, seconds, client_at)

    def add_late_reply(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """A reply that had to wait, to a query of an earlier batch."""
        if self._late_sampler.select(1) and reply[1] & 0xF:
            self._top_failures.add((_question_key(packet), reply[1] & 0xF))
        if self._query_log is not None:
            self._query_log.add_late_reply(protocol, packet, reply, seconds, client)

    def collect_top_queries(self, now: float) -> TopQueries:
        """The lists as they are now."""
        for recent in (self._top_clients, self._top_names, self._top_failures):
            seconds = recent.rotate(now)
        names = [
            (mnemonics.question_text(asked), times)
            for asked, times in self._top_names.most_frequent(MAX_SHOWN)
        ]
        failures = [
            (f"{mnemonics.question_text(asked)} {mnemonics.rcode_text(code)}", times)
            for (asked, code), times in self._top_failures.most_frequent(MAX_SHOWN)
        ]
        return TopQueries(
            seconds, SAMPLE_INTERVAL, self._top_clients.most_frequent(MAX_SHOWN), names, failures
        )


def _question_key(packet: bytes) -> bytes:
    """Name and type as a key: the name is folded, the type (65 is `A`) is not."""
    question = mnemonics.question_bytes(packet)[:MAX_QUESTION_SIZE]
    return question[:-2].lower() + question[-2:]
