"""Overviews for the tests of what is made of them."""

from typing import Any

from msgspec import structs

from svcdns.stats.numbers import Resource, Top, WatcherCounts, WatcherState, WorkerCounts
from svcdns.stats.overview import Overview, Process

NOW = 1000.0

TABLE = WatcherState(
    {"Service": Resource(2, last_event=NOW - 3, last_list=NOW - 60), "Pod": Resource(1, last_list=NOW - 60)},
    "FRESH",
    listed=True,
    files_read=True,
    serial=7,
    table_bytes=4096,
    problems={},
)

WELL = Overview(
    now=NOW,
    server="dns://:53",
    tls_server="tls://:853",
    stopping=False,
    listed_once=True,
    has_answers=True,
    counts=WorkerCounts(),
    workers=(),
    top=Top(),
    watched=WatcherCounts(),
    table=TABLE,
    processes=(Process("supervisor", 1, 0, None), Process("worker 0", 2, 0, 0.5)),
    memory={"supervisor": 1, "worker 0": 1},
    cpu_seconds=1.0,
    drops=0,
    snapshot_age=None,
    refused="",
    reloads_failed=0,
    unhealthy=0,
)
"""A server with one worker, which is ready."""


def but(**changes: Any) -> Overview:
    """The same with other fields."""
    return structs.replace(WELL, **changes)
