"""What the webhook's source has told: the Sink of its watch, and what /readyz says."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.objects import Change, Key, Kind, KubeObject
from svcdns.sources import Source

log = logging.getLogger("svcdns.webhook")

KINDS: tuple[Kind, ...] = ("Namespace", "Service")
"""All that is watched."""


class Waiting(Struct, frozen=True):
    """A kind that is not fresh: since when (the clock's seconds), and why."""

    since: float
    reason: str


class Known:
    """The cluster as it was told; see `sources.Sink`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.another_cluster = asyncio.Event()
        self._clock = clock
        self._uid: str | None = None
        self.forget()

    def forget(self) -> None:
        """Begin anew, with another cluster."""
        self.cluster = Cluster()
        self.waiting = {kind: Waiting(self._clock(), "it is being listed") for kind in KINDS}
        self._listed: set[Kind] = set()
        self._uid = None
        self.another_cluster.clear()

    @property
    def complete(self) -> bool:
        """Every kind has been listed whole; what is stale since then is still the best there is."""
        return len(self._listed) == len(KINDS)

    def seconds_waiting(self, kind: Kind) -> float | None:
        """For how long the kind has not been fresh; None while it is."""
        waiting = self.waiting.get(kind)
        return None if waiting is None else self._clock() - waiting.since

    def objects(self, kind: Kind) -> Mapping[Key, KubeObject]:
        """Sink: what is known."""
        return self.cluster.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: take changes."""
        for change in changes:
            self.cluster.apply(change)

    def synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        if kind in KINDS:
            self.waiting.pop(kind, None)
            if kind not in self._listed:
                self._listed.add(kind)
                log.info("%ss are known: %d", kind, len(self.objects(kind)))

    def stale(self, kind: Kind, reason: str) -> None:
        """Sink: the kind may be out of date."""
        if kind in KINDS:
            since = self.waiting[kind].since if kind in self.waiting else self._clock()
            self.waiting[kind] = Waiting(since, reason)

    def identity(self, uid: str) -> None:
        """Sink: another cluster than before makes all that is known wrong."""
        if self._uid not in (None, uid):
            self.another_cluster.set()
        self._uid = uid


async def follow(source: Source, known: Known) -> None:
    """Feed what is known from the source, for ever; raises what the source raises."""
    while True:
        feeding = asyncio.ensure_future(source.run(known))
        another = asyncio.ensure_future(known.another_cluster.wait())
        try:
            await asyncio.wait({feeding, another}, return_when=asyncio.FIRST_COMPLETED)
            if feeding.done():
                await feeding
        finally:
            for task in (feeding, another):
                task.cancel()
            await asyncio.gather(feeding, another, return_exceptions=True)
        log.warning("this is another cluster than before: all begins anew")
        known.forget()
