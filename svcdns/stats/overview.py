"""The whole server at one moment: what its processes reported, added up, and what the system says of them."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct

from svcdns.stats.metric import Metric
from svcdns.stats.watcher_counters import WatcherCounts, WatcherState
from svcdns.stats.worker_counters import TopQueries, WorkerCounts, WorkerState


class ProcessStatus(Struct, frozen=True):
    """One place for a process; whoever dies in it is replaced."""

    name: str
    pid: int
    """0 while the place is empty."""
    restarts: Annotated[
        int,
        Metric("svcdns_process_restarts_total", "How often a process was started again.", "process"),
    ]
    silent_seconds: Annotated[
        float | None,
        Metric(
            "svcdns_process_silent_seconds",
            "Seconds since a process last reported: it does so once a second, or it hangs.",
            "process",
        ),
    ]
    """Seconds since its last report, or its start; None for a process that does not report."""


class Overview(Struct, frozen=True):
    """The server as `web` shows it. Times are those of `time.monotonic`."""

    now: float
    server_label: str
    """Where it answers, as CoreDNS writes it: `dns://:53`."""
    tls_server_label: str
    """Where it answers over TLS: `tls://:853`."""
    is_stopping: bool
    has_been_listed: bool
    """Since its last start from empty, the table has held everything that the source and the files say."""
    has_answers: bool
    """The table has answers, from a stored table or from the source."""
    worker_counts: WorkerCounts
    worker_states: tuple[WorkerState, ...]
    """The states of the workers that have reported."""
    top: TopQueries
    watcher_counts: WatcherCounts
    watcher_state: WatcherState | None
    """None before the watcher's first report."""
    processes: tuple[ProcessStatus, ...]
    """The processes that serve now; others may still finish after a reload."""
    memory_bytes: Annotated[
        Mapping[str, int],
        Metric(
            "svcdns_process_memory_bytes",
            "Memory of a process, with its share of what several have (PSS); of two while one takes over.",
            "process",
        ),
    ]
    """By the name of the process."""
    cpu_seconds: Annotated[float, Metric("process_cpu_seconds_total", "CPU time of all processes.")]
    dropped_datagrams: Annotated[
        int,
        Metric("svcdns_socket_drops_total", "Queries that were lost since a receive buffer was full."),
    ]
    snapshot_age_seconds: float | None
    """Seconds since the table was saved for the next start; None if it was not."""
    config_error: str
    """What is wrong with the configuration as it is now, while the last good one is served; else empty."""
    failed_reloads: Annotated[
        int, Metric("coredns_reload_failed_total", "New configurations that were refused.")
    ]
    unhealthy_probes: Annotated[
        int, Metric("coredns_health_request_failures_total", "Times that /health answered no.")
    ]
