"""What the workers report about themselves: counts, which are added up, and states, which are as of now.

Counts begin with 0 in each process. The supervisor adds those of processes that ended, so no metric ever
goes back.

A number becomes a metric by its annotation (see `metric`); `web.status` knows the values of the labels.
"""

from functools import partial
from typing import Annotated

from msgspec import Struct, field

from svcdns.stats import histogram
from svcdns.stats.histogram import SIZE_BUCKETS, SLIM_TIME_BUCKETS, TIME_BUCKETS, Histogram
from svcdns.stats.metric import Metric

# CoreDNS's plugin `cache` says `zones` where its server says `zone`.
_SERVER = "server zone view"
_CACHE = "server zones view"

LIMITED_ACTIONS = ("dropped", "truncated", "badcookie", "error")
"""What becomes of replies beyond the rate limit: all are shown from the start, so that rates are right."""


class TrafficCounts(Struct):
    """The messages of one transport and address family; its key is like `udp 1` (1 is IPv4, 2 is IPv6)."""

    queries_by_type: Annotated[
        dict[str, int], Metric("coredns_dns_requests_total", "Queries.", f"{_SERVER} proto family type")
    ] = {}
    """The types that CoreDNS does not name either are `other`."""
    dnssec_queries: Annotated[
        int, Metric("coredns_dns_do_requests_total", "Queries with the DO bit.", _SERVER)
    ] = 0
    replies_by_rcode: Annotated[
        dict[str, int], Metric("coredns_dns_responses_total", "Replies.", f"{_SERVER} plugin rcode")
    ] = {}
    query_sizes: Annotated[
        Histogram,
        Metric(
            "coredns_dns_request_size_bytes",
            "Bytes of queries: one in 64 is measured, and counts as 64.",
            f"{_SERVER} proto",
            SIZE_BUCKETS,
        ),
    ] = field(default_factory=partial(histogram.empty, SIZE_BUCKETS))
    reply_sizes: Annotated[
        Histogram,
        Metric(
            "coredns_dns_response_size_bytes",
            "Bytes of replies: one in 64 is measured, and counts as 64.",
            f"{_SERVER} proto",
            SIZE_BUCKETS,
        ),
    ] = field(default_factory=partial(histogram.empty, SIZE_BUCKETS))
    answer_seconds: Annotated[
        Histogram,
        Metric(
            "coredns_dns_request_duration_seconds",
            "Seconds from a query's arrival, with its batch, until its reply is sent.",
            _SERVER,
            TIME_BUCKETS,
        ),
    ] = field(default_factory=partial(histogram.empty, TIME_BUCKETS))
    unsent_replies: Annotated[
        int, Metric("svcdns_dns_unsent_total", "Replies that the system did not take.", f"{_SERVER} proto")
    ] = 0


class ConnectionCounts(Struct):
    """The TCP and TLS connections of clients."""

    opened: Annotated[
        int,
        Metric("svcdns_tcp_connections_opened_total", "TCP and TLS connections that clients opened."),
    ] = 0
    evicted: Annotated[
        int,
        Metric(
            "svcdns_tcp_connections_evicted_total",
            "TCP and TLS connections that were closed to make room for others.",
        ),
    ] = 0
    expired: Annotated[
        int,
        Metric(
            "svcdns_tcp_connections_expired_total", "TCP and TLS connections that were closed at a deadline."
        ),
    ] = 0


class UpstreamCounts(Struct):
    """The questions to one upstream of one route."""

    answer_seconds_by_rcode: Annotated[
        dict[str, Histogram],
        Metric(
            "coredns_proxy_request_duration_seconds",
            "Seconds until an upstream answered.",
            "proxy_name to rcode",
            TIME_BUCKETS,
        ),
        Metric(
            "coredns_forward_request_duration_seconds",
            "Seconds until an upstream answered, under the name before CoreDNS 1.11.",
            "to rcode",
            TIME_BUCKETS,
        ),
    ] = {}
    unanswered: Annotated[
        int,
        Metric(
            "svcdns_forward_unanswered_total",
            "Questions to which an upstream gave no answer in time.",
            "to suffix",
        ),
    ] = 0
    failed_answers: Annotated[
        int,
        Metric(
            "svcdns_forward_failures_total",
            "Answers of an upstream that were of no use: SERVFAIL, REFUSED, a referral.",
            "to suffix",
        ),
    ] = 0
    failed_probes: Annotated[
        int,
        Metric(
            "coredns_proxy_healthcheck_failures_total",
            "Probes of upstreams that are down, and still do not answer.",
            "proxy_name to",
        ),
        Metric(
            "coredns_forward_healthcheck_failures_total",
            "Failed probes of upstreams, under the name before CoreDNS 1.11.",
            "to",
        ),
    ] = 0


class ForwardStats(Struct):
    """The cache and the upstreams: names outside the cluster."""

    cache_hits: int = 0
    """Answers from the cache; `web.status` shows them by what they say."""
    negative_hits: int = 0
    """The cache hits that say that a name does not exist, or has nothing of the type."""
    cache_misses: Annotated[
        int, Metric("coredns_cache_misses_total", "Questions that the cache had no answer for.", _CACHE)
    ] = 0
    stale_hits: Annotated[
        int,
        Metric("coredns_cache_served_stale_total", "Answers given after their end (RFC 8767).", _CACHE),
    ] = 0
    prefetches: Annotated[
        int, Metric("coredns_cache_prefetch_total", "Answers that were renewed before their end.", _CACHE)
    ] = 0
    evictions: int = 0
    """Answers that left the cache to make room for others."""
    negative_evictions: int = 0
    """The evicted answers that were negative."""
    rejected_queries: Annotated[
        int,
        Metric(
            "coredns_forward_max_concurrent_rejects_total",
            "Questions that were not asked, since too many were under way.",
        ),
    ] = 0
    all_upstreams_down: Annotated[
        int,
        Metric("coredns_forward_healthcheck_broken_total", "Questions for which every upstream was down."),
    ] = 0
    ignored_datagrams: Annotated[
        int,
        Metric(
            "svcdns_forward_ignored_total",
            "Datagrams from upstreams that answer no question: late ones, or forged.",
        ),
    ] = 0
    truncated_answers: Annotated[
        int,
        Metric("svcdns_forward_truncated_total", "Answers of upstreams with TC, asked for again by TCP."),
    ] = 0
    opened_connections: Annotated[
        int,
        Metric("svcdns_forward_connections_opened_total", "Connections to upstreams that were opened."),
    ] = 0
    upstreams: dict[str, UpstreamCounts] = {}
    """By suffix and address, with a space between."""


class WorkerCounts(Struct):
    """What one worker has counted since it began."""

    traffic: dict[str, TrafficCounts] = {}
    slow_path_queries: Annotated[
        int, Metric("svcdns_dns_slow_path_total", "Queries that the table could not answer at once.")
    ] = 0
    internal_errors: Annotated[
        int, Metric("coredns_panics_total", "Queries that ran into an error of this program.")
    ] = 0
    truncated_replies: Annotated[
        int,
        Metric("svcdns_dns_truncated_total", "Replies with TC, for which a client comes back by TCP."),
    ] = 0
    servfails_by_reason: Annotated[
        dict[str, int],
        Metric("svcdns_dns_servfail_total", "Replies with SERVFAIL, by reason.", "reason"),
    ] = {}
    limited_replies: Annotated[
        dict[str, int],
        Metric(
            "svcdns_rate_limited_total",
            "Replies over UDP beyond the rate limit, by what became of them.",
            "action",
        ),
    ] = field(default_factory=lambda: dict.fromkeys(LIMITED_ACTIONS, 0))
    """`dropped`; `truncated` and `badcookie`, sent in their place; `error`, sent as they are."""
    connections: ConnectionCounts = field(default_factory=ConnectionCounts)
    forwarding: ForwardStats = field(default_factory=ForwardStats)
    loop_lag: Annotated[
        Histogram,
        Metric(
            "coredns_health_request_duration_seconds",
            "How late the event loop of a worker was, measured once a second.",
            buckets=SLIM_TIME_BUCKETS,
        ),
    ] = field(default_factory=partial(histogram.empty, SLIM_TIME_BUCKETS))
    logged_queries: Annotated[int, Metric("svcdns_query_log_lines_total", "Lines of the query log.")] = 0
    dropped_log_lines: Annotated[
        int,
        Metric(
            "svcdns_query_log_dropped_total",
            "Lines of the query log that were dropped, to keep no answer waiting.",
        ),
    ] = 0


class UpstreamState(Struct, frozen=True):
    """An upstream as one worker sees it."""

    is_up: bool
    is_looping: bool
    """The upstream leads back to this server, so it is not asked."""


class WorkerState(Struct, frozen=True):
    """One worker as it is now; `web.status` adds up those of all workers."""

    connections: Annotated[
        int, Metric("svcdns_tcp_connections", "TCP and TLS connections of clients that are open.")
    ] = 0
    waiting_queries: Annotated[int, Metric("svcdns_forward_waiting", "Queries that wait for upstreams.")] = 0
    cache_entries: int = 0
    negative_cache_entries: int = 0
    """The entries of the cache that are negative."""
    cache_bytes: Annotated[int, Metric("svcdns_cache_bytes", "Size of the answers that are kept, about.")] = 0
    upstreams: dict[str, UpstreamState] = {}
    unsent_since: float | None = None
    """Since when the system has taken no reply; None while it takes them, or none is due."""
    limited_networks: list[str] = []
    """Networks of clients whose replies are limited."""


class TopQueries(Struct, frozen=True):
    """What is frequent in a sample of the queries: each with its count, the most frequent first."""

    period_seconds: float = 0.0
    """How long a time the counts cover."""
    sample_interval: int = 1
    """One query in so many is in the sample."""
    clients: list[tuple[str, int]] = []
    names: list[tuple[str, int]] = []
    failures: list[tuple[str, int]] = []
    """Response code and name of the replies that are not NOERROR, and not from the hot path alone."""
