"""The most frequent clients, names and failures of a worker, from a sample of its queries.

    traffic --batch--> QuerySampling --> top lists, once a second to the supervisor
                                     --> query_log

The lists show who asks most, for what, and for what without success. Each has a fixed number of keys,
so that clients cannot make them grow.
"""

import random
from collections.abc import Callable, Sequence

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages, mnemonics
from svcdns.serve.worker.query_log import QueryLog
from svcdns.stats.heavy_hitters import RecentHeavyHitters
from svcdns.stats.sampler import Sampler
from svcdns.stats.worker_counters import TopQueries

SAMPLE_INTERVAL = 64
"""One query in so many is sampled."""
LIST_CAPACITY = 256
"""Keys of a list: whatever makes up a 256th of the queries is in it."""
MAX_SHOWN = 20
"""Keys of a list that are sent to the supervisor."""
MAX_QUESTION_SIZE = 257
"""Bytes of the longest name (255, RFC 1035 2.3.4) and its type."""


class QuerySampling:
    """The top lists of one worker; it also passes all queries on to the query log, if there is one."""

    def __init__(self, now: float, query_log: QueryLog | None = None) -> None:
        """`now` is in seconds (time.monotonic)."""
        self._query_log = query_log
        self._query_sampler = Sampler(SAMPLE_INTERVAL, random.random)
        # Late replies are sampled apart: their clients and names were counted with their batch.
        self._late_sampler = Sampler(SAMPLE_INTERVAL, random.random)
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
        """Sample a batch of queries and their outcomes; parameters as in `TrafficCounter.add_batch`."""
        for index in self._query_sampler.select(len(packets)):
            question = _question_key(packets[index])
            self._top_clients.add(client_at(index))
            self._top_names.add(question)

            reply = replies[index]
            if isinstance(reply, bytes) and (rcode := messages.read_rcode(reply)):
                self._top_failures.add((question, rcode))

        if self._query_log is not None:
            self._query_log.add_batch(protocol, packets, replies, seconds, client_at)

    def add_late_reply(self, protocol: str, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """Sample a reply that had to wait for an upstream; its query was part of an earlier batch."""
        if self._late_sampler.select(1) and (rcode := messages.read_rcode(reply)):
            self._top_failures.add((_question_key(packet), rcode))

        if self._query_log is not None:
            self._query_log.add_late_reply(protocol, packet, reply, seconds, client)

    def collect_top_queries(self, now: float) -> TopQueries:
        """The lists as they are now, most frequent first; `now` as in `__init__`."""
        # All three began together, so the seconds of one are those of all.
        for top_list in (self._top_clients, self._top_names, self._top_failures):
            seconds = top_list.rotate(now)

        names = [
            (mnemonics.question_text(question), count)
            for question, count in self._top_names.most_frequent(MAX_SHOWN)
        ]
        failures = [
            (f"{mnemonics.question_text(question)} {mnemonics.rcode_text(rcode)}", count)
            for (question, rcode), count in self._top_failures.most_frequent(MAX_SHOWN)
        ]
        return TopQueries(
            seconds, SAMPLE_INTERVAL, self._top_clients.most_frequent(MAX_SHOWN), names, failures
        )


def _question_key(packet: bytes) -> bytes:
    """Name and type as a key, the same for every spelling of the name."""
    question = mnemonics.question_bytes(packet)[:MAX_QUESTION_SIZE]
    # The type stays as it is: type 65 (HTTPS) has the byte of `A`, and would become type 97.
    return question[:-2].lower() + question[-2:]
