"""The cluster as the webhook's source reports it, and which kinds are still waited for."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.objects import Change, Key, Kind, StoredObject
from svcdns.sources import KindStatus, ObjectSource

log = logging.getLogger("svcdns.webhook")

WATCHED_KINDS: tuple[Kind, ...] = ("Namespace", "Service")
"""All kinds that decide about a Pod's variables."""
_LISTING_REASON = "it is being listed"


class PendingKind(Struct, frozen=True):
    """A kind that is not fresh: since how many seconds, and why."""

    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"waited for since {self.seconds:.0f} s: {self.reason}"


class WebhookState:
    """What the source reported so far: a `sources.ObjectSink`."""

    def __init__(self, source_status: Callable[[], Mapping[Kind, KindStatus]]) -> None:
        """`source_status` is the source's: it knows of a fault at once, a sink only when it has lasted."""
        self.cluster_changed = asyncio.Event()
        self._source_status = source_status
        self._cluster_uid: str | None = None
        # Here too, so that what belongs to one cluster is named in one place.
        self.reset()

    def reset(self) -> None:
        """Forget everything: the source has another cluster."""
        self.cluster = InjectionStore()
        self._listed_kinds: set[Kind] = set()
        self._cluster_uid = None
        self.cluster_changed.clear()

    @property
    def is_complete(self) -> bool:
        """Every kind has been listed whole. A kind that went stale later is still the best there is."""
        return len(self._listed_kinds) == len(WATCHED_KINDS)

    def pending(self, kind: Kind) -> PendingKind | None:
        """What the kind waits for; None while it is fresh."""
        status = self._source_status().get(kind)
        if status is None:  # the source has not begun
            return PendingKind(0.0, _LISTING_REASON)
        if status.waiting_since is None:
            return None

        seconds = time.monotonic() - status.waiting_since
        return PendingKind(seconds, status.error or _LISTING_REASON)

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """Sink: the objects that are known, by their keys."""
        return self.cluster.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: apply changes."""
        for change in changes:
            self.cluster.apply(change)

    def mark_synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        if kind in WATCHED_KINDS and kind not in self._listed_kinds:
            self._listed_kinds.add(kind)
            log.info("%ss are known: %d", kind, len(self.get_objects(kind)))

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """Sink: does nothing, since `pending` learns it from the source's status, and sooner."""

    def set_cluster_identity(self, cluster_id: str) -> None:
        """Sink: if it is another cluster than before, all that is known is wrong."""
        # None: the first cluster is no change.
        if self._cluster_uid not in (None, cluster_id):
            self.cluster_changed.set()
        self._cluster_uid = cluster_id


async def feed_from_source(source: ObjectSource, state: WebhookState) -> None:
    """Run the source for ever, and anew for each other cluster; raises what the source raises."""
    while True:
        feeding = asyncio.ensure_future(source.run(state))
        changing = asyncio.ensure_future(state.cluster_changed.wait())
        try:
            await asyncio.wait({feeding, changing}, return_when=asyncio.FIRST_COMPLETED)
            if feeding.done():
                await feeding  # to raise its error
        finally:
            for task in (feeding, changing):
                task.cancel()
            # The old source must have ended before its objects are forgotten.
            await asyncio.gather(feeding, changing, return_exceptions=True)

        log.warning("this is another cluster than before: everything is listed again")
        state.reset()
