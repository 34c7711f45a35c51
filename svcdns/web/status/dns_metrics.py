"""Queries and replies, and the connections that they came by, as series."""

from collections.abc import Iterator

from svcdns.stats.overview import Overview
from svcdns.stats.worker_counters import ConnectionCounts, TrafficCounts, WorkerCounts
from svcdns.web.status.series import Labels, Series, series_of_fields


def all_series(overview: Overview) -> Iterator[Series]:
    """By transport, then of all workers together."""
    counts = overview.worker_counts
    yield from series_of_fields(
        TrafficCounts,
        [(_transport_labels(overview, key), traffic) for key, traffic in sorted(counts.traffic.items())],
    )
    yield from series_of_fields(WorkerCounts, [({}, counts)])
    yield from series_of_fields(ConnectionCounts, [({}, counts.connections)])


def _transport_labels(overview: Overview, key: str) -> Labels:
    """The labels of a transport such as `udp 1`; TLS is the TCP of another server, as in CoreDNS."""
    protocol, _, family = key.partition(" ")
    is_tls = protocol == "tls"
    return {
        "server": overview.tls_server_label if is_tls else overview.server_label,
        "zone": ".",
        "view": "",
        "plugin": "",
        "proto": "tcp" if is_tls else protocol,
        "family": family,
    }
