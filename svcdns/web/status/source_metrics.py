"""The source of the objects and the table that is made from it, as series."""

from collections.abc import Iterator

from svcdns.stats.metric import Metric
from svcdns.stats.overview import Overview
from svcdns.stats.watcher_counters import (
    ResourceCounts,
    ResourceState,
    WatcherCounts,
    WatcherState,
)
from svcdns.web.status.series import Labels, Series, make_series, series_of_fields

_SYNCED = Metric(
    "svcdns_resource_synced", "1 where all objects of a kind are known and the watch is alive.", "resource"
)
_WAITING = Metric(
    "svcdns_resource_waiting_seconds",
    "Seconds since a kind of object is not synced; 0 while it is.",
    "resource",
)
_LAST_EVENT = Metric(
    "svcdns_resource_last_event_seconds", "Seconds since the last event or bookmark of a watch.", "resource"
)
_LAST_LIST = Metric("svcdns_resource_last_list_seconds", "Seconds since the last list.", "resource")
_TABLE_STATE = Metric(
    "svcdns_table_state", "1 for how far the answers can be trusted: empty, stale or fresh.", "state"
)
_SNAPSHOT_AGE = Metric("svcdns_snapshot_age_seconds", "Seconds since the table was saved for the next start.")


def all_series(overview: Overview) -> Iterator[Series]:
    """The watches, then the kinds of objects as they are now, then the table."""
    counts = overview.watcher_counts
    yield from series_of_fields(WatcherCounts, [({}, counts)])
    yield from series_of_fields(
        ResourceCounts, [({"resource": kind}, resource) for kind, resource in counts.resources.items()]
    )

    # Before the watcher's first report there is nothing to say of these, not even 0.
    state = overview.watcher_state
    if state is not None:
        yield from _resource_states(state, overview.now)
        yield from series_of_fields(WatcherState, [({}, state)])
        shares = {name.lower(): name == state.table_state for name in ("EMPTY", "STALE", "FRESH")}
        yield make_series(_TABLE_STATE, [({}, shares)])
    yield make_series(_SNAPSHOT_AGE, [({}, overview.snapshot_age_seconds)])


def _resource_states(watcher_state: WatcherState, now: float) -> Iterator[Series]:
    resources: list[tuple[Labels, ResourceState]] = [
        ({"resource": kind}, resource) for kind, resource in watcher_state.resources.items()
    ]

    def age(when: float | None) -> float | None:
        # A report may come while the overview is made, and be newer than its `now`.
        return None if when is None else max(0.0, now - when)

    yield make_series(_SYNCED, [(labels, resource.stale_since is None) for labels, resource in resources])
    yield make_series(
        _WAITING, [(labels, age(resource.stale_since) or 0.0) for labels, resource in resources]
    )
    yield from series_of_fields(ResourceState, resources)
    yield make_series(_LAST_EVENT, [(labels, age(resource.last_event)) for labels, resource in resources])
    yield make_series(_LAST_LIST, [(labels, age(resource.last_list)) for labels, resource in resources])
