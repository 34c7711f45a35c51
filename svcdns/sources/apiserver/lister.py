"""One kind of object: list it whole, watch it from there, and list again where the watch has a gap.

    LIST --pages--> WATCH --ended--> WATCH from the last resourceVersion
      ^               | 410: the history is gone     | lost connection: backoff; where
      +---------------+ silence                      + that lasts, stale until it is settled

A list is a difference: each page is compared with what is known, and what no page named is removed
after the last. Nothing is removed before, so that there is no gap in the answers.
"""

import asyncio
import logging
import random
import time
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from svcdns import errors
from svcdns.kube.objects import Change, Kept, Key, Kind
from svcdns.sources import KindStatus, Sink
from svcdns.sources.apiserver import decode
from svcdns.sources.apiserver.backoff import Backoff
from svcdns.sources.apiserver.client import Client, Interrupted, Refused, Silent
from svcdns.sources.apiserver.decode import Decoder, Undecodable
from svcdns.sources.apiserver.lines import LineSplitter, StreamError
from svcdns.sources.apiserver.settings import Settings
from svcdns.sources.apiserver.status import Troubles

log = logging.getLogger("svcdns.apiserver")

_GONE = 410
_NOT_THE_VERSION = frozenset((401, 403, 429))
"""Refusals that say nothing about the resourceVersion."""
HINTS = {
    401: "its token or certificate is not accepted",
    403: "a ClusterRole bound to this user or service account must allow the verbs list and watch for it",
}


class Resource(Struct, frozen=True):
    """Where the API server has a kind."""

    kind: Kind
    path: str
    older: str | None = None
    """The same in an older version of the API; then it is one that a server may lack (`optional`)."""


RESOURCES: dict[Kind, Resource] = {
    "Service": Resource("Service", "/api/v1/services"),
    "EndpointSlice": Resource("EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
    "Namespace": Resource("Namespace", "/api/v1/namespaces"),
    "Pod": Resource("Pod", "/api/v1/pods"),
    "ServiceCIDR": Resource(
        "ServiceCIDR",
        "/apis/networking.k8s.io/v1/servicecidrs",  # since 1.33
        older="/apis/networking.k8s.io/v1beta1/servicecidrs",
    ),
}


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
        self._bad: dict[Key, str] = {}

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
        kind, retry_after = self._resource.kind, 0.0
        self._interrupted = True
        text = str(error) if type(error) is errors.SourceError else f"{kind}s: {error}"
        if isinstance(error, Refused):
            if error.code == _GONE:
                log.info("%ss: the API server's history begins later: listing again", kind)
            else:
                retry_after = min(error.retry_after or 0.0, self._settings.retry_after)
                if hint := HINTS.get(error.code):
                    text = f"{text} ({hint})"
                self._troubles.warn(text)
            self._refusals += 1
        elif isinstance(error, Silent):
            log.info("%s: listing again", text)
        else:
            self._troubles.warn(text)
        if self._start_over(error):
            self._version = ""
        now = time.monotonic()
        self._set(error=str(error), waiting_since=self.status.waiting_since or now)
        if not self.status.lists:
            self._stale(sink, str(error))
        await asyncio.sleep(max(retry_after, self._backoff.next()))

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
        page = decode.page(await self._client.page(self._path, {"limit": "1"}))
        self._interrupted = False
        behind = _is_before(page.metadata.resource_version, self._version)
        if behind:
            log.warning("%ss: the API server has gone back in time: listing again", self._resource.kind)
        return behind

    def _start_over(self, error: errors.SourceError) -> bool:
        """Whether to list: the same watch would fail in the same way, or tells no longer what happens."""
        if isinstance(error, StreamError | Silent):
            return True
        if not isinstance(error, Refused):
            return False
        return error.code == _GONE or (self._refusals > 1 and error.code not in _NOT_THE_VERSION)

    async def _list(self, sink: Sink) -> None:
        """All pages, as a difference to what the sink has."""
        kind = self._resource.kind
        before = set(sink.objects(kind))
        seen: set[Key] = set()
        token, resync = "", self.status.lists > 0
        drift = 0
        generation = self._client.generation
        while True:
            # No resourceVersion: "0" would be answered from a cache that may be old, and unpaged.
            query = {"limit": str(self._settings.page_objects)} | ({"continue": token} if token else {})
            page = decode.page(await self._client.page(self._path, query))
            found, bad = self._decoder.objects(page.items or ())
            known = sink.objects(kind)
            changes = [Change(kind, key, obj) for key, obj in found.items() if _differs(known.get(key), obj)]
            drift += sum(_missed(change, self._version) for change in changes)
            for key in found:
                self._bad.pop(key, None)
            seen.update(found, self._report(bad))
            self._tell_identity(sink, found)
            sink.push(changes)
            token = page.metadata.continue_
            if not token:
                break
        gone = before - seen
        sink.push([Change(kind, key, None) for key in gone])
        for key in gone:
            self._bad.pop(key, None)
        drift += len(gone) if self._version else 0
        self._generation = max(generation, 1)
        self._version = page.metadata.resource_version
        self._listed(drift * resync)
        if resync and drift:
            log.warning("%ss: %d differences that the watch had not told", kind, drift)
        self._fresh(sink)

    def _listed(self, drift: int = 0) -> None:
        now = time.monotonic()
        self._resync_at = now + self._settings.resync * random.uniform(0.5, 1.5)  # noqa: S311 - to spread load
        self._set(last_list=now, lists=self.status.lists + 1, drift=self.status.drift + drift)

    def _tell_identity(self, sink: Sink, found: dict[Key, Kept]) -> None:
        system = found.get(("", "kube-system")) if self._resource.kind == "Namespace" else None
        if system is not None and system.metadata.uid:
            sink.identity(system.metadata.uid)

    async def _watch(self, sink: Sink) -> None:
        """One watch to its end, or until it is time for another list; raises SourceError for a fault."""
        limit = random.uniform(*self._settings.watch)  # noqa: S311 - to spread load
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(max(1, round(limit))),
        }
        splitter = LineSplitter(self._settings.line_bytes)
        loop = asyncio.get_running_loop()
        begin, settled = time.monotonic(), None
        self._set(watches=self.status.watches + 1)
        try:
            async with self._client.stream(self._path, query) as chunks:
                if self._client.generation != self._generation:
                    self._version = ""  # it may be another cluster's
                    return
                settled = loop.call_later(self._settings.settled, self._fresh, sink)
                async for chunk in chunks:
                    if lines := splitter.feed(chunk):
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
        self._report(batch.undecodable)
        if batch.changes:
            for change in batch.changes:
                self._bad.pop(change.key, None)
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

    def _report(self, bad: Iterable[Undecodable]) -> set[Key]:
        """Log each bad version once; the last good one of the object stays."""
        keys = set()
        for one in bad:
            if one.key is None:
                log.error("%s without a name: %s", self._resource.kind, one.problem)
                continue
            keys.add(one.key)
            if self._bad.get(one.key) != one.resource_version:
                self._bad[one.key] = one.resource_version
                log.error(
                    "%s %s cannot be read, its last good version stays: %s",
                    self._resource.kind,
                    "/".join(filter(None, one.key)),
                    one.problem,
                )
        self._set(undecodable=len(self._bad))
        return keys

    def _set(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)


def _differs(known: Kept | None, found: Kept) -> bool:
    if known is None:
        return True
    version = found.metadata.resource_version
    return known != found if version is None else known.metadata.resource_version != version


def _missed(change: Change, watched: str) -> bool:
    """Whether the watch, which has come to `watched`, should have told this change."""
    version = (change.object and change.object.metadata.resource_version) or ""
    return _is_before(version, watched) or version == watched != ""


def _is_before(version: str, other: str) -> bool:
    """Whether one resourceVersion is older than another: decimal numbers, as etcd counts."""
    return version.isdecimal() and other.isdecimal() and int(version) < int(other)
