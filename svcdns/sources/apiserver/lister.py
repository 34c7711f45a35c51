"""One kind of object: list it whole, watch it from there, and list again where the watch has a gap.

    LIST --pages--> WATCH --ended--> WATCH from the last resourceVersion
      ^               | 410: the history is gone     | lost connection: backoff; where
      +---------------+ silence                      + that lasts, stale until it is settled

`difference` says what a list changes, `faults` what is done about what goes wrong; this is what they act by.
"""

import asyncio
import logging
import random
import time
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from svcdns import errors
from svcdns.backoff import Backoff
from svcdns.kube.objects import Kept, Key
from svcdns.sources import KindStatus, Sink
from svcdns.sources.apiserver import difference, envelope, faults
from svcdns.sources.apiserver.client import Client
from svcdns.sources.apiserver.decode import Decoder
from svcdns.sources.apiserver.difference import Difference
from svcdns.sources.apiserver.faults import Interrupted, Refused
from svcdns.sources.apiserver.resources import Resource
from svcdns.sources.apiserver.settings import Settings
from svcdns.sources.apiserver.status import Troubles, Unreadable

log = logging.getLogger("svcdns.apiserver")


class Lister:
    """Feeds one kind to the sink, for ever; `status` is how it stands."""

    def __init__(
        self, resource: Resource, client: Client, decoder: Decoder, settings: Settings, troubles: Troubles
    ) -> None:
        self.status = KindStatus(waiting_since=time.monotonic())
        self._resource = resource
        self._path = resource.path
        self._client = client
        self._decoder = decoder
        self._settings = settings
        self._troubles = troubles
        self._backoff = Backoff(*settings.backoff, random.uniform)
        self._version = ""
        """resourceVersion that a watch goes on from; empty asks for a list."""
        self._generation = 0
        self._refusals = 0
        self._contact = 0.0
        """When the API server last said something that counts."""
        self._resync_at = 0.0
        self._interrupted = False
        """Since the last word the API server may have become another."""
        self._unreadable = Unreadable(log, resource.kind)

    async def run(self, sink: Sink) -> None:
        """List and watch until cancelled; no fault of the other side ends it."""
        while True:
            try:
                if self._interrupted and self._version and await self._went_back():
                    self._version = ""
                if not self._version or time.monotonic() >= self._resync_at:
                    await self._list(sink)
                await self._watch(sink)
            except Interrupted as error:
                log.debug("%ss: %s", self._resource.kind, error)
                self._interrupted = True
                await asyncio.sleep(self._backoff.next())
            except errors.SourceError as error:
                await self._fault(sink, error)
            except Exception as error:  # what nobody thought of must not end the watch
                log.exception("%s: unexpected", self._resource.kind)
                self._version = ""
                await self._fault(sink, errors.SourceError(repr(error)))

    async def _fault(self, sink: Sink, error: errors.SourceError) -> None:
        """Log it, mark the kind as stale where it lasts, and wait."""
        self._interrupted = True
        self._refusals += isinstance(error, Refused)
        verdict = faults.judge(self._resource.kind, error, self._refusals)
        if verdict.usual:
            log.info("%s", verdict.text)
        else:
            self._troubles.warn(verdict.text)
        if verdict.start_over:
            self._version = ""
        self._set(error=str(error), waiting_since=self.status.waiting_since or time.monotonic())
        if not self.status.lists:
            self._stale(sink, str(error))
        wait = min(verdict.wait, self._settings.retry_after)
        await asyncio.sleep(max(wait, self._backoff.next()))

    def look(self, sink: Sink, others: float | None) -> None:
        """Say so where the API server has said nothing for too long, whatever is waited for just now.

        `others`: when the last of the kinds was listed that every API server has; None: not all have been.
        """
        if self.status.lists and time.monotonic() - self._contact >= self._settings.silence:
            self._stale(sink, self.status.error or "the API server is silent")

    def _stale(self, sink: Sink, reason: str) -> None:
        sink.stale(self._resource.kind, reason)

    async def _went_back(self) -> bool:
        """Whether the API server is at an earlier resourceVersion than we: its etcd was restored.

        It accepts a watch from a later one nevertheless, and tells nothing until it has come so far.
        """
        page = envelope.page(await self._client.page(self._path, {"limit": "1"}))
        self._interrupted = False
        behind = difference.is_before(page.metadata.resource_version, self._version)
        if behind:
            log.warning("%ss: the API server has gone back in time: listing again", self._resource.kind)
        return behind

    async def _list(self, sink: Sink) -> None:
        """All pages, as a difference to what the sink has."""
        kind, resync = self._resource.kind, self.status.lists > 0
        generation, version = self._client.generation, ""
        found = Difference(kind, sink.objects(kind), self._version)
        async for page in self._client.pages(self._path):
            objects, bad = self._decoder.objects(page.items or ())
            self._unreadable.forget(objects)
            unreadable = self._unreadable.tell(bad)
            self._tell_identity(sink, objects)
            sink.push(found.page(objects, unreadable))
            version = version or page.metadata.resource_version  # the first's: all that came later is watched
        gone = found.rest()
        sink.push(gone)
        self._unreadable.forget(change.key for change in gone)
        self._generation = max(generation, 1)
        self._version = version
        self._listed(found.drift * resync)
        if resync and found.drift:
            log.warning("%ss: %d differences that the watch had not told", kind, found.drift)
        self._fresh(sink)

    def _listed(self, drift: int = 0) -> None:
        now = time.monotonic()
        self._resync_at = now + self._settings.resync * random.uniform(0.5, 1.5)  # noqa: S311 - to spread load
        self._set(last_list=now, lists=self.status.lists + 1, drift=self.status.drift + drift)

    def _tell_identity(self, sink: Sink, found: Mapping[Key, Kept]) -> None:
        system = found.get(("", "kube-system")) if self._resource.kind == "Namespace" else None
        if system is not None and system.metadata.uid:
            sink.identity(system.metadata.uid)

    async def _watch(self, sink: Sink) -> None:
        """One watch to its end, or until it is time for another list; raises SourceError for a fault."""
        limit = random.uniform(*self._settings.watch)  # noqa: S311 - to spread load
        loop = asyncio.get_running_loop()
        begin, settled = time.monotonic(), None
        self._set(watches=self.status.watches + 1)
        try:
            async with self._client.watch(self._path, self._version, limit) as batches:
                if self._client.generation != self._generation:
                    self._version = ""  # it may be another cluster's
                    return
                settled = loop.call_later(self._settings.settled, self._fresh, sink)
                async for lines in batches:
                    self._take(sink, lines)
                    if time.monotonic() >= self._resync_at:
                        return
        finally:
            if settled is not None:
                settled.cancel()
        if time.monotonic() - begin < self._settings.settled:
            raise Interrupted("a watch was ended at once")

    def _take(self, sink: Sink, lines: Iterable[bytes]) -> None:
        self._contact = time.monotonic()
        batch = self._decoder.events(lines)
        self._unreadable.tell(batch.undecodable)
        if batch.changes:
            self._unreadable.forget(change.key for change in batch.changes)
            sink.push(batch.changes)
        if batch.resource_version:
            self._version = batch.resource_version
        self._set(last_event=time.monotonic(), events=self.status.events + len(batch.changes))
        if batch.error is not None:
            details = batch.error.details
            after = details.retry_after_seconds if details else None
            self._refusals += 1  # within a watch: its resourceVersion is what is refused
            raise Refused(batch.error.code or 0, batch.error.message or "the watch was ended", after)

    def _fresh(self, sink: Sink) -> None:
        """A list succeeded, or a watch goes on where the last one stopped."""
        self._backoff.reset()
        self._refusals = 0
        self._contact = time.monotonic()
        if self.status.waiting_since is not None or self.status.error:
            self._troubles.over()
            self._set(error=None, waiting_since=None)
        sink.synced(self._resource.kind)

    def _set(self, **changes: object) -> None:
        self.status = replace(self.status, **changes, undecodable=len(self._unreadable))
