"""What was asked and answered, as families of metrics."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric

from svcdns.stats.histogram import BYTES, SECONDS
from svcdns.stats.numbers import Traffic
from svcdns.stats.overview import Overview
from svcdns.web.families import Labels, counter, gauge, grouped, histogram


def families(seen: Overview) -> Iterator[Metric]:
    """Queries and replies by transport, then what became of some."""
    yield from _queries(seen)
    yield from _answering(seen)


def _queries(seen: Overview) -> Iterator[Metric]:
    traffic = seen.counts.traffic

    def by(*names: str) -> list[tuple[Labels, Traffic]]:
        """Transports that have these labels in common, added up."""
        return grouped((_pick(_labels(seen, key), names), found) for key, found in sorted(traffic.items()))

    server, proto = ("server", "zone", "view"), ("server", "zone", "view", "proto")
    yield counter(
        "coredns_dns_requests_total",
        "Queries.",
        [
            (labels | {"type": rrtype}, times)
            for labels, found in by(*proto, "family")
            for rrtype, times in found.types.items()
        ],
    )
    yield counter(
        "coredns_dns_do_requests_total",
        "Queries with the DO bit.",
        [(labels, found.dnssec) for labels, found in by(*server)],
    )
    yield counter(
        "coredns_dns_responses_total",
        "Replies.",
        [
            (labels | {"rcode": code, "plugin": ""}, times)
            for labels, found in by(*server)
            for code, times in found.codes.items()
        ],
    )
    yield histogram(
        "coredns_dns_request_duration_seconds",
        "Seconds from a query's arrival, with its batch, until its reply is sent.",
        SECONDS,
        [(labels, found.seconds) for labels, found in by(*server)],
    )
    yield histogram(
        "coredns_dns_request_size_bytes",
        "Bytes of queries: one in 64 is measured, and counts as 64.",
        BYTES,
        [(labels, found.query_sizes) for labels, found in by(*proto)],
    )
    yield histogram(
        "coredns_dns_response_size_bytes",
        "Bytes of replies: one in 64 is measured, and counts as 64.",
        BYTES,
        [(labels, found.reply_sizes) for labels, found in by(*proto)],
    )
    yield counter(
        "svcdns_dns_unsent_total",
        "Replies that the system did not take.",
        [(labels, found.unsent) for labels, found in by(*proto)],
    )


def _labels(seen: Overview, key: str) -> dict[str, str]:
    """Of a transport, as `udp 1`; TLS is TCP of another server."""
    protocol, _, family = key.partition(" ")
    is_tls = protocol == "tls"
    return {
        "server": seen.tls_server if is_tls else seen.server,
        "zone": ".",
        "view": "",
        "proto": "tcp" if is_tls else protocol,
        "family": family,
    }


def _pick(labels: Labels, names: Iterable[str]) -> Labels:
    return {name: labels[name] for name in names}


def _answering(seen: Overview) -> Iterator[Metric]:
    counts, states = seen.counts, seen.workers
    for name, text, value in (
        ("coredns_panics_total", "Queries that ran into an error of this program.", counts.errors),
        ("svcdns_dns_slow_path_total", "Queries that the table could not answer at once.", counts.slow),
        (
            "svcdns_dns_truncated_total",
            "Replies with TC, for which a client comes back by TCP.",
            counts.truncated,
        ),
        (
            "svcdns_tcp_connections_opened_total",
            "TCP and TLS connections that clients opened.",
            counts.streams.opened,
        ),
        (
            "svcdns_tcp_connections_evicted_total",
            "TCP and TLS connections that were closed to make room for others.",
            counts.streams.evicted,
        ),
        (
            "svcdns_tcp_connections_expired_total",
            "TCP and TLS connections that were closed at a deadline.",
            counts.streams.expired,
        ),
        ("svcdns_query_log_lines_total", "Lines of the query log.", counts.logged),
        (
            "svcdns_query_log_dropped_total",
            "Lines of the query log that were dropped, to keep no answer waiting.",
            counts.unlogged,
        ),
    ):
        yield counter(name, text, [({}, value)])
    yield counter(
        "svcdns_dns_servfail_total",
        "Replies with SERVFAIL, by reason.",
        [({"reason": reason}, times) for reason, times in counts.servfails.items()],
    )
    yield gauge(
        "svcdns_tcp_connections",
        "TCP and TLS connections of clients that are open.",
        [({}, sum(state.connections for state in states))],
    )
