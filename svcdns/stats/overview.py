"""The whole server at one moment: what its processes told, added up, and what the system says of them."""

from collections.abc import Mapping

from msgspec import Struct

from svcdns.stats.counters import (
    TopQueries,
    WatcherCounts,
    WatcherState,
    WorkerCounts,
    WorkerState,
)


class ProcessStatus(Struct, frozen=True):
    """One place for a process; `pid` is 0 while there is none."""

    name: str
    pid: int
    restarts: int
    silent_seconds: float | None
    """Seconds since it last told something, or was started; None for one that tells nothing."""


class Overview(Struct, frozen=True):
    """Times are of `time.monotonic`, but for those that say otherwise."""

    now: float
    server_label: str
    """Where it answers, as CoreDNS writes it: `dns://:53`."""
    tls_server_label: str
    is_stopping: bool
    has_been_listed: bool
    """The table was at some time all that the source and the files said, and was not laid anew since."""
    has_answers: bool
    """The table has answers, from a stored one or from the source."""
    worker_counts: WorkerCounts
    worker_states: tuple[WorkerState, ...]
    """Of those that have told something."""
    top: TopQueries
    watcher_counts: WatcherCounts
    watcher_state: WatcherState | None
    """None before the watcher has told something."""
    processes: tuple[ProcessStatus, ...]
    """Of those who serve."""
    memory_bytes: Mapping[str, int]
    """Bytes of all that live, by name: their own, and their share of what several have (PSS)."""
    cpu_seconds: float
    dropped_datagrams: int
    """Datagrams that found the receive buffers full."""
    snapshot_age_seconds: float | None
    """Seconds since the table was saved for the next start."""
    config_error: str
    """What is wrong with the configuration as it is now, while the last good one is served."""
    failed_reloads: int
    unhealthy_probes: int
    """Questions for the health that were answered with a no."""
