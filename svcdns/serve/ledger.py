"""What one worker counts, beside its answers, and tells the supervisor once a second.

Transports count by `counting`; the slow path and what waits for upstreams is counted here: the hot
path never meets SERVFAIL, TC or an error.
"""

import socket
import time

from svcdns.dns import records
from svcdns.forward.exchange import Exchanges
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.upstreams import Upstreams
from svcdns.serve import channel
from svcdns.serve.connections import Connections
from svcdns.serve.counting import Counting
from svcdns.serve.looks import Looks
from svcdns.serve.querylog import QueryLog
from svcdns.stats.histogram import SECONDS_SLIM
from svcdns.stats.numbers import Asked, Outside, UpstreamState, WorkerCounts, WorkerState

MOST_UPSTREAMS = 50
"""That are told of: with 2 KiB each at most they fit into a message."""

_TC = 0x02


class Ledger:
    """One worker's."""

    def __init__(self, log: QueryLog | None) -> None:
        self._counts = WorkerCounts()
        self._looks = Looks(time.monotonic(), log)
        self._log = log
        self._transports: dict[str, Counting] = {}

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """The one place for a protocol and address family; 1 is IPv4, 2 IPv6, as CoreDNS has it."""
        key = f"{protocol} {2 if family == socket.AF_INET6 else 1}"
        if key not in self._transports:
            self._transports[key] = Counting(key, self._looks)
        return self._transports[key]

    def slowly(self, reply: object, failure: str) -> None:
        """The slow path made this of a query; with the reason where it is SERVFAIL."""
        self._counts.slow += 1
        if isinstance(reply, bytes):
            self._replied(reply, failure)

    def forwarded(self, reply: bytes, failure: str) -> None:
        """A reply with what an upstream said, or with why there is none."""
        self._replied(reply, failure or "upstream")

    def failed(self, reply: bytes | None = None) -> None:
        """A query ran into an error of ours, and got this or no reply."""
        self._counts.errors += 1
        if reply is not None:
            self._replied(reply, "error")

    def _replied(self, reply: bytes, reason: str) -> None:
        if reply[3] & 0xF == records.SERVFAIL:
            self._counts.servfails[reason] = self._counts.servfails.get(reason, 0) + 1
        self._counts.truncated += bool(reply[2] & _TC)

    def late(self, seconds: float) -> None:
        """The event loop was late by so much."""
        self._counts.lag.observe(SECONDS_SLIM, seconds)

    def told(
        self,
        forwarder: Forwarder,
        upstreams: Upstreams,
        exchanges: Exchanges,
        connections: Connections,
        waiting: int,
    ) -> channel.Counted:
        """All of it, and how the worker is now."""
        counts, states = self._counts, upstreams.snapshot()[:MOST_UPSTREAMS]
        counts.traffic = {key: counting.traffic() for key, counting in self._transports.items()}
        counts.streams = connections.counts
        counts.outside = _outside(forwarder, upstreams, exchanges)
        if self._log is not None:
            counts.logged, counts.unlogged = self._log.logged, self._log.dropped
        state = WorkerState(
            len(connections),
            waiting,
            len(forwarder.cache),
            forwarder.cache.denials,
            forwarder.cache.size,
            {f"{one.suffix} {one.upstream}": UpstreamState(one.up, one.left_out) for one in states},
        )
        return channel.Counted(counts, state, self._looks.top(time.monotonic()))


def _outside(forwarder: Forwarder, upstreams: Upstreams, exchanges: Exchanges) -> Outside:
    kept, asked = forwarder.counts, exchanges.counts
    return Outside(
        hits=kept.kept,
        denials=kept.denied,
        misses=kept.missed,
        stale=kept.stale,
        prefetched=kept.prefetched,
        evicted=forwarder.cache.evictions,
        evicted_denials=forwarder.cache.evicted_denials,
        rejected=kept.refused,
        broken=upstreams.broken,
        ignored=asked.ignored,
        truncated=asked.truncated,
        opened=asked.opened,
        upstreams={
            f"{one.suffix} {one.upstream}": Asked(
                one.seconds, one.unanswered, one.failures, one.probes_failed
            )
            for one in upstreams.snapshot()[:MOST_UPSTREAMS]
        },
    )
