"""Names outside the cluster: the cache and the upstreams, as series."""

from collections.abc import Iterator, Mapping

from svcdns.stats.metric import Metric
from svcdns.stats.overview import Overview
from svcdns.stats.worker_counters import (
    ForwardStats,
    UpstreamCounts,
    UpstreamState,
    WorkerState,
)
from svcdns.web.status.series import Labels, Series, make_series, series_of_fields

_CACHE_REQUESTS = Metric(
    "coredns_cache_requests_total", "Questions for names outside the cluster.", "server zones view"
)
_CACHE_ENTRIES = Metric(
    "coredns_cache_entries", "Answers that are kept, in all workers.", "server zones view type"
)
_CACHE_HITS = Metric("coredns_cache_hits_total", "Answers from the cache.", "server zones view type")
_CACHE_EVICTIONS = Metric(
    "coredns_cache_evictions_total",
    "Answers that left the cache to make room for others.",
    "server zones view type",
)
_UPSTREAM_REQUESTS = Metric("coredns_forward_requests_total", "Questions to upstreams.", "to")
_UPSTREAM_RESPONSES = Metric("coredns_forward_responses_total", "Answers of upstreams.", "to rcode")
_UPSTREAM_UP = Metric(
    "svcdns_forward_upstream_up", "1 where every worker gets answers from the upstream.", "to suffix"
)
_UPSTREAM_LEFT_OUT = Metric(
    "svcdns_forward_upstream_left_out",
    "1 where the upstream leads back to this server, so that it is not asked.",
    "to suffix",
)


def all_series(overview: Overview) -> Iterator[Series]:
    """The cache, then all upstreams together, then each."""
    yield from _cache(overview)
    yield from _upstream_answers(overview.worker_counts.forwarding)
    yield from _upstream_states(overview.worker_states)


def _cache(overview: Overview) -> Iterator[Series]:
    labels = {"server": overview.server_label, "zones": ".", "view": ""}
    forwarding = overview.worker_counts.forwarding
    entries = sum(state.cache_entries for state in overview.worker_states)
    negative_entries = sum(state.negative_cache_entries for state in overview.worker_states)

    requests = forwarding.cache_hits + forwarding.cache_misses
    yield make_series(_CACHE_REQUESTS, [(labels, requests)])

    # CoreDNS has a cache for answers and another for denials; here one cache has both.
    for metric, total, denials in (
        (_CACHE_ENTRIES, entries, negative_entries),
        (_CACHE_HITS, forwarding.cache_hits, forwarding.negative_hits),
        (_CACHE_EVICTIONS, forwarding.evictions, forwarding.negative_evictions),
    ):
        yield make_series(metric, [(labels, {"success": total - denials, "denial": denials})])

    yield from series_of_fields(ForwardStats, [(labels, forwarding)])

    # An empty state makes a 0 of each number before the first worker has reported.
    yield from series_of_fields(
        WorkerState, [({}, state) for state in (WorkerState(), *overview.worker_states)]
    )


def _upstream_answers(forwarding: ForwardStats) -> Iterator[Series]:
    upstreams = [(_upstream_labels(key), counts) for key, counts in sorted(forwarding.upstreams.items())]

    responses = [(labels, _responses_by_rcode(counts)) for labels, counts in upstreams]
    yield make_series(_UPSTREAM_RESPONSES, responses)

    # A question is counted when its answer comes, or when it is given up.
    yield make_series(
        _UPSTREAM_REQUESTS,
        [
            (labels, counts.unanswered + sum(_responses_by_rcode(counts).values()))
            for labels, counts in upstreams
        ],
    )
    yield from series_of_fields(UpstreamCounts, upstreams)


def _responses_by_rcode(counts: UpstreamCounts) -> Mapping[str, int]:
    return {rcode: sum(seconds.counts) for rcode, seconds in counts.answer_seconds_by_rcode.items()}


def _upstream_labels(key: str) -> Labels:
    # Neither a suffix nor an address has a space (`ForwardStats.upstreams`).
    suffix, _, address = key.partition(" ")
    # CoreDNS names the plugin that asks; here nothing but forwarding does.
    return {"suffix": suffix, "to": address, "proxy_name": "forward"}


def _upstream_states(workers: tuple[WorkerState, ...]) -> Iterator[Series]:
    """The upstreams as the most pessimistic worker sees them."""
    states_by_key: dict[str, list[UpstreamState]] = {}
    for worker in workers:
        for key, state in worker.upstreams.items():
            states_by_key.setdefault(key, []).append(state)

    upstreams = [(_upstream_labels(key), states) for key, states in sorted(states_by_key.items())]
    yield make_series(
        _UPSTREAM_UP, [(labels, all(state.is_up for state in states)) for labels, states in upstreams]
    )
    yield make_series(
        _UPSTREAM_LEFT_OUT,
        [(labels, any(state.is_looping for state in states)) for labels, states in upstreams],
    )
