"""Overviews for the tests of what is made of them."""

from typing import Any

from msgspec import structs

from svcdns.stats.overview import Overview, ProcessStatus
from svcdns.stats.watcher_counters import ResourceState, WatcherCounts, WatcherState
from svcdns.stats.worker_counters import TopQueries, WorkerCounts

NOW = 1000.0

TABLE = WatcherState(
    {
        "Service": ResourceState(2, last_event=NOW - 3, last_list=NOW - 60),
        "Pod": ResourceState(1, last_list=NOW - 60),
    },
    "FRESH",
    is_listed=True,
    has_read_files=True,
    serial=7,
    table_bytes=4096,
    problems_by_reader={},
)

WELL = Overview(
    now=NOW,
    server_label="dns://:53",
    tls_server_label="tls://:853",
    is_stopping=False,
    has_been_listed=True,
    has_answers=True,
    worker_counts=WorkerCounts(),
    worker_states=(),
    top=TopQueries(),
    watcher_counts=WatcherCounts(),
    watcher_state=TABLE,
    processes=(ProcessStatus("supervisor", 1, 0, None), ProcessStatus("worker 0", 2, 0, 0.5)),
    memory_bytes={"supervisor": 1, "worker 0": 1},
    cpu_seconds=1.0,
    dropped_datagrams=0,
    snapshot_age_seconds=None,
    config_error="",
    failed_reloads=0,
    unhealthy_probes=0,
)
"""A server with one worker, which is ready."""


def but(**changes: Any) -> Overview:
    """The same with other fields."""
    return structs.replace(WELL, **changes)
