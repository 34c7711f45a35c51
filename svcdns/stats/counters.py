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


class TrafficCounts(Struct):
    """One protocol and address family, as `udp 1` (1 is IPv4, 2 IPv6, as CoreDNS has it)."""

    queries_by_type: dict[str, int] = {}
    """Queries by type; the seldom ones are `other`."""
    dnssec_queries: int = 0
    """Queries with DO."""
    replies_by_rcode: dict[str, int] = {}
    """Replies by response code."""
    query_sizes: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.SIZE_BUCKETS))
    reply_sizes: Histogram = field(default_factory=functools.partial(histogram.empty, histogram.SIZE_BUCKETS))
    answer_seconds: Histogram = field(
        default_factory=functools.partial(histogram.empty, histogram.TIME_BUCKETS)
    )
    unsent_replies: int = 0
    """Replies that the system did not take."""


class ConnectionCounts(Struct):
    """TCP connections of clients."""

    opened: int = 0
    evicted: int = 0
    """Closed to make room for others."""
    expired: int = 0
    """Closed at a deadline."""


class UpstreamCounts(Struct):
    """The questions to one upstream."""

    answer_seconds_by_rcode: dict[str, Histogram] = {}
    """Of its answers, by response code."""
    unanswered: int = 0
    failed_answers: int = 0
    """Answers that were none: SERVFAIL, REFUSED, a referral."""
    failed_probes: int = 0


class ForwardStats(Struct):
    """Names outside the cluster: cache and upstreams."""

    cache_hits: int = 0
    negative_hits: int = 0
    """Of the hits, those that say that there is no such name, or nothing of the type."""
    cache_misses: int = 0
    stale_hits: int = 0
    prefetches: int = 0
    evictions: int = 0
    negative_evictions: int = 0
    """Of these."""
    rejected_queries: int = 0
    """Questions beyond the greatest number in flight."""
    all_upstreams_down: int = 0
    """Questions for which every upstream was down."""
    ignored_datagrams: int = 0
    """Datagrams from upstreams that answer no question: late ones, or forged."""
    truncated_answers: int = 0
    opened_connections: int = 0
    """Connections to upstreams."""
    upstreams: dict[str, UpstreamCounts] = {}
    """By suffix and address, with a space between."""


class WorkerCounts(Struct):
    """What one worker has counted."""

    traffic: dict[str, TrafficCounts] = {}
    slow_path_queries: int = 0
    """Queries that the hot path left to the slow one."""
    internal_errors: int = 0
    """Queries that ran into an error of ours."""
    truncated_replies: int = 0
    servfails_by_reason: dict[str, int] = {}
    """By reason."""
    connections: ConnectionCounts = field(default_factory=ConnectionCounts)
    forwarding: ForwardStats = field(default_factory=ForwardStats)
    loop_lag: Histogram = field(
        default_factory=functools.partial(histogram.empty, histogram.SLIM_TIME_BUCKETS)
    )
    """How late the event loop was, looked at once a second."""
    logged_queries: int = 0
    dropped_log_lines: int = 0
    """Lines of the query log that were dropped."""


class UpstreamState(Struct, frozen=True):
    """An upstream as a worker sees it."""

    is_up: bool
    is_looping: bool


class WorkerState(Struct, frozen=True):
    """One worker as it is now."""

    connections: int = 0
    waiting_queries: int = 0
    """Queries that wait for upstreams."""
    cache_entries: int = 0
    negative_cache_entries: int = 0
    """Of these."""
    cache_bytes: int = 0
    upstreams: dict[str, UpstreamState] = {}


class TopQueries(Struct, frozen=True):
    """The frequent ones of the queries that were looked at; each with its count, most frequent first."""

    period_seconds: float = 0.0
    """That are looked back on."""
    sample_interval: int = 1
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
    programming_latency: dict[str, Histogram] = {}
    """Seconds from a change of endpoints to its answer, by kind of Service."""


class ResourceState(Struct, frozen=True):
    """One kind of object as it stands."""

    object_count: int
    undecodable: int = 0
    stale_since: float | None = None
    """None while it is whole and fresh."""
    error: str | None = None
    last_event: float | None = None
    last_list: float | None = None


class WatcherState(Struct, frozen=True):
    """The table as its writer knows it."""

    resources: dict[str, ResourceState]
    table_state: str
    """`EMPTY`, `STALE` or `FRESH`."""
    is_listed: bool
    """The table holds what the source told."""
    has_read_files: bool
    """Zone files and hosts files have been read."""
    serial: int
    table_bytes: int
    problems_by_reader: dict[str, int]
    """Mistakes in files, by what reads them."""
    tld_namespaces: int = 0
    """Namespaces that are named like top-level domains."""


def add(left: Counts, right: Counts) -> Counts:
    """The sum of two counts of one shape, field by field and key by key."""
    return _add(left, right)  # type: ignore[no-any-return]


_Any: TypeAlias = Any


def _add(left: _Any, right: _Any) -> _Any:
    if isinstance(left, Struct):
        pairs = zip(structs.astuple(left), structs.astuple(right), strict=True)
        return type(left)(*(_add(a, b) for a, b in pairs))
    if isinstance(left, dict):
        both = {key: _add(left[key], right[key]) for key in left.keys() & right.keys()}
        return left | right | both
    if isinstance(left, list):
        return [_add(a, b) for a, b in zip(left, right, strict=True)]
    return left + right
