"""The watcher: keeps the objects, and writes the answers of what changed; the table's only writer.

    source --push--> store --before/after--> table

Nothing is written before every kind has been listed whole: until then the answers are those of the
stored table, or SERVFAIL. Killed at any point, it loses nothing: the next one lists again and
writes the difference to what the table holds.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from svcdns import collector
from svcdns.cluster import specification as cluster
from svcdns.dns import nodes
from svcdns.dns.meta import State
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Kept, Key, Kind
from svcdns.kube.store import Store
from svcdns.serve import memory
from svcdns.serve.cluster_answers import Answers
from svcdns.serve.object_warnings import ObjectWarnings
from svcdns.serve.programmed import Programmed
from svcdns.serve.tablestate import TableState
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")

CLUSTER = b"\0cluster"
"""The table's key for the identity that its source told."""

RETRY = 1.0
"""Seconds until a table that could not be written (a full disk) is written whole."""


class Watcher:
    """The sink of a source (`sources.Sink`), and the way from there to the table."""

    def __init__(
        self,
        writer: Writer,
        state: TableState,
        options: cluster.Options,
        kinds: Iterable[Kind],
        published: Callable[[], None],
    ) -> None:
        self.store = Store()
        self.changed_at: float | None = None
        """When the table was last written and not yet saved (time.monotonic)."""
        self.programmed = Programmed()
        self.another_cluster = asyncio.Event()
        """The source now tells of another cluster than before: all begins anew, in a new process."""
        self.warnings = ObjectWarnings(self.store)
        self._writer = writer
        self._published = published
        self._state = state
        of_ranges = tuple(zone.name for zone in state.of_ranges.values())
        self._answers = Answers(self.store, replace(options, range_zones=of_ranges))
        self._take_zones(self._answers.options)
        self._kinds = tuple(kinds)
        self._missing = set(self._kinds)
        self._stale: dict[Kind, str] = {}
        self._retry: asyncio.Handle | None = None
        self._live = False
        self._identity: bytes | None = None

    def changed(self, when: float) -> None:
        """Another has written names of files to the table, and perhaps other zones."""
        self.changed_at = when
        if self._live and self._other_zones():
            self._publish()

    @property
    def live(self) -> bool:
        """The table holds what the source told."""
        return self._live

    def objects(self, kind: Kind) -> Mapping[Key, Kept]:
        """Sink: what is known so far."""
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: what comes together is written together; nothing is before all is known."""
        if self._live:
            self._apply(list({(change.kind, change.key): change for change in changes}.values()))
            return
        for change in changes:
            self.store.apply(change)

    def synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        self._missing.discard(kind)
        was_stale = self._stale.pop(kind, None)
        if not self._live:
            if not self._missing:
                self._publish()
        elif was_stale and not self._stale:
            log.info("all resources are in step with the source again")
            if self._retry is None:
                self._mark(State.FRESH)

    def stale(self, kind: Kind, reason: str) -> None:
        """Sink: answers are marked as stale until the kind is fresh again."""
        first = not self._stale
        self._stale[kind] = reason
        if self._live and first:
            log.warning("answers may be stale: %s: %s", kind, reason)
            self._mark(State.STALE)

    def identity(self, uid: str) -> None:
        """Sink: a stored table of another cluster is emptied at once."""
        self._identity = uid.encode()
        known = self._writer.get(CLUSTER)
        if known is not None and known != self._identity:
            log.warning(
                "the stored table is of another cluster (%s, now %s): it is emptied", known.decode(), uid
            )
            if self._live:
                self._live, self._missing = False, set(self._kinds)
                self.another_cluster.set()
            self._state.state = State.EMPTY
            self._writer.replace((), self._state.stamp())

    def _apply(self, changes: Sequence[Change]) -> None:
        """The touched answers before and after, and their difference; each key is there once."""
        touched = self._answers.touched(changes)
        before = self._answers.keys(touched)
        for change in changes:
            self.store.apply(change)
        if any(change.kind == "ServiceCIDR" for change in changes) and self._other_zones():
            self._publish()
            return
        after = dict(self._answers.entries(touched))
        self._write(before - after.keys(), after, {nodes.SERIAL: _serial()})
        self.warnings.give((change.object for change in changes), touched.namespaces, self._answers.options)
        if self._retry is None:
            self.programmed.observe(changes, self.store, time.time())

    def _other_zones(self) -> cluster.Options | None:
        """See `Answers.other_zones`; those of zone files go before them."""
        return self._answers.other_zones([zone.name for zone in self._state.files.static])

    def _take_zones(self, options: cluster.Options) -> None:
        self._answers.options = options
        self._state.of_ranges = cluster.range_zones(options)

    def _publish(self) -> None:
        """Make the table exactly what the store says; it counts when the last of it is written."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        before, options = self._state.state, self._answers.options
        self._take_zones(self._other_zones() or options)
        publish = self._writer.fill if before is State.EMPTY else self._writer.replace
        self._state.state = State.STALE if self._stale else State.FRESH
        try:
            with collector.paused():
                removed = publish(self._answers.everything(), self._own())
        except TableError as error:
            self._state.state = before
            self._take_zones(options)
            self._publish_later(error)
            return
        first, self._live = not self._live, True
        self.changed_at = time.monotonic()
        if first:
            if removed:
                log.info("%d keys of the stored table were out of date", removed)
            services, namespaces = self.store.services.values(), self.store.all_namespaces()
            self.warnings.give(services, namespaces, self._answers.options)
            memory.give_back()
            self._published()

    def _own(self) -> dict[bytes, bytes]:
        """What makes the answers count."""
        own = self._state.stamp() | {nodes.SERIAL: _serial()}
        return own if self._identity is None else own | {CLUSTER: self._identity}

    def _mark(self, state: State) -> None:
        self._state.state = state
        self._write((), self._state.stamp(), {})

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
        """Once for all that could not be written meanwhile; what is there is out of date until then."""
        if self._live and self._state.state is State.FRESH:
            self._state.state = State.STALE
            with suppress(TableError):
                self._writer.insist(self._state.stamp())
        if self._retry is None:
            log.error("%s; it will be written whole in a second", error)
            self._retry = asyncio.get_running_loop().call_later(RETRY, self._publish)


def _serial() -> bytes:
    return int(time.time()).to_bytes(4, "big")
