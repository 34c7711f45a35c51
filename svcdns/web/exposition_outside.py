"""Names outside the cluster: the cache and the upstreams, as families of metrics."""

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from svcdns.stats.histogram import SECONDS
from svcdns.stats.numbers import Asked, Outside
from svcdns.stats.overview import Overview
from svcdns.web.families import Labels, Sample, counter, gauge, grouped, histogram


def families(seen: Overview) -> Iterator[Metric]:
    """The cache, then all upstreams together, then each."""
    yield from _cache(seen)
    yield from _forwarding(seen)
    yield from _asked(_every(seen.counts.outside))
    yield from _states(seen)


def _cache(seen: Overview) -> Iterator[Metric]:
    own, outside = {"server": seen.server, "zones": ".", "view": ""}, seen.counts.outside

    def by_type(total: int, denials: int) -> list[Sample]:
        return [(own | {"type": "success"}, total - denials), (own | {"type": "denial"}, denials)]

    yield gauge(
        "coredns_cache_entries",
        "Answers that are kept, in all workers.",
        by_type(
            sum(state.cache_entries for state in seen.workers),
            sum(state.cache_denials for state in seen.workers),
        ),
    )
    yield gauge(
        "svcdns_cache_bytes",
        "Size of the answers that are kept, about.",
        [({}, sum(state.cache_bytes for state in seen.workers))],
    )
    yield counter(
        "coredns_cache_hits_total", "Answers from the cache.", by_type(outside.hits, outside.denials)
    )
    yield counter(
        "coredns_cache_evictions_total",
        "Answers that left the cache to make room for others.",
        by_type(outside.evicted, outside.evicted_denials),
    )
    for name, text, value in (
        (
            "coredns_cache_requests_total",
            "Questions for names outside the cluster.",
            outside.hits + outside.misses,
        ),
        ("coredns_cache_misses_total", "Questions that the cache had no answer for.", outside.misses),
        ("coredns_cache_prefetch_total", "Answers that were renewed before their end.", outside.prefetched),
        ("coredns_cache_served_stale_total", "Answers given after their end (RFC 8767).", outside.stale),
    ):
        yield counter(name, text, [(own, value)])


def _forwarding(seen: Overview) -> Iterator[Metric]:
    outside = seen.counts.outside
    for name, text, value in (
        (
            "coredns_forward_healthcheck_broken_total",
            "Questions for which every upstream was down.",
            outside.broken,
        ),
        (
            "coredns_forward_max_concurrent_rejects_total",
            "Questions that were not asked, since too many were under way.",
            outside.rejected,
        ),
        (
            "svcdns_forward_ignored_total",
            "Datagrams from upstreams that answer no question: late ones, or forged.",
            outside.ignored,
        ),
        (
            "svcdns_forward_truncated_total",
            "Answers of upstreams with TC, asked for again by TCP.",
            outside.truncated,
        ),
        (
            "svcdns_forward_connections_opened_total",
            "Connections to upstreams that were opened.",
            outside.opened,
        ),
    ):
        yield counter(name, text, [({}, value)])


def _every(outside: Outside) -> list[tuple[Labels, Asked]]:
    """Of each upstream of each suffix."""
    return [(_labels(key), asked) for key, asked in sorted(outside.upstreams.items())]


def _labels(key: str) -> Labels:
    suffix, _, to = key.partition(" ")
    return {"suffix": suffix, "to": to}


def _asked(every: list[tuple[Labels, Asked]]) -> Iterator[Metric]:
    by_address = grouped(({"to": labels["to"]}, asked) for labels, asked in every)
    answers = [
        (labels, code, seconds) for labels, asked in by_address for code, seconds in asked.seconds.items()
    ]
    yield counter(
        "coredns_forward_requests_total",
        "Questions to upstreams.",
        [
            (labels, asked.unanswered + sum(sum(one.counts) for one in asked.seconds.values()))
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
        SECONDS,
        [(labels | {"proxy_name": "forward", "rcode": code}, seconds) for labels, code, seconds in answers],
    )
    yield counter(
        "coredns_proxy_healthcheck_failures_total",
        "Probes of upstreams that are down, and still do not answer.",
        [(labels | {"proxy_name": "forward"}, asked.probes_failed) for labels, asked in by_address],
    )
    yield histogram(
        "coredns_forward_request_duration_seconds",
        "Seconds until an upstream answered, under the name before CoreDNS 1.11.",
        SECONDS,
        [(labels | {"rcode": code}, seconds) for labels, code, seconds in answers],
    )
    yield counter(
        "coredns_forward_healthcheck_failures_total",
        "Failed probes of upstreams, under the name before CoreDNS 1.11.",
        [(labels, asked.probes_failed) for labels, asked in by_address],
    )
    yield counter(
        "svcdns_forward_unanswered_total",
        "Questions to which an upstream gave no answer in time.",
        [(labels, asked.unanswered) for labels, asked in every],
    )
    yield counter(
        "svcdns_forward_failures_total",
        "Answers of an upstream that were of no use: SERVFAIL, REFUSED, a referral.",
        [(labels, asked.failures) for labels, asked in every],
    )


def _states(seen: Overview) -> Iterator[Metric]:
    """As the most pessimistic worker sees them."""
    keys = sorted({key for state in seen.workers for key in state.upstreams})
    told = {key: [state.upstreams[key] for state in seen.workers if key in state.upstreams] for key in keys}

    def each(value: Callable[[str], float]) -> list[Sample]:
        return [(_labels(key), value(key)) for key in keys]

    yield gauge(
        "svcdns_forward_upstream_up",
        "1 where every worker gets answers from the upstream.",
        each(lambda key: all(one.up for one in told[key])),
    )
    yield gauge(
        "svcdns_forward_upstream_left_out",
        "1 where the upstream leads back to this server, so that it is not asked.",
        each(lambda key: any(one.left_out for one in told[key])),
    )
    yield gauge(
        "svcdns_forward_waiting",
        "Queries that wait for upstreams.",
        [({}, sum(state.waiting for state in seen.workers))],
    )
