"""The source, the table, and the processes, as families of metrics."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from svcdns.stats.counters import ResourceCounts, WatcherState
from svcdns.stats.histogram import PROGRAMMING_TIME_BUCKETS, SLIM_TIME_BUCKETS
from svcdns.stats.overview import Overview
from svcdns.web.status.prometheus import (
    Labels,
    Sample,
    counter,
    gauge,
    histogram,
)


def metric_families(overview: Overview) -> Iterator[Metric]:
    """From the source to the processes."""
    yield from _resources(overview)
    if overview.watcher_state is not None:
        yield from _resource_states(overview.watcher_state, overview.now)
        yield from _table(overview.watcher_state)
    yield gauge(
        "svcdns_snapshot_age_seconds",
        "Seconds since the table was saved for the next start.",
        [] if overview.snapshot_age_seconds is None else [({}, overview.snapshot_age_seconds)],
    )
    yield from _processes(overview)
    yield from _server_health(overview)


def _resources(overview: Overview) -> Iterator[Metric]:
    yield histogram(
        "coredns_kubernetes_dns_programming_duration_seconds",
        "Seconds from a change of endpoints until it is answered.",
        PROGRAMMING_TIME_BUCKETS,
        [
            ({"service_kind": kind}, seconds)
            for kind, seconds in overview.watcher_counts.programming_latency.items()
        ],
    )
    kinds: list[tuple[Labels, ResourceCounts]] = [
        ({"resource": kind}, counts) for kind, counts in overview.watcher_counts.resources.items()
    ]
    yield counter(
        "svcdns_resource_events_total",
        "Events of watches.",
        [(labels, counts.events) for labels, counts in kinds],
    )
    yield counter(
        "svcdns_resource_lists_total",
        "Lists of all objects of a kind.",
        [(labels, counts.lists) for labels, counts in kinds],
    )
    yield counter(
        "svcdns_resource_watches_total",
        "Watches that were begun.",
        [(labels, counts.watches) for labels, counts in kinds],
    )
    yield counter(
        "svcdns_resource_drift_total",
        "Differences that a relist found and the watch had not told: should stay 0.",
        [(labels, counts.drift) for labels, counts in kinds],
    )


def _resource_states(watcher_state: WatcherState, now: float) -> Iterator[Metric]:
    kinds = [({"resource": kind}, resource) for kind, resource in watcher_state.resources.items()]

    def since(times: list[tuple[Labels, float | None]]) -> list[Sample]:
        return [(labels, max(0.0, now - when)) for labels, when in times if when is not None]

    yield gauge(
        "svcdns_resource_synced",
        "1 where all objects of a kind are known and the watch is alive.",
        [(labels, resource.stale_since is None) for labels, resource in kinds],
    )
    yield gauge(
        "svcdns_resource_waiting_seconds",
        "Seconds since a kind of object is not synced; 0 while it is.",
        [
            (labels, 0 if resource.stale_since is None else max(0.0, now - resource.stale_since))
            for labels, resource in kinds
        ],
    )
    yield gauge(
        "svcdns_resource_objects",
        "Objects that are known.",
        [(labels, one.object_count) for labels, one in kinds],
    )
    yield gauge(
        "svcdns_resource_undecodable",
        "Objects that cannot be read; the last good version of each counts.",
        [(labels, resource.undecodable) for labels, resource in kinds],
    )
    yield gauge(
        "svcdns_resource_last_event_seconds",
        "Seconds since the last event or bookmark of a watch.",
        since([(labels, resource.last_event) for labels, resource in kinds]),
    )
    yield gauge(
        "svcdns_resource_last_list_seconds",
        "Seconds since the last list.",
        since([(labels, resource.last_list) for labels, resource in kinds]),
    )


def _table(watcher_state: WatcherState) -> Iterator[Metric]:
    yield gauge("svcdns_table_bytes", "Size of the table of answers.", [({}, watcher_state.table_bytes)])
    yield gauge(
        "svcdns_table_serial",
        "SOA serial: when an answer last changed, in seconds since 1970.",
        [({}, watcher_state.serial)],
    )
    yield gauge(
        "svcdns_table_state",
        "1 for how far the answers can be trusted: empty, stale or fresh.",
        [
            ({"state": state.lower()}, state == watcher_state.table_state)
            for state in ("EMPTY", "STALE", "FRESH")
        ],
    )
    yield gauge(
        "svcdns_source_problems",
        "Mistakes in manifests, zone files and hosts files, or objects that cannot be read.",
        [({"source": name}, count) for name, count in watcher_state.problems_by_reader.items()],
    )
    yield gauge(
        "svcdns_namespaces_capturing",
        "Namespaces named like top-level domains: names of the Internet lead into them (CVE-2022-2837).",
        [({}, watcher_state.tld_namespaces)],
    )


def _processes(overview: Overview) -> Iterator[Metric]:
    every = [({"process": process.name}, process) for process in overview.processes]
    yield gauge(
        "svcdns_process_up", "1 while a process runs.", [(labels, one.pid > 0) for labels, one in every]
    )
    yield counter(
        "svcdns_process_restarts_total",
        "How often a process was started again.",
        [(labels, process.restarts) for labels, process in every],
    )
    yield gauge(
        "svcdns_process_memory_bytes",
        "Memory of a process, with its share of what several have (PSS); of two while one takes over.",
        [({"process": name}, memory) for name, memory in overview.memory_bytes.items()],
    )
    yield gauge(
        "svcdns_process_silent_seconds",
        "Seconds since a process last told of itself: once a second, or it hangs.",
        [(labels, process.silent_seconds) for labels, process in every if process.silent_seconds is not None],
    )
    yield gauge(
        "process_resident_memory_bytes",
        "Memory of all processes (PSS).",
        [({}, sum(overview.memory_bytes.values()))],
    )
    yield counter("process_cpu_seconds_total", "CPU time of all processes.", [({}, overview.cpu_seconds)])


def _server_health(overview: Overview) -> Iterator[Metric]:
    yield counter(
        "svcdns_socket_drops_total",
        "Queries that were lost since a receive buffer was full.",
        [({}, overview.dropped_datagrams)],
    )
    yield histogram(
        "coredns_health_request_duration_seconds",
        "How late the event loop of a worker was, looked at once a second.",
        SLIM_TIME_BUCKETS,
        [({}, overview.worker_counts.loop_lag)],
    )
    yield counter(
        "coredns_health_request_failures_total",
        "Times that /health said no.",
        [({}, overview.unhealthy_probes)],
    )
    yield gauge(
        "svcdns_configuration_refused",
        "1 while the last good configuration is served, since there is a mistake in the new one.",
        [({}, bool(overview.config_error))],
    )
    yield counter(
        "coredns_reload_failed_total",
        "New configurations that were refused.",
        [({}, overview.failed_reloads)],
    )
