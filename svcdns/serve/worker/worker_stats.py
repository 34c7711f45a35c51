"""Everything that a worker counts; once a second it goes to the supervisor.

Transports count in `traffic`. The slow path and the queries that wait for upstreams are counted here:
the hot path never meets SERVFAIL, TC or an error.
"""

import socket
import time
from collections.abc import Mapping

from svcdns.dns.answer.resolve import AnsweredQuery, PendingQuery
from svcdns.dns.wire import records
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.upstream_client import UpstreamClients
from svcdns.forward.upstream_server import UpstreamSnapshot
from svcdns.serve.runtime import ipc
from svcdns.serve.worker.client_connections import ClientConnections
from svcdns.serve.worker.query_log import QueryLog
from svcdns.serve.worker.reply_limiter import ReplyLimiter
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.send_failures import SendFailures
from svcdns.serve.worker.traffic import TrafficCounter
from svcdns.stats.histogram import SLIM_TIME_BUCKETS
from svcdns.stats.worker_counters import (
    ForwardStats,
    UpstreamCounts,
    UpstreamState,
    WorkerCounts,
    WorkerState,
)

MAX_UPSTREAMS = 50
"""Upstreams that a report names: with 2 KiB each at most they fit into a message (`ipc.MAX_MESSAGE_SIZE`)."""

_TC_BIT = 0x02
"""TC in the first byte of a reply, which has no id here (RFC 1035 4.1.1)."""


class WorkerStatsCollector:
    """Collects the counts of one worker."""

    def __init__(self, query_log: QueryLog | None) -> None:
        self._counts = WorkerCounts()
        self._sampling = QuerySampling(time.monotonic(), query_log)
        self._query_log = query_log
        self._traffic_counters: dict[str, TrafficCounter] = {}
        # By transport: that TCP works says nothing of UDP.
        self._send_failures: dict[str, SendFailures] = {}

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """The counter of a protocol and address family: all its sockets share one."""
        # CoreDNS's numbers of the families, which its label `family` has: 1 is IPv4, 2 is IPv6.
        key = f"{protocol} {2 if family == socket.AF_INET6 else 1}"
        if key not in self._traffic_counters:
            self._traffic_counters[key] = TrafficCounter(key, self._sampling)
        return self._traffic_counters[key]

    def count_slow_path(self, outcome: AnsweredQuery | PendingQuery | None) -> None:
        """Count an outcome of the slow path; one that waits for an upstream is counted again at its end."""
        self._counts.slow_path_queries += 1
        if isinstance(outcome, AnsweredQuery):
            self._count_answer(outcome, outcome.failure)

    def count_forwarded(self, answered: AnsweredQuery, failure: str) -> None:
        """Count a reply that needed an upstream; `failure` is why the forwarder answered SERVFAIL.

        Without a reason, the SERVFAIL is the upstream's own.
        """
        self._count_answer(answered, failure or answered.failure or "upstream")

    def count_error(self, reply: bytes | None = None) -> None:
        """Count a query that ran into a bug of ours, and its reply if it has one."""
        self._counts.internal_errors += 1
        if reply is not None:
            self._count_reply(reply, "error")

    def _count_answer(self, answered: AnsweredQuery, reason: str) -> None:
        """Count what the slow path or an upstream made; replies of the fast path do not come by here."""
        self._count_reply(answered.reply, reason)

    def _count_reply(self, reply: bytes, reason: str) -> None:
        if reply[1] & 0xF == records.SERVFAIL:
            self._counts.servfails_by_reason[reason] = self._counts.servfails_by_reason.get(reason, 0) + 1
        self._counts.truncated_replies += bool(reply[0] & _TC_BIT)

    def observe_lag(self, seconds: float) -> None:
        """Count by how much the event loop was late."""
        self._counts.loop_lag.observe(SLIM_TIME_BUCKETS, seconds)

    def collect(
        self,
        forwarder: Forwarder,
        dispatcher: Dispatcher,
        clients: UpstreamClients,
        connections: ClientConnections,
        waiting: int,
        limiter: ReplyLimiter | None = None,
    ) -> ipc.WorkerStats:
        """The report of now: all counts since the worker began, its state, and the top lists.

        `waiting` is the number of queries that wait for upstreams.
        """
        counts = self._counts
        counts.traffic = {key: counter.collect_counts() for key, counter in self._traffic_counters.items()}
        counts.connections = connections.counts
        upstreams = {
            f"{snapshot.suffix} {snapshot.upstream}": snapshot
            for snapshot in dispatcher.snapshot()[:MAX_UPSTREAMS]
        }
        counts.forwarding = _collect_forward_stats(forwarder, dispatcher, clients, upstreams)
        if self._query_log is not None:
            counts.logged_queries = self._query_log.logged_count
            counts.dropped_log_lines = self._query_log.dropped_count

        if limiter is not None:
            counts.limited_replies = limiter.counts

        upstream_states = {
            name: UpstreamState(snapshot.is_up, snapshot.is_looping) for name, snapshot in upstreams.items()
        }
        state = WorkerState(
            len(connections),
            waiting,
            len(forwarder.answer_cache),
            forwarder.answer_cache.negative_count,
            forwarder.answer_cache.size_bytes,
            upstream_states,
            self._unsent_since(),
            limiter.limited_networks() if limiter is not None else [],
        )
        return ipc.WorkerStats(counts, state, self._sampling.collect_top_queries(time.monotonic()))

    def _unsent_since(self) -> float | None:
        now = time.monotonic()
        times = []
        for key, counts in self._counts.traffic.items():
            failures = self._send_failures.setdefault(key, SendFailures())
            times.append(failures.update(now, sum(counts.replies_by_rcode.values()), counts.unsent_replies))
        return min((since for since in times if since is not None), default=None)


def _collect_forward_stats(
    forwarder: Forwarder,
    dispatcher: Dispatcher,
    clients: UpstreamClients,
    upstreams: Mapping[str, UpstreamSnapshot],
) -> ForwardStats:
    upstream_counts = {
        name: UpstreamCounts(
            snapshot.response_times,
            snapshot.unanswered_count,
            snapshot.failure_count,
            snapshot.failed_probe_count,
        )
        for name, snapshot in upstreams.items()
    }
    forwarder_counts = forwarder.counts
    client_counts = clients.counts
    return ForwardStats(
        cache_hits=forwarder_counts.hits,
        negative_hits=forwarder_counts.negative_hits,
        cache_misses=forwarder_counts.misses,
        stale_hits=forwarder_counts.stale_hits,
        prefetches=forwarder_counts.prefetches,
        evictions=forwarder.answer_cache.eviction_count,
        negative_evictions=forwarder.answer_cache.evicted_negative_count,
        rejected_queries=forwarder_counts.rejected_queries,
        all_upstreams_down=dispatcher.all_down_count,
        ignored_datagrams=client_counts.ignored_datagrams,
        truncated_answers=client_counts.truncated_responses,
        opened_connections=client_counts.opened_connections,
        upstreams=upstream_counts,
    )
