"""Names outside the cluster: the cache and the upstreams, as families of metrics."""

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from svcdns.stats.counters import ForwardStats, UpstreamCounts
from svcdns.stats.histogram import TIME_BUCKETS
from svcdns.stats.overview import Overview
from svcdns.web.status.prometheus import (
    Labels,
    Sample,
    counter,
    gauge,
    histogram,
    sum_by_labels,
)


def metric_families(overview: Overview) -> Iterator[Metric]:
    """The cache, then all upstreams together, then each."""
    yield from _cache(overview)
    yield from _forwarding(overview)
    yield from _upstreams(_labelled_upstreams(overview.worker_counts.forwarding))
    yield from _upstream_states(overview)


def _cache(overview: Overview) -> Iterator[Metric]:
    own, outside = (
        {"server": overview.server_label, "zones": ".", "view": ""},
        overview.worker_counts.forwarding,
    )

    def by_type(total: int, denials: int) -> list[Sample]:
        return [(own | {"type": "success"}, total - denials), (own | {"type": "denial"}, denials)]

    yield gauge(
        "coredns_cache_entries",
        "Answers that are kept, in all workers.",
        by_type(
            sum(state.cache_entries for state in overview.worker_states),
            sum(state.negative_cache_entries for state in overview.worker_states),
        ),
    )
    yield gauge(
        "svcdns_cache_bytes",
        "Size of the answers that are kept, about.",
        [({}, sum(state.cache_bytes for state in overview.worker_states))],
    )
    yield counter(
        "coredns_cache_hits_total",
        "Answers from the cache.",
        by_type(outside.cache_hits, outside.negative_hits),
    )
    yield counter(
        "coredns_cache_evictions_total",
        "Answers that left the cache to make room for others.",
        by_type(outside.evictions, outside.negative_evictions),
    )
    for name, text, value in (
        (
            "coredns_cache_requests_total",
            "Questions for names outside the cluster.",
            outside.cache_hits + outside.cache_misses,
        ),
        ("coredns_cache_misses_total", "Questions that the cache had no answer for.", outside.cache_misses),
        ("coredns_cache_prefetch_total", "Answers that were renewed before their end.", outside.prefetches),
        ("coredns_cache_served_stale_total", "Answers given after their end (RFC 8767).", outside.stale_hits),
    ):
        yield counter(name, text, [(own, value)])


def _forwarding(overview: Overview) -> Iterator[Metric]:
    outside = overview.worker_counts.forwarding
    for name, text, value in (
        (
            "coredns_forward_healthcheck_broken_total",
            "Questions for which every upstream was down.",
            outside.all_upstreams_down,
        ),
        (
            "coredns_forward_max_concurrent_rejects_total",
            "Questions that were not asked, since too many were under way.",
            outside.rejected_queries,
        ),
        (
            "svcdns_forward_ignored_total",
            "Datagrams from upstreams that answer no question: late ones, or forged.",
            outside.ignored_datagrams,
        ),
        (
            "svcdns_forward_truncated_total",
            "Answers of upstreams with TC, asked for again by TCP.",
            outside.truncated_answers,
        ),
        (
            "svcdns_forward_connections_opened_total",
            "Connections to upstreams that were opened.",
            outside.opened_connections,
        ),
    ):
        yield counter(name, text, [({}, value)])


def _labelled_upstreams(counts: ForwardStats) -> list[tuple[Labels, UpstreamCounts]]:
    """Of each upstream of each suffix."""
    return [(_upstream_labels(key), asked) for key, asked in sorted(counts.upstreams.items())]


def _upstream_labels(key: str) -> Labels:
    suffix, _, to = key.partition(" ")
    return {"suffix": suffix, "to": to}


def _upstreams(labelled: list[tuple[Labels, UpstreamCounts]]) -> Iterator[Metric]:
    by_address = sum_by_labels(({"to": labels["to"]}, asked) for labels, asked in labelled)
    answers = [
        (labels, code, seconds)
        for labels, asked in by_address
        for code, seconds in asked.answer_seconds_by_rcode.items()
    ]
    yield counter(
        "coredns_forward_requests_total",
        "Questions to upstreams.",
        [
            (
                labels,
                asked.unanswered + sum(sum(one.counts) for one in asked.answer_seconds_by_rcode.values()),
            )
            for labels, asked in by_address
        ],
    )
    yield counter(
        "coredns_forward_responses_total",
        "Answers of upstreams.",
        [(labels | {"rcode": code}, sum(seconds.counts)) for labels, code, seconds in answers],
    )
    yield histogram(
        "coredns_proxy_request_duration_seconds",
        "Seconds until an upstream answered.",
        TIME_BUCKETS,
        [(labels | {"proxy_name": "forward", "rcode": code}, seconds) for labels, code, seconds in answers],
    )
    yield counter(
        "coredns_proxy_healthcheck_failures_total",
        "Probes of upstreams that are down, and still do not answer.",
        [(labels | {"proxy_name": "forward"}, asked.failed_probes) for labels, asked in by_address],
    )
    yield histogram(
        "coredns_forward_request_duration_seconds",
        "Seconds until an upstream answered, under the name before CoreDNS 1.11.",
        TIME_BUCKETS,
        [(labels | {"rcode": code}, seconds) for labels, code, seconds in answers],
    )
    yield counter(
        "coredns_forward_healthcheck_failures_total",
        "Failed probes of upstreams, under the name before CoreDNS 1.11.",
        [(labels, asked.failed_probes) for labels, asked in by_address],
    )
    yield counter(
        "svcdns_forward_unanswered_total",
        "Questions to which an upstream gave no answer in time.",
        [(labels, asked.unanswered) for labels, asked in labelled],
    )
    yield counter(
        "svcdns_forward_failures_total",
        "Answers of an upstream that were of no use: SERVFAIL, REFUSED, a referral.",
        [(labels, asked.failed_answers) for labels, asked in labelled],
    )


def _upstream_states(overview: Overview) -> Iterator[Metric]:
    """As the most pessimistic worker sees them."""
    keys = sorted({key for state in overview.worker_states for key in state.upstreams})
    told = {
        key: [state.upstreams[key] for state in overview.worker_states if key in state.upstreams]
        for key in keys
    }

    def each(value: Callable[[str], float]) -> list[Sample]:
        return [(_upstream_labels(key), value(key)) for key in keys]

    yield gauge(
        "svcdns_forward_upstream_up",
        "1 where every worker gets answers from the upstream.",
        each(lambda key: all(one.is_up for one in told[key])),
    )
    yield gauge(
        "svcdns_forward_upstream_left_out",
        "1 where the upstream leads back to this server, so that it is not asked.",
        each(lambda key: any(one.is_looping for one in told[key])),
    )
    yield gauge(
        "svcdns_forward_waiting",
        "Queries that wait for upstreams.",
        [({}, sum(state.waiting_queries for state in overview.worker_states))],
    )
