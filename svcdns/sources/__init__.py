"""Where the data comes from: the API server, manifests, zone files and hosts files.

    API server | manifests --changes--> ObjectSink (the watcher's store) -> cluster -> table
    zone files | hosts files --whole contents--> publish (the watcher) -> table

An `ObjectSource` pushes changes into an `ObjectSink`, and says which kinds have been listed completely. It
runs in the watcher's event loop. The sink applies together what arrived in one turn of the loop.

| module | does |
|---|---|
| `apiserver` | lists and watches the objects of an API server |
| `manifests` | reads YAML and JSON files, and computes what a control plane would add |
| `zonefiles` | reads master files (RFC 1035 5) as zones |
| `hosts` | reads files such as /etc/hosts |
| `file_set` | the files under some paths: what they say together, read again where it may have changed |
| `file_watcher` | follows such a set: each edit is read within milliseconds |
| `last_good_file` | one file over time, with what it said while it could be read |
| `emptied` | tells a file that is being written from one that is meant to be empty |
| `filesystem` | reads bounded files, and finds the folders in which a change shows |
| `file_problems` | problems with file and line, each logged once |
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from svcdns.kube.objects import Change, Key, Kind, StoredObject


class ObjectSink(Protocol):
    """What a source feeds; each method is called in the event loop and returns at once."""

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """Return the objects that are stored, which a source compares with a new list; do not change them."""
        ...

    def push(self, changes: Iterable[Change]) -> None:
        """Take changes in their order; of two with the same key, the later one wins."""
        ...

    def mark_synced(self, kind: Kind) -> None:
        """The kind has been listed completely and its changes were pushed; from now on it is fresh."""
        ...

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """The kind may be out of date (lost connection, silent watch) until `mark_synced`."""
        ...

    def set_cluster_identity(self, cluster_id: str) -> None:
        """Say which cluster this is (UID of kube-system); a different one empties the table at once."""
        ...


class KindStatus(Struct, frozen=True):
    """The state of one kind, for /ready and the metrics.

    Times are seconds of `time.monotonic`, the same clock in every process.
    """

    waiting_since: float | None
    """The time from which the kind has not been fresh; None while it is fresh."""

    error: str | None = None
    """Why the last attempt failed; None once an attempt succeeded."""

    last_event: float | None = None
    last_list: float | None = None
    events: int = 0
    """The number of watch events that were read, without bookmarks."""

    lists: int = 0
    watches: int = 0
    """The number of watches that were opened; a watch that ends at once is opened again and again."""
    drift: int = 0
    """The number of differences that a resync found and the watch had not reported: should stay 0."""

    undecodable: int = 0
    """The number of objects that cannot be read now."""

    @property
    def is_synced(self) -> bool:
        """Whether the kind has been listed completely, and its watch is alive."""
        return self.waiting_since is None


class ObjectSource(Protocol):
    """A place where objects come from."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that it lists; the table is published when all of them have been listed."""
        ...

    @property
    def problem_count(self) -> int:
        """The number of mistakes in what it reads, as it is now."""
        ...

    def get_statuses(self) -> Mapping[Kind, KindStatus]:
        """Return the state of each kind; may be empty before `run`."""
        ...

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled; survives every fault of the other side."""
        ...
