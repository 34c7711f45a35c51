"""One kind of object: list it whole, watch it from there, and list again where the watch has a gap.

    LIST --pages--> WATCH --ended--> WATCH from the last resourceVersion
      ^               | 410: the history is gone     | lost connection: backoff; where
      +---------------+ silence                      + that lasts, stale until a watch is stable

`list_difference` decides what a list changes, and `api_errors` what to do about a fault. This module acts.
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
from svcdns.sources.apiserver.api_errors import (
    Recovery,
    RequestRefusedError,
    UnexpectedError,
    WatchInterruptedError,
)
from svcdns.sources.apiserver.api_resources import ApiResource
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.api_server_log import FaultLog, UnreadableObjects
from svcdns.sources.apiserver.list_difference import ListDifference
from svcdns.sources.apiserver.object_decoder import ObjectDecoder
from svcdns.sources.apiserver.options import ApiServerOptions

log = logging.getLogger("svcdns.apiserver")


class Reflector:
    """Feeds one kind to the sink, for ever; `status` is the state of the kind."""

    def __init__(
        self,
        resource: ApiResource,
        client: ApiServerClient,
        decoder: ObjectDecoder,
        options: ApiServerOptions,
        fault_log: FaultLog,
    ) -> None:
        self.status = KindStatus(waiting_since=time.monotonic())
        self._resource = resource
        self._path = resource.path
        self._client = client
        self._decoder = decoder
        self._options = options
        self._fault_log = fault_log
        self._backoff = Backoff(*options.backoff_range, random.uniform)
        self._resource_version = ""
        """The resourceVersion that a watch goes on from; empty asks for a list."""
        self._session_generation = 0
        """The generation of the session (`ApiServerClient.generation`) in which the last list was read."""
        self._refusal_count = 0
        """The number of refusals since the last success."""
        self._last_contact = 0.0
        """When the API server last sent a list or events, by `time.monotonic`."""
        self._resync_at = 0.0
        self._was_interrupted = False
        """Whether the API server may have become a different one since its last word."""
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
                # Watches break off all day (restarts, proxies): the next one goes on where this one was.
                log.debug("%ss: %s", self._resource.kind, error)
                self._was_interrupted = True
                await asyncio.sleep(self._backoff.next())
            except errors.SourceError as error:
                await self._handle_error(sink, error)
            except Exception as error:  # a fault that nobody thought of must not end the watch
                unexpected = UnexpectedError(f"unexpected: {error!r}")
                unexpected.__cause__ = error
                await self._handle_error(sink, unexpected)

    async def _handle_error(self, sink: ObjectSink, error: errors.SourceError) -> None:
        """Log a fault, mark a kind that was never listed as stale, and wait."""
        self._was_interrupted = True
        self._refusal_count += isinstance(error, RequestRefusedError)
        recovery = api_errors.classify(self._resource.kind, error, self._refusal_count)

        cause = error.__cause__ if isinstance(error, UnexpectedError) else None
        self._fault_log.begin(self._resource.kind, recovery, cause)
        if recovery.needs_relist:
            self._resource_version = ""

        self._update_status(error=str(error), waiting_since=self.status.waiting_since or time.monotonic())
        if not self.status.lists:
            self._mark_stale(sink, str(error))

        # The server's own wish (Retry-After) counts where it is longer, within reason.
        wait = min(recovery.min_wait, self._options.max_retry_after)
        await asyncio.sleep(max(wait, self._backoff.next()))

    def check_deadlines(self, sink: ObjectSink, required_listed_at: float | None) -> None:
        """Mark the kind as stale where the API server has said nothing for too long.

        Called from outside, since `run` may be waiting for an answer. `required_listed_at` is when the last
        of the kinds was listed that every API server has; None while not all have been.
        """
        if self.status.lists and time.monotonic() - self._last_contact >= self._options.stale_after:
            self._mark_stale(sink, self.status.error or "the API server is silent")

    def _mark_stale(self, sink: ObjectSink, reason: str) -> None:
        sink.mark_stale(self._resource.kind, reason)

    async def _has_gone_back(self) -> bool:
        """Return whether the API server is at an earlier resourceVersion than we: its etcd was restored.

        It accepts a watch from a later one nevertheless, and reports nothing until it has come so far.
        """
        # The smallest list there is; its resourceVersion is that of the whole API server.
        page = envelope.decode_page(await self._client.fetch_page(self._path, {"limit": "1"}))
        self._was_interrupted = False

        has_gone_back = list_difference.is_before(page.metadata.resource_version, self._resource_version)
        if has_gone_back:
            text = f"{self._resource.kind}s: the API server has gone back in time: listing again"
            self._fault_log.begin(self._resource.kind, Recovery(text))
        return has_gone_back

    async def _list(self, sink: ObjectSink) -> None:
        """Read all pages and push the difference to what the sink has; raises SourceError."""
        kind = self._resource.kind
        is_resync = self.status.lists > 0
        generation = self._client.generation
        resource_version = ""
        difference = ListDifference(kind, sink.get_objects(kind), self._resource_version)

        async for page in self._client.iter_pages(self._path):
            objects, undecodable = self._decoder.decode_items(page.items or ())
            self._unreadable_objects.note_readable(objects)
            unreadable_keys = self._unreadable_objects.report(undecodable)

            # Before the objects: those of a different cluster belong into an empty table.
            self._report_identity(sink, objects)
            sink.push(difference.compare_page(objects, unreadable_keys))

            # The watch goes on from the first page, so that it reports what changed between the pages.
            resource_version = resource_version or page.metadata.resource_version

        removals = difference.finish()
        sink.push(removals)
        self._unreadable_objects.note_changes(removals)

        # The first request opened the first session (generation 1), after `generation` was read.
        self._session_generation = max(generation, 1)
        self._resource_version = resource_version

        drift_count = difference.drift_count if is_resync else 0
        self._record_list(drift_count)
        if drift_count:
            log.warning("%ss: repaired %d differences that the watch had not reported", kind, drift_count)
        self._mark_fresh(sink)

    def _record_list(self, drift_count: int = 0) -> None:
        now = time.monotonic()
        spread = random.uniform(0.5, 1.5)  # noqa: S311 - to spread load
        self._resync_at = now + self._options.resync_interval * spread
        self._update_status(last_list=now, lists=self.status.lists + 1, drift=self.status.drift + drift_count)

    def _report_identity(self, sink: ObjectSink, objects: Mapping[Key, StoredObject]) -> None:
        # A cluster has no identity of its own; the UID of kube-system lives as long as it does.
        system = objects.get(("", "kube-system")) if self._resource.kind == "Namespace" else None
        if system is not None and system.metadata.uid:
            sink.set_cluster_identity(system.metadata.uid)

    async def _watch(self, sink: ObjectSink) -> None:
        """Read one watch to its end, or until it is time for another list; raises SourceError for a fault."""
        lifetime = random.uniform(*self._options.watch_lifetime)  # noqa: S311 - to spread load
        loop = asyncio.get_running_loop()
        started_at = time.monotonic()
        stable_timer = None
        self._update_status(watches=self.status.watches + 1)

        try:
            async with self._client.open_watch(self._path, self._resource_version, lifetime) as batches:
                # The session is a new one: the resourceVersion may be that of a different cluster.
                if self._client.generation != self._session_generation:
                    self._resource_version = ""
                    return

                # Only a watch that lasts is a success: its refusal may come as the first event.
                stable_timer = loop.call_later(self._options.watch_stable_after, self._mark_fresh, sink)
                async for lines in batches:
                    self._apply_lines(sink, lines)
                    if time.monotonic() >= self._resync_at:
                        return
        finally:
            if stable_timer is not None:
                stable_timer.cancel()

        # Without a wait it would be opened again and again in a loop.
        if time.monotonic() - started_at < self._options.watch_stable_after:
            raise WatchInterruptedError("a watch was ended at once")

    def _apply_lines(self, sink: ObjectSink, lines: Iterable[bytes]) -> None:
        self._last_contact = time.monotonic()
        batch = self._decoder.decode_events(lines)
        self._unreadable_objects.report(batch.undecodable)

        if batch.changes:
            self._unreadable_objects.note_changes(batch.changes)
            sink.push(batch.changes)
        if batch.resource_version:
            self._resource_version = batch.resource_version

        self._update_status(last_event=time.monotonic(), events=self.status.events + len(batch.changes))
        if batch.error is not None:
            # Counted here and by `_handle_error`, so that it counts as repeated at once: within a watch
            # it is the resourceVersion that is refused.
            self._refusal_count += 1
            details = batch.error.details
            retry_after = details.retry_after_seconds if details else None
            raise RequestRefusedError(
                batch.error.code or 0, batch.error.message or "the watch was ended", retry_after
            )

    def _mark_fresh(self, sink: ObjectSink) -> None:
        """Note that a list succeeded, or that a watch goes on where the last one stopped."""
        self._backoff.reset()
        self._refusal_count = 0
        self._last_contact = time.monotonic()

        self._end_fault()
        if self.status.waiting_since is not None or self.status.error:
            self._update_status(error=None, waiting_since=None)

        sink.mark_synced(self._resource.kind)

    def _end_fault(self) -> None:
        self._fault_log.end(self._resource.kind)

    def _update_status(self, **changes: object) -> None:
        self.status = replace(self.status, **changes, undecodable=len(self._unreadable_objects))
