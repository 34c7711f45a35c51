"""Where objects come from: the API server, or a folder of manifests.

A source pushes changes into a `Sink`, and says which kinds have been listed whole. It runs in the
watcher's event loop; the sink applies what arrived in one turn of the loop together.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from svcdns.kube.objects import Change, Key, Kind, StoredObject


class ObjectSink(Protocol):
    """What a source talks to; every method is called in the event loop and returns at once."""

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """The objects as they are known, to make a relist a difference; not to be changed."""
        ...

    def push(self, changes: Iterable[Change]) -> None:
        """Take changes in their order; a later one of the same key wins."""
        ...

    def mark_synced(self, kind: Kind) -> None:
        """The kind has been listed whole, and its changes pushed; it is fresh from now on."""
        ...

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """The kind may be out of date (lost connection, silent watch) until `synced`."""
        ...

    def set_cluster_identity(self, cluster_id: str) -> None:
        """The cluster's identity (UID of kube-system); another one empties the table at once."""
        ...


class KindStatus(Struct, frozen=True):
    """One kind as it stands, for /ready and the metrics.

    Times are of `time.monotonic`, the same clock in every process.
    """

    waiting_since: float | None
    """Since when it has not been fresh; None while it is."""

    error: str | None = None
    """Why the last attempt failed; None once one succeeded."""

    last_event: float | None = None
    last_list: float | None = None
    events: int = 0
    """Events of watches that were read, without bookmarks."""

    lists: int = 0
    watches: int = 0
    """That were begun: one that ends at once is begun again and again."""
    drift: int = 0
    """Differences that a resync found and the watch had not told: should stay 0."""

    undecodable: int = 0
    """Objects that cannot be read now."""

    @property
    def is_synced(self) -> bool:
        """It has been listed whole, and its watch is alive."""
        return self.waiting_since is None


class ObjectSource(Protocol):
    """A place objects come from."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that it will list; the table is published when all have been."""
        ...

    @property
    def problem_count(self) -> int:
        """Mistakes in what it reads, as it is now."""
        ...

    def get_statuses(self) -> Mapping[Kind, KindStatus]:
        """How each kind stands; empty before `run`."""
        ...

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled; survives every fault of the other side."""
        ...
