"""What processes tell of themselves fits into a message, at its largest; else they would seem to hang."""

import contextlib

from svcdns.dns import mnemonics, names
from svcdns.serve import channel, ledger, looks, telling
from svcdns.serve.channel import Counted, Watched
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram
from svcdns.stats.numbers import (
    Asked,
    Outside,
    Resource,
    ResourceCounts,
    Top,
    Traffic,
    UpstreamState,
    WatcherCounts,
    WatcherState,
    WorkerCounts,
    WorkerState,
)

HUGE = 1 << 40
"""A count of years."""
LABELS = [*mnemonics.TYPES.values(), mnemonics.OTHER]
CODES = sorted({mnemonics.rcode_label(code) for code in range(4096)})
LONGEST_NAME = names.to_text((b"\x3f" + b"\xff" * 63) * 3 + b"\x3d" + b"\xff" * 61 + b"\0")


def full(bounds: tuple[float, ...]) -> Histogram:
    return Histogram([HUGE] * (len(bounds) + 1), 1e12 / 3)


def counted() -> Counted:
    """A worker that has met everything, and everything at its longest."""
    traffic = Traffic(
        dict.fromkeys(LABELS, HUGE),
        HUGE,
        dict.fromkeys(CODES, HUGE),
        full(histogram.BYTES),
        full(histogram.BYTES),
        full(histogram.SECONDS),
        HUGE,
    )
    upstreams = [
        f"{'x' * 248}.{number}. tls://[2001:db8:ffff:ffff:ffff:ffff:ffff:{number}]:8530"
        for number in range(1000, 1000 + ledger.MOST_UPSTREAMS)
    ]
    asked = Asked({code: full(histogram.SECONDS) for code in CODES}, HUGE, HUGE, HUGE)
    counts = WorkerCounts(
        traffic={f"{protocol} {family}": traffic for protocol in ("udp", "tcp", "tls") for family in (1, 2)},
        servfails=dict.fromkeys(map(str, range(10)), HUGE),
        outside=Outside(upstreams=dict.fromkeys(upstreams, asked)),
    )
    state = WorkerState(
        HUGE, HUGE, HUGE, HUGE, HUGE, dict.fromkeys(upstreams, UpstreamState(up=True, left_out=True))
    )
    top = Top(
        1e9,
        looks.EVERY,
        [("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", HUGE)] * looks.SHOWN,
        [(f"{LONGEST_NAME} TYPE65535", HUGE)] * looks.SHOWN,
        [(f"{LONGEST_NAME} TYPE65535 NXDOMAIN", HUGE)] * looks.SHOWN,
    )
    return Counted(counts, state, top)


def watched() -> Watched:
    """A watcher with trouble everywhere."""
    kinds = [f"Kind{number}" for number in range(8)]
    resource = Resource(HUGE, HUGE, 1e9, "\U0001f4a5" * telling.LONGEST, 1e9, 1e9)
    programming = {
        kind: full(histogram.SECONDS_PROGRAMMING) for kind in ("cluster_ip", "headless_with_selector")
    }
    return Watched(
        WatcherCounts({kind: ResourceCounts(HUGE, HUGE, HUGE, HUGE) for kind in kinds}, programming),
        WatcherState(dict.fromkeys(kinds, resource), "STALE", True, True, HUGE, HUGE, {"hosts": HUGE}),
    )


def test_the_largest_messages_arrive() -> None:
    for message in (counted(), watched()):
        ours, theirs = channel.pair()
        with ours, theirs:
            channel.send(theirs, message)
            assert channel.receive(ours) == message


def test_the_end_and_what_nobody_reads() -> None:
    ours, theirs = channel.pair()
    with ours:
        with theirs:
            for _ in range(1000):
                channel.send(theirs, counted())
            assert channel.receive(ours) == counted()
        with contextlib.suppress(BlockingIOError):
            while channel.receive(ours) is not None:
                pass
        channel.send(ours, channel.ReaderDied())
