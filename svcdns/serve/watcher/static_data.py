"""Writes the names of zone files and hosts files to the table, beside the cluster's.

    ZoneFileSource, HostsFileSource --> StaticDataPublisher --a transaction each--> table

These names do not wait for the cluster's objects. A zone whose file is broken stays as the table has it,
also over restarts; if the table does not have it, its names are UNAVAILABLE.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from svcdns.dns.table import node_format, table_meta, zone_encoding
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa
from svcdns.errors import TableError
from svcdns.rate_limited_log import LastingFault, StandingWarnings
from svcdns.serve.watcher.table_state import FilesState, TableState
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

RETRY_DELAY = 1.0
"""Seconds after which a failed write is tried again: a full disk may have room by then."""

_PLACEHOLDER_SOA = Soa(names.ROOT, names.ROOT, 0)
"""The SOA of a zone whose file was never right; no answer has it."""


class _PrefixContent(NamedTuple):
    """Everything that the table is to have below a prefix."""

    entries: list[tuple[bytes, bytes]]
    update_files: Callable[[FilesState], FilesState]
    """Returns the state of files with these entries in the table."""


class StaticDataPublisher:
    """Writes all names of zone files, or all of hosts files, in one transaction for each change."""

    def __init__(
        self, writer: TableWriter, table_state: TableState, on_written: Callable[[float], None]
    ) -> None:
        """`on_written` is called after each write, with its time (time.monotonic)."""
        self._writer = writer
        self._table_state = table_state
        self._on_written = on_written
        self.all_published = asyncio.Event()
        """Set when the names of all files are in the table."""
        self._missing_prefixes = set(node_format.NON_CLUSTER_PREFIXES)
        self._pending: dict[bytes, _PrefixContent] = {}
        self._shadowed_warnings = StandingWarnings[bytes](log)
        self._broken_warnings = StandingWarnings[bytes](log)
        self._write_fault = LastingFault(log, "the names of files are written again")

    async def publish_zones(
        self, zones: Sequence[FileZone], broken_origins: Sequence[bytes | None] = ()
    ) -> None:
        """Serve these zones of files from now on, and no others; zones of the cluster are left out.

        `broken_origins` are the origins of files that cannot be used, with None for a file whose origin
        is unknown too.
        """
        self._log_shadowed_zones([zone.origin for zone in zones])
        valid_zones = [zone for zone in zones if not self._is_cluster_zone(zone.origin)]
        broken_zones = self._zones_of_broken_files({zone.origin for zone in valid_zones}, broken_origins)

        # In a thread: large zones take a second, in which changes of the cluster would wait.
        entries, file_zones = await asyncio.to_thread(self._compile, valid_zones, broken_zones)
        self._log_broken_zones({zone.name: zone.kind for zone in file_zones[len(valid_zones) :]})
        self._publish(
            node_format.FILE_ZONE_PREFIX,
            _PrefixContent(entries, lambda files: replace(files, zones=file_zones)),
        )

    def _is_cluster_zone(self, origin: bytes) -> bool:
        return self._find_cluster_zone(origin) is not None

    def _find_cluster_zone(self, origin: bytes) -> Zone | None:
        return zone_encoding.find_shadowing_zone(origin, self._table_state.cluster_zones.values())

    def _log_shadowed_zones(self, origins: Iterable[bytes]) -> None:
        # Each once: files are read again with every edit.
        self._shadowed_warnings.replace(
            {
                origin: f"zone file of {names.to_text(origin)}: not served, "
                f"for {names.to_text(cluster_zone.name)} is a zone of the cluster"
                for origin in origins
                if (cluster_zone := self._find_cluster_zone(origin)) is not None
            }
        )

    def _zones_of_broken_files(
        self, valid_origins: set[bytes], broken_origins: Sequence[bytes | None]
    ) -> list[Zone]:
        """The zones of broken files as the table has them, or UNAVAILABLE if it does not have them."""
        stored_zones = {zone.name: zone for zone in self._table_state.files.zones}
        origins = [
            origin for origin in broken_origins if origin is not None and not self._is_cluster_zone(origin)
        ]
        # A file of unknown origin may be that of any stored zone: all are kept.
        if None in broken_origins:
            origins += stored_zones

        unavailable = Zone(names.ROOT, ZoneKind.UNAVAILABLE, 0, 0, _PLACEHOLDER_SOA)
        return [
            stored_zones.get(origin) or replace(unavailable, name=origin)
            for origin in dict.fromkeys(origins)
            if origin not in valid_origins
        ]

    def _compile(
        self, valid_zones: Sequence[FileZone], broken_zones: Sequence[Zone]
    ) -> tuple[list[tuple[bytes, bytes]], tuple[Zone, ...]]:
        """The table's entries below the prefix of zone files, and its zones: first the valid ones."""
        first = table_meta.FIRST_FILE_ZONE
        file_zones = [
            Zone(zone.origin, ZoneKind.FILE, number, 0, zone.soa)
            for number, zone in enumerate(valid_zones, first)
        ]
        renumbered_zones = [
            replace(zone, apex=number) for number, zone in enumerate(broken_zones, first + len(valid_zones))
        ]
        file_zones += renumbered_zones
        served_names = {zone.name for zone in (*self._table_state.cluster_zones.values(), *file_zones)}

        # The entries of broken zones are copied from the table, under the numbers that they have now.
        zone_by_old_number = {
            stored.apex: renumbered
            for stored, renumbered in zip(broken_zones, renumbered_zones, strict=True)
            if renumbered.kind is ZoneKind.FILE
        }
        stored_entries = (
            self._writer.entries_with_prefix(node_format.FILE_ZONE_PREFIX) if zone_by_old_number else iter(())
        )
        entries = list(zone_encoding.renumber_entries(stored_entries, zone_by_old_number, served_names))

        children = zone_encoding.find_child_origins(served_names)
        for number, zone in enumerate(valid_zones, first):
            entries += zone_encoding.encode_zone(zone, number, children.get(zone.origin, ()))
        return entries, tuple(file_zones)

    def _log_broken_zones(self, broken_zones: dict[bytes, ZoneKind]) -> None:
        # Each once: files are read again with every edit.
        answers_by_kind = {ZoneKind.FILE: "as before", ZoneKind.UNAVAILABLE: "with SERVFAIL"}
        self._broken_warnings.replace(
            {
                origin: f"zone file of {names.to_text(origin)}: missing or faulty; "
                f"until that is put right, its names are answered {answers_by_kind[kind]}"
                for origin, kind in broken_zones.items()
            }
        )

    def publish_hosts(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Serve these names of hosts files from now on, and no others; as `hosts_encoding` has them."""
        hosts_entries = list(entries)
        self._publish(
            node_format.HOSTS_PREFIX,
            _PrefixContent(hosts_entries, lambda files: replace(files, has_hosts=bool(hosts_entries))),
        )

    def _publish(self, prefix: bytes, content: _PrefixContent) -> None:
        # A newer content takes the place of one that could not be written yet.
        self._pending[prefix] = content
        self._write(prefix)

    def _write(self, prefix: bytes) -> None:
        # A retry finds nothing if a newer content was written meanwhile.
        content = self._pending.get(prefix)
        if content is None:
            return

        files_before = self._table_state.files
        is_complete = files_before.is_complete or self._missing_prefixes <= {prefix}
        self._table_state.files = replace(content.update_files(files_before), is_complete=is_complete)
        try:
            self._writer.replace(content.entries, self._table_state.encode_meta(), prefix)
        except TableError as error:
            self._table_state.files = files_before
            self._write_fault.begin(f"names of files: {error}; it is tried again every second", logging.ERROR)
            asyncio.get_running_loop().call_later(RETRY_DELAY, self._write, prefix)
            return

        del self._pending[prefix]
        if not self._pending:
            self._write_fault.end()
        self._missing_prefixes.discard(prefix)
        if not self._missing_prefixes:
            self.all_published.set()
        self._on_written(time.monotonic())
