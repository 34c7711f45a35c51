"""What the webhook's source has told: the Sink of its watch, and what /readyz says."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.objects import Change, Kept, Key, Kind
from svcdns.sources import KindStatus, Source

log = logging.getLogger("svcdns.webhook")

KINDS: tuple[Kind, ...] = ("Namespace", "Service")
"""All that is watched."""
_LISTING = "it is being listed"


class Waiting(Struct, frozen=True):
    """A kind that is not fresh: for so many seconds, and why."""

    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"waited for since {self.seconds:.0f} s: {self.reason}"


class Known:
    """The cluster as it was told; see `sources.Sink`."""

    def __init__(self, status: Callable[[], Mapping[Kind, KindStatus]]) -> None:
        """`status` is the source's: it knows of a fault at once, a sink when it has lasted."""
        self.another_cluster = asyncio.Event()
        self._status = status
        self._uid: str | None = None
        self.forget()

    def forget(self) -> None:
        """Begin anew, with another cluster."""
        self.cluster = Cluster()
        self._listed: set[Kind] = set()
        self._uid = None
        self.another_cluster.clear()

    @property
    def complete(self) -> bool:
        """Every kind has been listed whole; what is stale since then is still the best there is."""
        return len(self._listed) == len(KINDS)

    def waiting(self, kind: Kind) -> Waiting | None:
        """What the kind waits for; None while it is fresh."""
        found = self._status().get(kind)
        if found is None:
            return Waiting(0.0, _LISTING)
        if found.waiting_since is None:
            return None
        return Waiting(time.monotonic() - found.waiting_since, found.error or _LISTING)

    def objects(self, kind: Kind) -> Mapping[Key, Kept]:
        """Sink: what is known."""
        return self.cluster.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: take changes."""
        for change in changes:
            self.cluster.apply(change)

    def synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        if kind in KINDS and kind not in self._listed:
            self._listed.add(kind)
            log.info("%ss are known: %d", kind, len(self.objects(kind)))

    def stale(self, kind: Kind, reason: str) -> None:
        """Sink: the source's status says it, and sooner."""

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
