"""The names of zone files and hosts files, on their way to the table beside the cluster's.

They are there before the cluster has been listed, and do not wait for it. A zone whose file is broken
stays as the table has it, also over restarts; where the table has it not, its names are BROKEN.
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
from svcdns.serve.watcher.table_state import FilesState, TableState
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

RETRY_DELAY = 1.0
"""Seconds until what could not be written (a full disk) is written again."""

_PLACEHOLDER_SOA = Soa(names.ROOT, names.ROOT, 0)


class _PrefixContent(NamedTuple):
    """All below a prefix, and what is to be said of it."""

    entries: list[tuple[bytes, bytes]]
    update_files: Callable[[FilesState], FilesState]


class StaticDataPublisher:
    """Writes them whole, one transaction for each change."""

    def __init__(
        self, writer: TableWriter, table_state: TableState, on_written: Callable[[float], None]
    ) -> None:
        """`changed` is told when the table was written (time.monotonic)."""
        self._writer = writer
        self._table_state = table_state
        self._on_written = on_written
        self.all_published = asyncio.Event()
        """What all files say has been published."""
        self._missing_prefixes = set(node_format.NON_CLUSTER_PREFIXES)
        self._pending: dict[bytes, _PrefixContent] = {}
        self._broken_zones: dict[bytes, ZoneKind] = {}

    async def publish_zones(
        self, zones: Sequence[FileZone], broken_origins: Sequence[bytes | None] = ()
    ) -> None:
        """These are the zones of files from now on; one that the cluster's names are in is left out.

        `broken` are the origins of files that say nothing of use, None where even that is not known.
        """
        made = [found for found in zones if not self._is_cluster_zone(found.origin)]
        kept = self._zones_of_broken_files({found.origin for found in made}, broken_origins)
        entries, static = await asyncio.to_thread(self._compile, made, kept)
        self._log_broken_zones({found.name: found.kind for found in static[len(made) :]})
        self._publish(
            node_format.FILE_ZONE_PREFIX, _PrefixContent(entries, lambda files: replace(files, zones=static))
        )

    def _is_cluster_zone(self, origin: bytes) -> bool:
        own = zone_encoding.find_shadowing_zone(origin, self._table_state.cluster_zones.values())
        if own is not None:
            text = "zone file of %s: not served, for %s is a zone of the cluster"
            log.warning(text, names.to_text(origin), names.to_text(own.name))
        return own is not None

    def _zones_of_broken_files(
        self, valid_origins: set[bytes], broken_origins: Sequence[bytes | None]
    ) -> list[Zone]:
        """The zones of broken files, as the table has them; where one is unknown, all that no file has."""
        stored = {found.name: found for found in self._table_state.files.zones}
        wanted = [
            origin for origin in broken_origins if origin is not None and not self._is_cluster_zone(origin)
        ]
        if None in broken_origins:
            wanted += stored
        nothing = Zone(names.ROOT, ZoneKind.UNAVAILABLE, 0, 0, _PLACEHOLDER_SOA)
        return [
            stored.get(origin) or replace(nothing, name=origin)
            for origin in dict.fromkeys(wanted)
            if origin not in valid_origins
        ]

    def _compile(
        self, valid_zones: Sequence[FileZone], broken_zones: Sequence[Zone]
    ) -> tuple[list[tuple[bytes, bytes]], tuple[Zone, ...]]:
        """The table's entries, and its zones: those `made` first. In a thread: large ones take a second."""
        first = table_meta.FIRST_FILE_ZONE
        static = [
            Zone(one.origin, ZoneKind.FILE, number, 0, one.soa)
            for number, one in enumerate(valid_zones, first)
        ]
        static += [
            replace(one, apex=number) for number, one in enumerate(broken_zones, first + len(valid_zones))
        ]
        served = {one.name for one in (*self._table_state.cluster_zones.values(), *static)}
        stored = {
            before.apex: now
            for before, now in zip(broken_zones, static[len(valid_zones) :], strict=True)
            if now.kind is ZoneKind.FILE
        }
        below = self._writer.entries_with_prefix(node_format.FILE_ZONE_PREFIX) if stored else iter(())
        entries = list(zone_encoding.renumber_entries(below, stored, served))
        for number, one in enumerate(valid_zones, first):
            entries += zone_encoding.encode_zone(one, number, served)
        return entries, tuple(static)

    def _log_broken_zones(self, broken_zones: dict[bytes, ZoneKind]) -> None:
        for origin, kind in broken_zones.items() - self._broken_zones.items():
            answered = "as the table has it" if kind is ZoneKind.FILE else "with SERVFAIL"
            log.warning(
                "zone file of %s: broken; until it is right, answered %s", names.to_text(origin), answered
            )
        self._broken_zones = broken_zones

    def publish_hosts(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """These are the names of hosts files from now on, as `dns.hosts` compiles them."""
        found = list(entries)
        self._publish(
            node_format.HOSTS_PREFIX,
            _PrefixContent(found, lambda files: replace(files, has_hosts=bool(found))),
        )

    def _publish(self, prefix: bytes, content: _PrefixContent) -> None:
        self._pending[prefix] = content
        self._write(prefix)

    def _write(self, prefix: bytes) -> None:
        content = self._pending.get(prefix)
        if content is None:
            return
        before = self._table_state.files
        complete = before.is_complete or self._missing_prefixes <= {prefix}
        self._table_state.files = replace(content.update_files(before), is_complete=complete)
        try:
            self._writer.replace(content.entries, self._table_state.encode_meta(), prefix)
        except TableError as error:
            self._table_state.files = before
            log.error("%s; it will be written in a second", error)
            asyncio.get_running_loop().call_later(RETRY_DELAY, self._write, prefix)
            return
        del self._pending[prefix]
        self._missing_prefixes.discard(prefix)
        if not self._missing_prefixes:
            self.all_published.set()
        self._on_written(time.monotonic())
