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
from svcdns.kube.objects import Key, StoredObject
from svcdns.sources import KindStatus, ObjectSink
from svcdns.sources.apiserver import api_errors, envelope, list_difference
from svcdns.sources.apiserver.api_errors import RequestRefusedError, WatchInterruptedError
from svcdns.sources.apiserver.api_resources import ApiResource
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.api_server_log import RateLimitedWarnings, UnreadableObjects
from svcdns.sources.apiserver.list_difference import ListDifference
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from svcdns.sources.apiserver.options import ApiServerOptions

log = logging.getLogger("svcdns.apiserver")


class Reflector:
    """Feeds one kind to the sink, for ever; `status` is how it stands."""

    def __init__(
        self,
        resource: ApiResource,
        client: ApiServerClient,
        decoder: ObjectDecoder,
        options: ApiServerOptions,
        warning_log: RateLimitedWarnings,
    ) -> None:
        self.status = KindStatus(waiting_since=time.monotonic())
        self._resource = resource
        self._path = resource.path
        self._client = client
        self._decoder = decoder
        self._options = options
        self._warning_log = warning_log
        self._backoff = Backoff(*options.backoff_range, random.uniform)
        self._resource_version = ""
        """resourceVersion that a watch goes on from; empty asks for a list."""
        self._session_generation = 0
        self._refusal_count = 0
        self._last_contact = 0.0
        """When the API server last said something that counts."""
        self._resync_at = 0.0
        self._was_interrupted = False
        """Since the last word the API server may have become another."""
        self._unreadable_objects = UnreadableObjects(log, resource.kind)

    async def run(self, sink: ObjectSink) -> None:
        """List and watch until cancelled; no fault of the other side ends it."""
        while True:
            try:
                if self._was_interrupted and self._resource_version and await self._has_gone_back():
                    self._resource_version = ""
                if not self._resource_version or time.monotonic() >= self._resync_at:
                    await self._list(sink)
                await self._watch(sink)
            except WatchInterruptedError as error:
                log.debug("%ss: %s", self._resource.kind, error)
                self._was_interrupted = True
                await asyncio.sleep(self._backoff.next())
            except errors.SourceError as error:
                await self._handle_error(sink, error)
            except Exception as error:  # what nobody thought of must not end the watch
                log.exception("%s: unexpected", self._resource.kind)
                self._resource_version = ""
                await self._handle_error(sink, errors.SourceError(repr(error)))

    async def _handle_error(self, sink: ObjectSink, error: errors.SourceError) -> None:
        """Log it, mark the kind as stale where it lasts, and wait."""
        self._was_interrupted = True
        self._refusal_count += isinstance(error, RequestRefusedError)
        verdict = api_errors.classify(self._resource.kind, error, self._refusal_count)
        if verdict.is_expected:
            log.info("%s", verdict.log_text)
        else:
            self._warning_log.warn(verdict.log_text)
        if verdict.needs_relist:
            self._resource_version = ""
        self._update_status(error=str(error), waiting_since=self.status.waiting_since or time.monotonic())
        if not self.status.lists:
            self._mark_stale(sink, str(error))
        wait = min(verdict.min_wait, self._options.max_retry_after)
        await asyncio.sleep(max(wait, self._backoff.next()))

    def check_deadlines(self, sink: ObjectSink, required_listed_at: float | None) -> None:
        """Say so where the API server has said nothing for too long, whatever is waited for just now.

        `others`: when the last of the kinds was listed that every API server has; None: not all have been.
        """
        if self.status.lists and time.monotonic() - self._last_contact >= self._options.stale_after:
            self._mark_stale(sink, self.status.error or "the API server is silent")

    def _mark_stale(self, sink: ObjectSink, reason: str) -> None:
        sink.mark_stale(self._resource.kind, reason)

    async def _has_gone_back(self) -> bool:
        """Whether the API server is at an earlier resourceVersion than we: its etcd was restored.

        It accepts a watch from a later one nevertheless, and tells nothing until it has come so far.
        """
        page = envelope.decode_page(await self._client.fetch_page(self._path, {"limit": "1"}))
        self._was_interrupted = False
        behind = list_difference.is_before(page.metadata.resource_version, self._resource_version)
        if behind:
            log.warning("%ss: the API server has gone back in time: listing again", self._resource.kind)
        return behind

    async def _list(self, sink: ObjectSink) -> None:
        """All pages, as a difference to what the sink has."""
        kind, resync = self._resource.kind, self.status.lists > 0
        generation, version = self._client.generation, ""
        found = ListDifference(kind, sink.get_objects(kind), self._resource_version)
        async for page in self._client.iter_pages(self._path):
            objects, bad = self._decoder.decode_items(page.items or ())
            self._unreadable_objects.remove(objects)
            unreadable = self._unreadable_objects.report(bad)
            self._report_identity(sink, objects)
            sink.push(found.compare_page(objects, unreadable))
            version = version or page.metadata.resource_version  # the first's: all that came later is watched
        gone = found.finish()
        sink.push(gone)
        self._unreadable_objects.remove(change.key for change in gone)
        self._session_generation = max(generation, 1)
        self._resource_version = version
        self._record_list(found.drift_count * resync)
        if resync and found.drift_count:
            log.warning("%ss: %d differences that the watch had not told", kind, found.drift_count)
        self._mark_fresh(sink)

    def _record_list(self, drift_count: int = 0) -> None:
        now = time.monotonic()
        self._resync_at = now + self._options.resync_interval * random.uniform(0.5, 1.5)  # noqa: S311 - to spread load
        self._update_status(last_list=now, lists=self.status.lists + 1, drift=self.status.drift + drift_count)

    def _report_identity(self, sink: ObjectSink, objects: Mapping[Key, StoredObject]) -> None:
        system = objects.get(("", "kube-system")) if self._resource.kind == "Namespace" else None
        if system is not None and system.metadata.uid:
            sink.set_cluster_identity(system.metadata.uid)

    async def _watch(self, sink: ObjectSink) -> None:
        """One watch to its end, or until it is time for another list; raises SourceError for a fault."""
        limit = random.uniform(*self._options.watch_lifetime)  # noqa: S311 - to spread load
        loop = asyncio.get_running_loop()
        begin, settled = time.monotonic(), None
        self._update_status(watches=self.status.watches + 1)
        try:
            async with self._client.open_watch(self._path, self._resource_version, limit) as batches:
                if self._client.generation != self._session_generation:
                    self._resource_version = ""  # it may be another cluster's
                    return
                settled = loop.call_later(self._options.watch_stable_after, self._mark_fresh, sink)
                async for lines in batches:
                    self._apply_lines(sink, lines)
                    if time.monotonic() >= self._resync_at:
                        return
        finally:
            if settled is not None:
                settled.cancel()
        if time.monotonic() - begin < self._options.watch_stable_after:
            raise WatchInterruptedError("a watch was ended at once")

    def _apply_lines(self, sink: ObjectSink, lines: Iterable[bytes]) -> None:
        self._last_contact = time.monotonic()
        batch = self._decoder.decode_events(lines)
        self._unreadable_objects.report(batch.undecodable)
        if batch.changes:
            self._unreadable_objects.remove(change.key for change in batch.changes)
            sink.push(batch.changes)
        if batch.resource_version:
            self._resource_version = batch.resource_version
        self._update_status(last_event=time.monotonic(), events=self.status.events + len(batch.changes))
        if batch.error is not None:
            details = batch.error.details
            after = details.retry_after_seconds if details else None
            self._refusal_count += 1  # within a watch: its resourceVersion is what is refused
            raise RequestRefusedError(
                batch.error.code or 0, batch.error.message or "the watch was ended", after
            )

    def _mark_fresh(self, sink: ObjectSink) -> None:
        """A list succeeded, or a watch goes on where the last one stopped."""
        self._backoff.reset()
        self._refusal_count = 0
        self._last_contact = time.monotonic()
        if self.status.waiting_since is not None or self.status.error:
            self._warning_log.reset()
            self._update_status(error=None, waiting_since=None)
        sink.mark_synced(self._resource.kind)

    def _update_status(self, **changes: object) -> None:
        self.status = replace(self.status, **changes, undecodable=len(self._unreadable_objects))
