"""What was asked and answered, as families of metrics."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric

from svcdns.stats.counters import TrafficCounts
from svcdns.stats.histogram import SIZE_BUCKETS, TIME_BUCKETS
from svcdns.stats.overview import Overview
from svcdns.web.status.prometheus import (
    Labels,
    counter,
    gauge,
    histogram,
    sum_by_labels,
)


def metric_families(overview: Overview) -> Iterator[Metric]:
    """Queries and replies by transport, then what became of some."""
    yield from _queries(overview)
    yield from _outcomes(overview)


def _queries(overview: Overview) -> Iterator[Metric]:
    traffic = overview.worker_counts.traffic

    def by(*names: str) -> list[tuple[Labels, TrafficCounts]]:
        """Transports that have these labels in common, added up."""
        return sum_by_labels(
            (_pick(_transport_labels(overview, key), names), found) for key, found in sorted(traffic.items())
        )

    server, proto = ("server", "zone", "view"), ("server", "zone", "view", "proto")
    yield counter(
        "coredns_dns_requests_total",
        "Queries.",
        [
            (labels | {"type": rrtype}, times)
            for labels, found in by(*proto, "family")
            for rrtype, times in found.queries_by_type.items()
        ],
    )
    yield counter(
        "coredns_dns_do_requests_total",
        "Queries with the DO bit.",
        [(labels, found.dnssec_queries) for labels, found in by(*server)],
    )
    yield counter(
        "coredns_dns_responses_total",
        "Replies.",
        [
            (labels | {"rcode": code, "plugin": ""}, times)
            for labels, found in by(*server)
            for code, times in found.replies_by_rcode.items()
        ],
    )
    yield histogram(
        "coredns_dns_request_duration_seconds",
        "Seconds from a query's arrival, with its batch, until its reply is sent.",
        TIME_BUCKETS,
        [(labels, found.answer_seconds) for labels, found in by(*server)],
    )
    yield histogram(
        "coredns_dns_request_size_bytes",
        "Bytes of queries: one in 64 is measured, and counts as 64.",
        SIZE_BUCKETS,
        [(labels, found.query_sizes) for labels, found in by(*proto)],
    )
    yield histogram(
        "coredns_dns_response_size_bytes",
        "Bytes of replies: one in 64 is measured, and counts as 64.",
        SIZE_BUCKETS,
        [(labels, found.reply_sizes) for labels, found in by(*proto)],
    )
    yield counter(
        "svcdns_dns_unsent_total",
        "Replies that the system did not take.",
        [(labels, found.unsent_replies) for labels, found in by(*proto)],
    )


def _transport_labels(overview: Overview, key: str) -> dict[str, str]:
    """Of a transport, as `udp 1`; TLS is TCP of another server."""
    protocol, _, family = key.partition(" ")
    is_tls = protocol == "tls"
    return {
        "server": overview.tls_server_label if is_tls else overview.server_label,
        "zone": ".",
        "view": "",
        "proto": "tcp" if is_tls else protocol,
        "family": family,
    }


def _pick(labels: Labels, names: Iterable[str]) -> Labels:
    return {name: labels[name] for name in names}


def _outcomes(overview: Overview) -> Iterator[Metric]:
    counts, states = overview.worker_counts, overview.worker_states
    for name, text, value in (
        ("coredns_panics_total", "Queries that ran into an error of this program.", counts.internal_errors),
        (
            "svcdns_dns_slow_path_total",
            "Queries that the table could not answer at once.",
            counts.slow_path_queries,
        ),
        (
            "svcdns_dns_truncated_total",
            "Replies with TC, for which a client comes back by TCP.",
            counts.truncated_replies,
        ),
        (
            "svcdns_tcp_connections_opened_total",
            "TCP and TLS connections that clients opened.",
            counts.connections.opened,
        ),
        (
            "svcdns_tcp_connections_evicted_total",
            "TCP and TLS connections that were closed to make room for others.",
            counts.connections.evicted,
        ),
        (
            "svcdns_tcp_connections_expired_total",
            "TCP and TLS connections that were closed at a deadline.",
            counts.connections.expired,
        ),
        ("svcdns_query_log_lines_total", "Lines of the query log.", counts.logged_queries),
        (
            "svcdns_query_log_dropped_total",
            "Lines of the query log that were dropped, to keep no answer waiting.",
            counts.dropped_log_lines,
        ),
    ):
        yield counter(name, text, [({}, value)])
    yield counter(
        "svcdns_dns_servfail_total",
        "Replies with SERVFAIL, by reason.",
        [({"reason": reason}, times) for reason, times in counts.servfails_by_reason.items()],
    )
    yield gauge(
        "svcdns_tcp_connections",
        "TCP and TLS connections of clients that are open.",
        [({}, sum(state.connections for state in states))],
    )
