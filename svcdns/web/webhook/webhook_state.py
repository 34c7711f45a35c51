"""What the webhook's source has told: the Sink of its watch, and what /readyz says."""

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
"""All that is watched."""
_LISTING_REASON = "it is being listed"


class PendingKind(Struct, frozen=True):
    """A kind that is not fresh: for so many seconds, and why."""

    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"waited for since {self.seconds:.0f} s: {self.reason}"


class WebhookState:
    """The cluster as it was told; see `sources.Sink`."""

    def __init__(self, source_status: Callable[[], Mapping[Kind, KindStatus]]) -> None:
        """`status` is the source's: it knows of a fault at once, a sink when it has lasted."""
        self.cluster_changed = asyncio.Event()
        self._source_status = source_status
        self._cluster_uid: str | None = None
        self.reset()

    def reset(self) -> None:
        """Begin anew, with another cluster."""
        self.cluster = InjectionStore()
        self._listed_kinds: set[Kind] = set()
        self._cluster_uid = None
        self.cluster_changed.clear()

    @property
    def is_complete(self) -> bool:
        """Every kind has been listed whole; what is stale since then is still the best there is."""
        return len(self._listed_kinds) == len(WATCHED_KINDS)

    def pending(self, kind: Kind) -> PendingKind | None:
        """What the kind waits for; None while it is fresh."""
        found = self._source_status().get(kind)
        if found is None:
            return PendingKind(0.0, _LISTING_REASON)
        if found.waiting_since is None:
            return None
        return PendingKind(time.monotonic() - found.waiting_since, found.error or _LISTING_REASON)

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """Sink: what is known."""
        return self.cluster.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: take changes."""
        for change in changes:
            self.cluster.apply(change)

    def mark_synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        if kind in WATCHED_KINDS and kind not in self._listed_kinds:
            self._listed_kinds.add(kind)
            log.info("%ss are known: %d", kind, len(self.get_objects(kind)))

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """Sink: the source's status says it, and sooner."""

    def set_cluster_identity(self, cluster_id: str) -> None:
        """Sink: another cluster than before makes all that is known wrong."""
        if self._cluster_uid not in (None, cluster_id):
            self.cluster_changed.set()
        self._cluster_uid = cluster_id


async def feed_from_source(source: ObjectSource, state: WebhookState) -> None:
    """Feed what is known from the source, for ever; raises what the source raises."""
    while True:
        feeding = asyncio.ensure_future(source.run(state))
        another = asyncio.ensure_future(state.cluster_changed.wait())
        try:
            await asyncio.wait({feeding, another}, return_when=asyncio.FIRST_COMPLETED)
            if feeding.done():
                await feeding
        finally:
            for task in (feeding, another):
                task.cancel()
            await asyncio.gather(feeding, another, return_exceptions=True)
        log.warning("this is another cluster than before: all begins anew")
        state.reset()
