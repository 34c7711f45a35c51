"""What the processes tell of themselves: counts, which are added up, and states, which are as of now.

Counts begin with 0 in each process; the supervisor adds those of the ones that ended, so that none
ever goes back. Times are those of `time.monotonic`, the same clock in every process.
"""

import functools
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, field, structs

from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram

Counts = TypeVar("Counts")


class Traffic(Struct):
    """One protocol and address family, as `udp 1` (1 is IPv4, 2 IPv6, as CoreDNS has it)."""

    types: dict[str, int] = {}
    """Queries by type; the seldom ones are `other`."""
    dnssec: int = 0
    """Queries with DO."""
    codes: dict[str, int] = {}
    """Replies by response code."""
    query_sizes: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.BYTES))
    reply_sizes: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.BYTES))
    seconds: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.SECONDS))
    unsent: int = 0
    """Replies that the system did not take."""


class Streams(Struct):
    """TCP connections of clients."""

    opened: int = 0
    evicted: int = 0
    """Closed to make room for others."""
    expired: int = 0
    """Closed at a deadline."""


class Asked(Struct):
    """The questions to one upstream."""

    seconds: dict[str, Histogram] = {}
    """Of its answers, by response code."""
    unanswered: int = 0
    failures: int = 0
    """Answers that were none: SERVFAIL, REFUSED, a referral."""
    probes_failed: int = 0


class Outside(Struct):
    """Names outside the cluster: cache and upstreams."""

    hits: int = 0
    denials: int = 0
    """Of the hits, those that say that there is no such name, or nothing of the type."""
    misses: int = 0
    stale: int = 0
    prefetched: int = 0
    evicted: int = 0
    evicted_denials: int = 0
    """Of these."""
    rejected: int = 0
    """Questions beyond the greatest number in flight."""
    broken: int = 0
    """Questions for which every upstream was down."""
    ignored: int = 0
    """Datagrams from upstreams that answer no question: late ones, or forged."""
    truncated: int = 0
    opened: int = 0
    """Connections to upstreams."""
    upstreams: dict[str, Asked] = {}
    """By suffix and address, with a space between."""


class WorkerCounts(Struct):
    """What one worker has counted."""

    traffic: dict[str, Traffic] = {}
    slow: int = 0
    """Queries that the hot path left to the slow one."""
    errors: int = 0
    """Queries that ran into an error of ours."""
    truncated: int = 0
    servfails: dict[str, int] = {}
    """By reason."""
    streams: Streams = field(default_factory=Streams)
    outside: Outside = field(default_factory=Outside)
    lag: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.SECONDS_SLIM))
    """How late the event loop was, looked at once a second."""
    logged: int = 0
    unlogged: int = 0
    """Lines of the query log that were dropped."""


class UpstreamState(Struct, frozen=True):
    """An upstream as a worker sees it."""

    up: bool
    left_out: bool


class WorkerState(Struct, frozen=True):
    """One worker as it is now."""

    connections: int = 0
    waiting: int = 0
    """Queries that wait for upstreams."""
    cache_entries: int = 0
    cache_denials: int = 0
    """Of these."""
    cache_bytes: int = 0
    upstreams: dict[str, UpstreamState] = {}


class Top(Struct, frozen=True):
    """The frequent ones of the queries that were looked at; each with its count, most frequent first."""

    seconds: float = 0.0
    """That are looked back on."""
    every: int = 1
    """One query in so many was looked at."""
    clients: list[tuple[str, int]] = []
    names: list[tuple[str, int]] = []
    failures: list[tuple[str, int]] = []
    """Response code and name; neither NOERROR nor from the hot path alone."""


class ResourceCounts(Struct):
    """One kind of object."""

    events: int = 0
    lists: int = 0
    watches: int = 0
    drift: int = 0
    """Differences that a relist found and the watch had not told."""


class WatcherCounts(Struct):
    """What the watcher has counted."""

    resources: dict[str, ResourceCounts] = {}
    programming: dict[str, Histogram] = {}
    """Seconds from a change of endpoints to its answer, by kind of Service."""


class Resource(Struct, frozen=True):
    """One kind of object as it stands."""

    objects: int
    undecodable: int = 0
    waiting_since: float | None = None
    """None while it is whole and fresh."""
    error: str | None = None
    last_event: float | None = None
    last_list: float | None = None


class WatcherState(Struct, frozen=True):
    """The table as its writer knows it."""

    resources: dict[str, Resource]
    state: str
    """`EMPTY`, `STALE` or `FRESH`."""
    listed: bool
    """The table holds what the source told."""
    files_read: bool
    """Zone files and hosts files have been read."""
    serial: int
    table_bytes: int
    problems: dict[str, int]
    """Mistakes in files, by what reads them."""
    capturing: int = 0
    """Namespaces that are named like top-level domains."""


def plus(one: Counts, other: Counts) -> Counts:
    """The sum of two counts of one shape, field by field and key by key."""
    return _plus(one, other)  # type: ignore[no-any-return]


_Any: TypeAlias = Any


def _plus(one: _Any, other: _Any) -> _Any:
    if isinstance(one, Struct):
        pairs = zip(structs.astuple(one), structs.astuple(other), strict=True)
        return type(one)(*(_plus(a, b) for a, b in pairs))
    if isinstance(one, dict):
        both = {key: _plus(one[key], other[key]) for key in one.keys() & other.keys()}
        return one | other | both
    if isinstance(one, list):
        return [_plus(a, b) for a, b in zip(one, other, strict=True)]
    return one + other
