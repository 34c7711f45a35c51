"""What the watcher reports about itself: counts, which are added up, and its state as of now.

Times are those of `time.monotonic`, the same clock in all processes. Annotations as in `worker_counters`.
"""

from typing import Annotated

from msgspec import Struct

from svcdns.stats.histogram import PROGRAMMING_TIME_BUCKETS, Histogram
from svcdns.stats.metric import Metric


class ResourceCounts(Struct):
    """What was counted of one kind of object."""

    events: Annotated[int, Metric("svcdns_resource_events_total", "Events of watches.", "resource")] = 0
    lists: Annotated[
        int, Metric("svcdns_resource_lists_total", "Lists of all objects of a kind.", "resource")
    ] = 0
    watches: Annotated[
        int, Metric("svcdns_resource_watches_total", "Watches that were begun.", "resource")
    ] = 0
    drift: Annotated[
        int,
        Metric(
            "svcdns_resource_drift_total",
            "Differences that a new list found and the watch had not reported: should stay 0.",
            "resource",
        ),
    ] = 0


class WatcherCounts(Struct):
    """What the watcher has counted since it began."""

    resources: dict[str, ResourceCounts] = {}
    """By kind of object."""
    programming_latency: Annotated[
        dict[str, Histogram],
        Metric(
            "coredns_kubernetes_dns_programming_duration_seconds",
            "Seconds from a change of endpoints until it is answered.",
            "service_kind",
            PROGRAMMING_TIME_BUCKETS,
        ),
    ] = {}


class ResourceState(Struct, frozen=True):
    """One kind of object as it is now."""

    object_count: Annotated[int, Metric("svcdns_resource_objects", "Objects that are known.", "resource")]
    undecodable: Annotated[
        int,
        Metric(
            "svcdns_resource_undecodable",
            "Objects that cannot be read; the last good version of each counts.",
            "resource",
        ),
    ] = 0
    stale_since: float | None = None
    """When it was last whole and fresh; None while it is."""
    error: str | None = None
    """Why it is not fresh, as far as the API server or the network said it."""
    last_event: float | None = None
    last_list: float | None = None


class WatcherState(Struct, frozen=True):
    """The table as its writer knows it."""

    resources: dict[str, ResourceState]
    """By kind of object."""
    table_state: str
    """`EMPTY`, `STALE` or `FRESH`."""
    is_listed: bool
    """The table holds everything that the source has."""
    has_read_files: bool
    """Zone files and hosts files have been read."""
    serial: Annotated[
        int,
        Metric("svcdns_table_serial", "SOA serial: when an answer last changed, in seconds since 1970."),
    ]
    table_bytes: Annotated[int, Metric("svcdns_table_bytes", "Size of the table of answers.")]
    problems_by_reader: Annotated[
        dict[str, int],
        Metric(
            "svcdns_source_problems",
            "Mistakes in manifests, zone files and hosts files, or objects that cannot be read.",
            "source",
        ),
    ]
    tld_namespaces: Annotated[
        int,
        Metric(
            "svcdns_namespaces_capturing",
            "Namespaces named like top-level domains: names of the Internet lead into them (CVE-2022-2837).",
        ),
    ] = 0
    faulty_count: Annotated[
        int,
        Metric(
            "svcdns_table_faulty",
            "Services and other owners of names that cannot be made, a bug: their last answers stay.",
        ),
    ] = 0
    faulty_subjects: tuple[str, ...] = ()
    """The first few of them."""
    publish_error: str = ""
    """Why the answers as a whole cannot be made; empty while they can."""
    file_problems: tuple[str, ...] = ()
    """The first few mistakes of zone files and hosts files, each with its file and line."""
