"""Keeps the cluster's objects, and writes the answers of what changed to the table.

    source --push--> store --before/after--> table

Nothing is written before every kind has been listed whole: until then the answers are those of the
stored table, or SERVFAIL. A watcher that is killed loses nothing: the next one lists again, and writes
the difference to what the table holds.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from svcdns.cluster import specification as cluster
from svcdns.dns.table import node_format
from svcdns.dns.table.table_meta import Freshness
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Key, Kind, StoredObject
from svcdns.kube.store import Store
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.watcher import memory, republish_timer
from svcdns.serve.watcher.change_notes import ChangeNotes
from svcdns.serve.watcher.cluster_answers import ClusterAnswers
from svcdns.serve.watcher.faulty_names_log import FaultyNamesLog
from svcdns.serve.watcher.publication import Publication, current_serial
from svcdns.serve.watcher.republish_timer import RepublishTimer
from svcdns.serve.watcher.table_state import TableState
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")


class Watcher:
    """The sink of a source (`sources.ObjectSink`), and the way from there to the table."""

    def __init__(
        self,
        writer: TableWriter,
        table_state: TableState,
        options: cluster.ClusterOptions,
        kinds: Iterable[Kind],
        on_published: Callable[[], None],
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_published` is called once; `on_progress` again and again while the whole table is made."""
        self.store = Store()
        self.changed_at: float | None = None
        """When the table was last written (time.monotonic); None once a snapshot has been taken."""
        self.cluster_replaced = asyncio.Event()
        """Set when the source names another cluster than before: a new process has to begin anew."""
        self.notes = ChangeNotes(self.store)
        self._writer = writer
        self._on_published = on_published
        self._table_state = table_state

        # Until the ServiceCIDRs are listed, their reverse zones are those of the stored table.
        range_origins = tuple(zone.name for zone in table_state.range_zones.values())
        self._cluster_answers = ClusterAnswers(
            self.store, replace(options, service_cidr_zones=range_origins), on_progress
        )
        self._set_options(self._cluster_answers.options)
        self._publication = Publication(writer, table_state, self._cluster_answers)

        self._kinds = tuple(kinds)
        self._missing_kinds = set(self._kinds)
        self._stale_reasons: dict[Kind, str] = {}
        self._republish_timer = RepublishTimer(self._on_timer)
        self._write_fault = LastingFault(log, "the table is written again")
        self._faulty_names_log = FaultyNamesLog(log)
        self.publish_error = ""
        """Why the answers could not be made at all; empty while they can."""
        self._is_live = False

    def on_files_written(self, when: float) -> None:
        """Names of files were written to the table at this time (time.monotonic), perhaps other zones too."""
        self.changed_at = when
        # A zone file may take a reverse zone from the cluster, or give it back.
        if self._is_live and self._find_changed_zones():
            self._publish_all()

    @property
    def is_live(self) -> bool:
        """Whether the table holds the cluster's answers as the source has it now."""
        return self._is_live

    @property
    def faults(self) -> Mapping[str, str]:
        """The pieces whose names cannot be made, with the reason of each; what is known of them stays."""
        return self._cluster_answers.faults

    def get_objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """ObjectSink: the objects of a kind that are known so far."""
        return self.store.objects(kind)

    def push(self, changes: Iterable[Change]) -> None:
        """ObjectSink: changes that come together are written together; none before everything is listed."""
        if self._is_live:
            # Only the last change of an object counts.
            self._apply(list({(change.kind, change.key): change for change in changes}.values()))
            return

        for change in changes:
            self._cluster_answers.apply(change)

    def mark_synced(self, kind: Kind) -> None:
        """ObjectSink: the kind has been listed whole, and is fresh."""
        self._missing_kinds.discard(kind)
        was_stale = self._stale_reasons.pop(kind, None)
        if not self._is_live:
            if not self._missing_kinds:
                self._publish_all()
        elif was_stale and not self._stale_reasons:
            log.info("all resources are in step with the source again")
            # A table that waits to be written whole is stale until then.
            if not self._republish_timer.has_failed_write and not self.publish_error:
                self._set_state(Freshness.FRESH)

    def mark_stale(self, kind: Kind, reason: str) -> None:
        """ObjectSink: answers are marked as stale until the kind is fresh again."""
        was_fresh = not self._stale_reasons
        self._stale_reasons[kind] = reason
        if self._is_live and was_fresh:
            log.warning("answers may be stale: %s: %s", kind, reason)
            self._set_state(Freshness.STALE)

    def set_cluster_identity(self, cluster_id: str) -> None:
        """ObjectSink: a stored table of another cluster is emptied at once."""
        if not self._publication.is_of_other_cluster(cluster_id):
            return

        # The store still has the objects of the cluster before: only a new process is without them.
        if self._is_live:
            self._is_live = False
            self._missing_kinds = set(self._kinds)
            self.cluster_replaced.set()
        self._table_state.state = Freshness.EMPTY
        self._republish_timer.cancel()
        self._writer.replace((), self._table_state.encode_meta())

    def _apply(self, changes: Sequence[Change]) -> None:
        """Write the difference that the changes make; each object is in one of them at most."""
        answers = self._cluster_answers
        affected, told_changes = answers.find_affected(changes)
        # They stay as they are: only a publication of all makes them anew.
        if answers.leave_faulty(affected):
            self._republish_timer.schedule(republish_timer.FAULTY_DELAY)
        keys_before = answers.collect_keys(affected)

        # Of an object that is taken again, the table may have anything; other reverse zones concern any name.
        are_taken_again = [answers.apply(change) for change in told_changes]
        concerns_all = any(are_taken_again) or self._find_new_ranges(told_changes)

        entries = None if concerns_all else answers.compile_affected(affected)
        if keys_before is not None and entries is not None:
            entries |= self._mark_refused(affected)
            self._write(keys_before - entries.keys(), entries, {node_format.SERIAL_KEY: current_serial()})
        elif not self.publish_error:  # else it waits for the retry: each try costs seconds
            self._publish_all()

        self._note_changes(told_changes, affected.namespaces)

    def _mark_refused(self, affected: cluster.AffectedParts) -> Mapping[bytes, bytes]:
        """The table's description of itself, where it has to name other objects that are refused."""
        if not self._cluster_answers.mark_refused(affected):
            return {}

        self._faulty_names_log.log_changes(self.faults)
        self._republish_timer.schedule(republish_timer.FAULTY_DELAY)
        self._table_state.faulty_zones = self._cluster_answers.faulty_zones()
        return self._table_state.encode_meta()

    def _on_timer(self) -> None:
        """Make everything again: after a failure as a whole, or where a fault is over."""
        is_whole = self.publish_error or self._republish_timer.has_failed_write
        if is_whole or self._cluster_answers.retry() or self._find_changed_zones():
            self._publish_all()
            return

        self._republish_timer.cancel()
        self._log_faults()

    def _log_faults(self) -> None:
        """Log what is faulty now, and was not, and see to it that it is tried again."""
        self._faulty_names_log.log_changes(self.faults)
        if self.faults:
            self._republish_timer.schedule(republish_timer.HEALING_DELAY)

    def _note_changes(self, changes: Iterable[Change], namespaces: Iterable[str]) -> None:
        # After a failed write they are not answered yet.
        answered_at = None if self._republish_timer.has_failed_write else time.time()
        self.notes.take(changes, namespaces, self._cluster_answers.options, answered_at)

    def _find_new_ranges(self, changes: Iterable[Change]) -> bool:
        """Whether the changes of ServiceCIDRs, which the store has, bring other reverse zones."""
        if not any(change.kind == "ServiceCIDR" for change in changes):
            return False

        has_new_ranges = self._find_changed_zones() is not None
        self._log_faults()
        return has_new_ranges

    def _find_changed_zones(self) -> cluster.ClusterOptions | None:
        """As `ClusterAnswers.find_changed_zones` has it; zone files take precedence."""
        return self._cluster_answers.find_changed_zones([zone.name for zone in self._table_state.files.zones])

    def _set_options(self, options: cluster.ClusterOptions) -> None:
        self._cluster_answers.options = options
        self._table_state.range_zones = cluster.service_cidr_zones(options)

    def _publish_all(self) -> None:
        """Make the table exactly what the store says; workers use it when the last of it is written."""
        self._republish_timer.cancel()
        state_before = self._table_state.state
        options_before = self._cluster_answers.options
        self._set_options(self._find_changed_zones() or options_before)
        self._table_state.state = Freshness.STALE if self._stale_reasons else Freshness.FRESH

        try:
            removed_count = self._publication.write_all(is_empty=state_before is Freshness.EMPTY)
        except Exception as error:  # whatever it is, the next try may be well
            self._table_state.state = state_before
            self._set_options(options_before)
            self._on_publish_error(error)
            return

        self.publish_error = ""
        self._write_fault.end()
        self._log_faults()
        was_live = self._is_live
        self._is_live = True
        self.changed_at = time.monotonic()
        if was_live:
            return

        if removed_count:
            log.info("%d keys of the stored table were out of date", removed_count)
        kinds: tuple[Kind, ...] = ("Service", "EndpointSlice")
        listed = (Change(kind, key, obj) for kind in kinds for key, obj in self.store.objects(kind).items())
        self._note_changes(listed, self.store.all_namespaces())
        memory.release_free_memory()
        self._on_published()

    def _on_publish_error(self, error: Exception) -> None:
        if isinstance(error, TableError):
            self._schedule_publish(error)
            return

        # A bug: a try costs seconds in a large cluster.
        self._mark_out_of_date()
        self.publish_error = f"{type(error).__name__}: {error}"
        delay = republish_timer.FAULTY_DELAY
        log.error("the answers cannot be made; it is tried again every %d s", delay, exc_info=error)
        self._republish_timer.schedule(delay)

    def _set_state(self, state: Freshness) -> None:
        stored_state = self._table_state.state
        self._table_state.state = state
        try:
            changed = self._writer.update((), self._table_state.encode_meta(), {})
        except TableError as error:
            # By the state that is stored it is decided whether the mark needs the reserved space.
            self._table_state.state = stored_state
            self._schedule_publish(error)
            return
        if changed:
            self.changed_at = time.monotonic()

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
        """Write the table whole in a second, once for all changes that fail until then."""
        self._mark_out_of_date()
        self._write_fault.begin(f"{error}; it is tried again every second", logging.ERROR)
        self._republish_timer.has_failed_write = True
        self._republish_timer.schedule(republish_timer.WRITE_DELAY)

    def _mark_out_of_date(self) -> None:
        """Mark what the table has as stale, until a publication succeeds."""
        if self._is_live and self._table_state.state is Freshness.FRESH:
            self._table_state.state = Freshness.STALE
            # Disk space is reserved for this mark; an earlier failure may have used it up.
            with suppress(TableError):
                self._writer.write_reserved(self._table_state.encode_meta())
