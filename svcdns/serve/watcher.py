"""The watcher: keeps the objects, and writes the answers of what changed; the table's only writer.

    source --push--> pending --one turn of the loop--> store --before/after--> table

Nothing is written before every kind has been listed whole: until then the answers are those of the
stored table, or SERVFAIL. Killed at any point, it loses nothing: the next one lists again and
writes the difference to what the table holds.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from svcdns import cluster
from svcdns.dns import answers, view
from svcdns.dns.view import State
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Key, Kind, KubeObject, Service, key_of
from svcdns.kube.store import Store
from svcdns.table import snapshot
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")

CLUSTER = b"\xffcluster"
"""The table's key for the identity that its source told."""

RETRY = 1.0
"""Seconds until a table that could not be written (a full disk) is written whole."""
QUIET = 5.0
"""Seconds without a change after which a snapshot is taken."""
SNAPSHOT_AT_LEAST = 300.0
"""Seconds after which one is taken however busy it is."""
READERS = 60.0
"""Seconds between two looks for readers that died."""


class Watcher:
    """The sink of a source (`sources.Sink`), and the way from there to the table."""

    def __init__(
        self,
        writer: Writer,
        options: cluster.Options,
        kinds: Iterable[Kind],
        published: Callable[[Store], None],
    ) -> None:
        self.store = Store(options.endpoint_pod_names)
        self.changed_at: float | None = None
        """When the table was last written and not yet saved (time.monotonic)."""
        self.another_cluster = asyncio.Event()
        """The source now tells of another cluster than before: all begins anew, in a new process."""
        self._writer = writer
        self._options = options
        self._published = published
        self._zones = cluster.zones(options)
        self._sparse = frozenset(n for n, zone in enumerate(self._zones) if zone.kind is view.ZoneKind.SPARSE)
        self._kinds = tuple(kinds)
        self._missing = set(self._kinds)
        self._stale: dict[Kind, str] = {}
        self._pending: dict[tuple[Kind, Key], Change] = {}
        self._flush: asyncio.Handle | None = None
        self._retry: asyncio.Handle | None = None
        self._live = False
        self._identity: bytes | None = None

    @property
    def live(self) -> bool:
        """The table holds what the source told."""
        return self._live

    def objects(self, kind: Kind) -> Mapping[Key, KubeObject]:
        """Sink: what is known so far, with all that was pushed."""
        if self._pending:
            self._apply()
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: before the first publication straight to the store, then together once per turn."""
        if not self._live:
            for change in changes:
                self.store.apply(change)
            return
        for change in changes:
            self._pending[change.kind, change.key] = change
        self._soon(self._apply)

    def synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        self._missing.discard(kind)
        was_stale = self._stale.pop(kind, None)
        if not self._live:
            if not self._missing:
                self._publish()
        elif was_stale and not self._stale:
            log.info("all resources are in step with the source again")
            self._apply()  # what was pushed before is part of what is fresh
            self._write((), {answers.META: self._meta()}, {})

    def stale(self, kind: Kind, reason: str) -> None:
        """Sink: answers are marked as stale until the kind is fresh again."""
        first = not self._stale
        self._stale[kind] = reason
        if self._live and first:
            log.warning("answers may be stale: %s: %s", kind, reason)
            self._write((), {answers.META: self._meta()}, {})

    def identity(self, uid: str) -> None:
        """Sink: a stored table of another cluster is emptied at once."""
        self._identity = uid.encode()
        known = self._writer.get(CLUSTER)
        if known is not None and known != self._identity:
            log.warning(
                "the stored table is of another cluster (%s, now %s): it is emptied", known.decode(), uid
            )
            empty = view.Meta(view.FORMAT, State.EMPTY, self._zones)
            self._writer.replace((), {answers.META: view.encode(empty)})
            if self._live:
                self._live, self._missing = False, set(self._kinds)
                self.another_cluster.set()

    def _soon(self, action: Callable[[], None]) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(action)

    def _cancel_flush(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None

    def _apply(self) -> None:
        """One batch of changes: the touched answers before and after, and their difference."""
        self._cancel_flush()
        changes = list(self._pending.values())
        self._pending.clear()
        touched = cluster.Touched()
        for change in changes:
            cluster.touch(touched, change, self.store, self._options)
        before = set(answers.keys(self._names(touched).names, self._sparse))
        for change in changes:
            self.store.apply(change)
        self._warn(change.object for change in changes)
        after = dict(self._entries(touched))
        self._write(before - after.keys(), after, {answers.SERIAL: _serial()})

    def _warn(self, services: Iterable[KubeObject | None]) -> None:
        for service in services:
            if isinstance(service, Service) and (warning := cluster.warning(service)):
                log.warning("Service %s/%s: %s", *key_of(service), warning)

    def _names(self, touched: cluster.Touched) -> cluster.Subtree:
        return cluster.names_of(touched, self.store, self._options)

    def _entries(self, touched: cluster.Touched) -> Iterator[tuple[bytes, bytes]]:
        made = self._names(touched)
        return answers.compile_names(made.names, made.glue, self._sparse)

    def _publish(self) -> None:
        """Make the table exactly what the store says; it counts when the last of it is written."""
        self._cancel_flush()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        for change in self._pending.values():
            self.store.apply(change)
        self._pending.clear()
        try:
            removed = self._writer.replace(self._everything(), self._own())
        except TableError as error:
            self._publish_later(error)
            return
        first, self._live = not self._live, True
        self.changed_at = time.monotonic()
        if first:
            if removed:
                log.info("%d keys of the stored table were out of date", removed)
            self._warn(self.store.services.values())
            gc.collect()
            gc.freeze()
            self._published(self.store)

    def _everything(self) -> Iterator[tuple[bytes, bytes]]:
        for touched in cluster.everything(self.store):
            yield from self._entries(touched)

    def _own(self) -> dict[bytes, bytes]:
        """What makes the answers count."""
        own = {answers.META: self._meta(), answers.SERIAL: _serial()}
        return own if self._identity is None else own | {CLUSTER: self._identity}

    def _meta(self) -> bytes:
        return view.encode(view.Meta(view.FORMAT, State.STALE if self._stale else State.FRESH, self._zones))

    def _write(
        self, gone: Iterable[bytes], values: Mapping[bytes, bytes], stamp: Mapping[bytes, bytes]
    ) -> None:
        try:
            changed = self._writer.update(gone, values, stamp)
        except TableError as error:
            self._publish_later(error)
            return
        if changed:
            self.changed_at = time.monotonic()

    def _publish_later(self, error: TableError) -> None:
        """Once for all that could not be written meanwhile."""
        log.error("%s; it will be written whole in a second", error)
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY, self._publish)


def prepare(writer: Writer, options: cluster.Options) -> bool:
    """Make a table fit to be read before the first list: stale if it has answers, else empty.

    Returns whether it has answers.
    """
    found = view.decode(writer.get(answers.META))
    zones = cluster.zones(options)
    usable = found is not None and found.format == view.FORMAT and found.state is not State.EMPTY
    if not usable:
        writer.replace((), {answers.META: view.encode(view.Meta(view.FORMAT, State.EMPTY, zones))})
        return False
    assert found is not None  # noqa: S101 - for the type checker
    writer.update((), {answers.META: view.encode(replace(found, state=State.STALE))}, {})
    return True


async def keep_snapshots(watcher: Watcher, writer: Writer, state: Path, identity: str) -> None:
    """Save the table when it has been quiet for a while, and look for dead readers."""
    saved, looked = time.monotonic(), time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        now, changed = time.monotonic(), watcher.changed_at
        if changed is not None and (now - changed >= QUIET or now - saved >= SNAPSHOT_AT_LEAST):
            watcher.changed_at = None
            saved = now
            if not await asyncio.to_thread(save, writer, state, identity):
                watcher.changed_at = watcher.changed_at or now
        if now - looked >= READERS:
            looked = now
            writer.free_dead_readers()


def save(writer: Writer, state: Path, identity: str) -> bool:
    """Take a snapshot, if that is possible; a full disk is no reason to stop."""
    try:
        snapshot.save(state, identity, writer.copy)
    except (OSError, TableError) as error:
        log.warning("the table could not be saved for the next start: %s", error)
        return False
    return True


def _serial() -> bytes:
    return int(time.time()).to_bytes(4, "big")
