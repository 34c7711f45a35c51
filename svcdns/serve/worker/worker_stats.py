"""What one worker counts, beside its answers, and tells the supervisor once a second.

Transports count by `counting`; the slow path and what waits for upstreams is counted here: the hot
path never meets SERVFAIL, TC or an error.
"""

import socket
import time

from svcdns.dns.wire import records
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.serve.runtime import ipc
from svcdns.serve.worker.client_connections import ClientConnections
from svcdns.serve.worker.query_log import QueryLog
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.traffic import TrafficCounter
from svcdns.stats.counters import (
    ForwardStats,
    UpstreamCounts,
    UpstreamState,
    WorkerCounts,
    WorkerState,
)
from svcdns.stats.histogram import SLIM_TIME_BUCKETS

MAX_UPSTREAMS = 50
"""That are told of: with 2 KiB each at most they fit into a message."""

_TC_BIT = 0x02


class WorkerStatsCollector:
    """One worker's."""

    def __init__(self, query_log: QueryLog | None) -> None:
        self._counts = WorkerCounts()
        self._sampling = QuerySampling(time.monotonic(), query_log)
        self._query_log = query_log
        self._traffic_counters: dict[str, TrafficCounter] = {}

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """The one place for a protocol and address family; 1 is IPv4, 2 IPv6, as CoreDNS has it."""
        key = f"{protocol} {2 if family == socket.AF_INET6 else 1}"
        if key not in self._traffic_counters:
            self._traffic_counters[key] = TrafficCounter(key, self._sampling)
        return self._traffic_counters[key]

    def count_slow_path(self, reply: object, failure: str) -> None:
        """The slow path made this of a query; with the reason where it is SERVFAIL."""
        self._counts.slow_path_queries += 1
        if isinstance(reply, bytes):
            self._count_reply(reply, failure)

    def count_forwarded(self, reply: bytes, failure: str) -> None:
        """A reply with what an upstream said, or with why there is none."""
        self._count_reply(reply, failure or "upstream")

    def count_error(self, reply: bytes | None = None) -> None:
        """A query ran into an error of ours, and got this or no reply."""
        self._counts.internal_errors += 1
        if reply is not None:
            self._count_reply(reply, "error")

    def _count_reply(self, reply: bytes, reason: str) -> None:
        if reply[1] & 0xF == records.SERVFAIL:
            self._counts.servfails_by_reason[reason] = self._counts.servfails_by_reason.get(reason, 0) + 1
        self._counts.truncated_replies += bool(reply[0] & _TC_BIT)

    def observe_lag(self, seconds: float) -> None:
        """The event loop was late by so much."""
        self._counts.loop_lag.observe(SLIM_TIME_BUCKETS, seconds)

    def collect(
        self,
        forwarder: Forwarder,
        dispatcher: Dispatcher,
        exchange: UpstreamClient,
        connections: ClientConnections,
        waiting: int,
    ) -> ipc.WorkerStats:
        """All of it, and how the worker is now."""
        counts, states = self._counts, dispatcher.snapshot()[:MAX_UPSTREAMS]
        counts.traffic = {key: counting.collect_counts() for key, counting in self._traffic_counters.items()}
        counts.connections = connections.counts
        counts.forwarding = _collect_forward_stats(forwarder, dispatcher, exchange)
        if self._query_log is not None:
            counts.logged_queries, counts.dropped_log_lines = (
                self._query_log.logged_count,
                self._query_log.dropped_count,
            )
        state = WorkerState(
            len(connections),
            waiting,
            len(forwarder.answer_cache),
            forwarder.answer_cache.negative_count,
            forwarder.answer_cache.size_bytes,
            {f"{one.suffix} {one.upstream}": UpstreamState(one.is_up, one.is_looping) for one in states},
        )
        return ipc.WorkerStats(counts, state, self._sampling.collect_top_queries(time.monotonic()))


def _collect_forward_stats(
    forwarder: Forwarder, dispatcher: Dispatcher, exchange: UpstreamClient
) -> ForwardStats:
    kept, asked = forwarder.counts, exchange.counts
    return ForwardStats(
        cache_hits=kept.hits,
        negative_hits=kept.negative_hits,
        cache_misses=kept.misses,
        stale_hits=kept.stale_hits,
        prefetches=kept.prefetches,
        evictions=forwarder.answer_cache.eviction_count,
        negative_evictions=forwarder.answer_cache.evicted_negative_count,
        rejected_queries=kept.rejected_queries,
        all_upstreams_down=dispatcher.all_down_count,
        ignored_datagrams=asked.ignored_datagrams,
        truncated_answers=asked.truncated_responses,
        opened_connections=asked.opened_connections,
        upstreams={
            f"{one.suffix} {one.upstream}": UpstreamCounts(
                one.response_times, one.unanswered_count, one.failure_count, one.failed_probe_count
            )
            for one in dispatcher.snapshot()[:MAX_UPSTREAMS]
        },
    )
