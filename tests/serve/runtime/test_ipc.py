"""What processes tell of themselves fits into a message, at its largest; else they would seem to hang."""

import contextlib

from svcdns.dns.wire import mnemonics, names
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.ipc import WatcherStats, WorkerStats
from svcdns.serve.watcher import watcher_report
from svcdns.serve.worker import sampling, worker_stats
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram
from svcdns.stats.watcher_counters import ResourceCounts, ResourceState, WatcherCounts, WatcherState
from svcdns.stats.worker_counters import (
    ForwardStats,
    TopQueries,
    TrafficCounts,
    UpstreamCounts,
    UpstreamState,
    WorkerCounts,
    WorkerState,
)

HUGE = 1 << 40
"""A count of years."""
LABELS = [*mnemonics.TYPE_NAMES.values(), mnemonics.OTHER_LABEL]
CODES = sorted({mnemonics.rcode_label(code) for code in range(4096)})
LONGEST_NAME = names.to_text((b"\x3f" + b"\xff" * 63) * 3 + b"\x3d" + b"\xff" * 61 + b"\0")


def full(bounds: tuple[float, ...]) -> Histogram:
    return Histogram([HUGE] * (len(bounds) + 1), 1e12 / 3)


def counted() -> WorkerStats:
    """A worker that has met everything, and everything at its longest."""
    traffic = TrafficCounts(
        dict.fromkeys(LABELS, HUGE),
        HUGE,
        dict.fromkeys(CODES, HUGE),
        full(histogram.SIZE_BUCKETS),
        full(histogram.SIZE_BUCKETS),
        full(histogram.TIME_BUCKETS),
        HUGE,
    )
    upstreams = [
        f"{'x' * 248}.{number}. tls://[2001:db8:ffff:ffff:ffff:ffff:ffff:{number}]:8530"
        for number in range(1000, 1000 + worker_stats.MAX_UPSTREAMS)
    ]
    asked = UpstreamCounts({code: full(histogram.TIME_BUCKETS) for code in CODES}, HUGE, HUGE, HUGE)
    counts = WorkerCounts(
        traffic={f"{protocol} {family}": traffic for protocol in ("udp", "tcp", "tls") for family in (1, 2)},
        servfails_by_reason=dict.fromkeys(map(str, range(10)), HUGE),
        forwarding=ForwardStats(upstreams=dict.fromkeys(upstreams, asked)),
    )
    state = WorkerState(
        HUGE, HUGE, HUGE, HUGE, HUGE, dict.fromkeys(upstreams, UpstreamState(is_up=True, is_looping=True))
    )
    top = TopQueries(
        1e9,
        sampling.SAMPLE_INTERVAL,
        [("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", HUGE)] * sampling.MAX_SHOWN,
        [(f"{LONGEST_NAME} TYPE65535", HUGE)] * sampling.MAX_SHOWN,
        [(f"{LONGEST_NAME} TYPE65535 NXDOMAIN", HUGE)] * sampling.MAX_SHOWN,
    )
    return WorkerStats(counts, state, top)


def watched() -> WatcherStats:
    """A watcher with trouble everywhere."""
    kinds = [f"Kind{number}" for number in range(8)]
    resource = ResourceState(HUGE, HUGE, 1e9, "\U0001f4a5" * watcher_report.MAX_ERROR_LENGTH, 1e9, 1e9)
    programming = {
        kind: full(histogram.PROGRAMMING_TIME_BUCKETS) for kind in ("cluster_ip", "headless_with_selector")
    }
    return WatcherStats(
        WatcherCounts({kind: ResourceCounts(HUGE, HUGE, HUGE, HUGE) for kind in kinds}, programming),
        WatcherState(dict.fromkeys(kinds, resource), "STALE", True, True, HUGE, HUGE, {"hosts": HUGE}),
    )


def test_the_largest_messages_arrive() -> None:
    for message in (counted(), watched()):
        ours, theirs = ipc.create_socket_pair()
        with ours, theirs:
            ipc.send(theirs, message)
            assert ipc.receive(ours) == message


def test_the_end_and_what_nobody_reads() -> None:
    ours, theirs = ipc.create_socket_pair()
    with ours:
        with theirs:
            for _ in range(1000):
                ipc.send(theirs, counted())
            assert ipc.receive(ours) == counted()
        with contextlib.suppress(BlockingIOError):
            while ipc.receive(ours) is not None:
                pass
        ipc.send(ours, ipc.ReaderDied())
