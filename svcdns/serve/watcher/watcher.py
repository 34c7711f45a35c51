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
from svcdns.dns.table import node_format
from svcdns.dns.table.table_meta import Freshness
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Key, Kind, StoredObject
from svcdns.kube.store import Store
from svcdns.serve.watcher import memory
from svcdns.serve.watcher.cluster_answers import ClusterAnswers
from svcdns.serve.watcher.object_warnings import ObjectWarnings
from svcdns.serve.watcher.programming_latency import ProgrammingLatency
from svcdns.serve.watcher.table_state import TableState
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

CLUSTER_ID_KEY = b"\0cluster"
"""The table's key for the identity that its source told."""

RETRY_DELAY = 1.0
"""Seconds until a table that could not be written (a full disk) is written whole."""


class Watcher:
    """The sink of a source (`sources.Sink`), and the way from there to the table."""

    def __init__(
        self,
        writer: TableWriter,
        table_state: TableState,
        options: cluster.ClusterOptions,
        kinds: Iterable[Kind],
        on_published: Callable[[], None],
    ) -> None:
        self.store = Store()
        self.changed_at: float | None = None
        """When the table was last written and not yet saved (time.monotonic)."""
        self.programming_latency = ProgrammingLatency()
        self.cluster_replaced = asyncio.Event()
        """The source now tells of another cluster than before: all begins anew, in a new process."""
        self.warnings = ObjectWarnings(self.store)
        self._writer = writer
        self._on_published = on_published
        self._table_state = table_state
        of_ranges = tuple(zone.name for zone in table_state.range_zones.values())
        self._cluster_answers = ClusterAnswers(self.store, replace(options, service_cidr_zones=of_ranges))
        self._set_options(self._cluster_answers.options)
        self._kinds = tuple(kinds)
        self._missing_kinds = set(self._kinds)
        self._stale_reasons: dict[Kind, str] = {}
        self._retry_timer: asyncio.Handle | None = None
        self._is_live = False
        self._cluster_id: bytes | None = None

    def on_files_written(self, when: float) -> None:
        """Another has written names of files to the table, and perhaps other zones."""
        self.changed_at = when
        if self._is_live and self._find_changed_zones():
            self._publish_all()

    @property
    def is_live(self) -> bool:
        """The table holds what the source told."""
        return self._is_live

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """Sink: what is known so far."""
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """Sink: what comes together is written together; nothing is before all is known."""
        if self._is_live:
            self._apply(list({(change.kind, change.key): change for change in changes}.values()))
            return
        for change in changes:
            self.store.apply(change)

    def mark_synced(self, kind: Kind) -> None:
        """Sink: the kind is whole and fresh."""
        self._missing_kinds.discard(kind)
        was_stale = self._stale_reasons.pop(kind, None)
        if not self._is_live:
            if not self._missing_kinds:
                self._publish_all()
        elif was_stale and not self._stale_reasons:
            log.info("all resources are in step with the source again")
            if self._retry_timer is None:
                self._set_state(Freshness.FRESH)

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """Sink: answers are marked as stale until the kind is fresh again."""
        first = not self._stale_reasons
        self._stale_reasons[kind] = reason
        if self._is_live and first:
            log.warning("answers may be stale: %s: %s", kind, reason)
            self._set_state(Freshness.STALE)

    def set_cluster_identity(self, cluster_id: str) -> None:
        """Sink: a stored table of another cluster is emptied at once."""
        self._cluster_id = cluster_id.encode()
        known = self._writer.get(CLUSTER_ID_KEY)
        if known is not None and known != self._cluster_id:
            log.warning(
                "the stored table is of another cluster (%s, now %s): it is emptied",
                known.decode(),
                cluster_id,
            )
            if self._is_live:
                self._is_live, self._missing_kinds = False, set(self._kinds)
                self.cluster_replaced.set()
            self._table_state.state = Freshness.EMPTY
            self._writer.replace((), self._table_state.encode_meta())

    def _apply(self, changes: Sequence[Change]) -> None:
        """The touched answers before and after, and their difference; each key is there once."""
        touched = self._cluster_answers.find_affected(changes)
        before = self._cluster_answers.collect_keys(touched)
        for change in changes:
            self.store.apply(change)
        if any(change.kind == "ServiceCIDR" for change in changes) and self._find_changed_zones():
            self._publish_all()
            return
        after = dict(self._cluster_answers.compile_affected(touched))
        self._write(before - after.keys(), after, {node_format.SERIAL_KEY: _current_serial()})
        self.warnings.log_warnings(
            (change.new_object for change in changes), touched.namespaces, self._cluster_answers.options
        )
        if self._retry_timer is None:
            self.programming_latency.observe(changes, self.store, time.time())

    def _find_changed_zones(self) -> cluster.ClusterOptions | None:
        """See `Answers.other_zones`; those of zone files go before them."""
        return self._cluster_answers.find_changed_zones([zone.name for zone in self._table_state.files.zones])

    def _set_options(self, options: cluster.ClusterOptions) -> None:
        self._cluster_answers.options = options
        self._table_state.range_zones = cluster.service_cidr_zones(options)

    def _publish_all(self) -> None:
        """Make the table exactly what the store says; it counts when the last of it is written."""
        if self._retry_timer is not None:
            self._retry_timer.cancel()
            self._retry_timer = None
        before, options = self._table_state.state, self._cluster_answers.options
        self._set_options(self._find_changed_zones() or options)
        publish = self._writer.fill if before is Freshness.EMPTY else self._writer.replace
        self._table_state.state = Freshness.STALE if self._stale_reasons else Freshness.FRESH
        try:
            with collector.pause_collection():
                removed = publish(self._cluster_answers.compile_all(), self._encode_meta())
        except TableError as error:
            self._table_state.state = before
            self._set_options(options)
            self._schedule_publish(error)
            return
        first, self._is_live = not self._is_live, True
        self.changed_at = time.monotonic()
        if first:
            if removed:
                log.info("%d keys of the stored table were out of date", removed)
            services, namespaces = self.store.services.values(), self.store.all_namespaces()
            self.warnings.log_warnings(services, namespaces, self._cluster_answers.options)
            memory.release_free_memory()
            self._on_published()

    def _encode_meta(self) -> dict[bytes, bytes]:
        """What makes the answers count."""
        own = self._table_state.encode_meta() | {node_format.SERIAL_KEY: _current_serial()}
        return own if self._cluster_id is None else own | {CLUSTER_ID_KEY: self._cluster_id}

    def _set_state(self, state: Freshness) -> None:
        self._table_state.state = state
        self._write((), self._table_state.encode_meta(), {})

    def _write(
        self,
        removed_keys: Iterable[bytes],
        values: Mapping[bytes, bytes],
        meta_entries: Mapping[bytes, bytes],
    ) -> None:
        try:
            changed = self._writer.update(removed_keys, values, meta_entries)
        except TableError as error:
            self._schedule_publish(error)
            return
        if changed:
            self.changed_at = time.monotonic()

    def _schedule_publish(self, error: TableError) -> None:
        """Once for all that could not be written meanwhile; what is there is out of date until then."""
        if self._is_live and self._table_state.state is Freshness.FRESH:
            self._table_state.state = Freshness.STALE
            with suppress(TableError):
                self._writer.write_reserved(self._table_state.encode_meta())
        if self._retry_timer is None:
            log.error("%s; it will be written whole in a second", error)
            self._retry_timer = asyncio.get_running_loop().call_later(RETRY_DELAY, self._publish_all)


def _current_serial() -> bytes:
    return int(time.time()).to_bytes(4, "big")
