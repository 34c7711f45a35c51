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

from svcdns.dns import meta, names, nodes, zone
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.records import Soa
from svcdns.dns.zone import StaticZone
from svcdns.errors import TableError
from svcdns.serve.tablestate import Files, TableState
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")

RETRY = 1.0
"""Seconds until what could not be written (a full disk) is written again."""

_NO_SOA = Soa(names.ROOT, names.ROOT, 0)


class _Content(NamedTuple):
    """All below a prefix, and what is to be said of it."""

    entries: list[tuple[bytes, bytes]]
    told: Callable[[Files], Files]


class Beside:
    """Writes them whole, one transaction for each change."""

    def __init__(self, writer: Writer, state: TableState, changed: Callable[[float], None]) -> None:
        """`changed` is told when the table was written (time.monotonic)."""
        self._writer = writer
        self._state = state
        self._changed = changed
        self.complete = asyncio.Event()
        """What all files say has been published."""
        self._missing = set(nodes.APART)
        self._waiting: dict[bytes, _Content] = {}
        self._broken: dict[bytes, ZoneKind] = {}

    async def publish_zones(self, zones: Sequence[StaticZone], broken: Sequence[bytes | None] = ()) -> None:
        """These are the zones of files from now on; one that the cluster's names are in is left out.

        `broken` are the origins of files that say nothing of use, None where even that is not known.
        """
        made = [found for found in zones if not self._is_clusters(found.origin)]
        kept = self._kept({found.origin for found in made}, broken)
        entries, static = await asyncio.to_thread(self._compiled, made, kept)
        self._tell({found.name: found.kind for found in static[len(made) :]})
        self._publish(nodes.STATIC, _Content(entries, lambda files: replace(files, static=static)))

    def _is_clusters(self, origin: bytes) -> bool:
        own = zone.hidden_by(origin, self._state.zones.values())
        if own is not None:
            text = "zone file of %s: not served, for %s is a zone of the cluster"
            log.warning(text, names.to_text(origin), names.to_text(own.name))
        return own is not None

    def _kept(self, made: set[bytes], broken: Sequence[bytes | None]) -> list[Zone]:
        """The zones of broken files, as the table has them; where one is unknown, all that no file has."""
        stored = {found.name: found for found in self._state.files.static}
        wanted = [origin for origin in broken if origin is not None and not self._is_clusters(origin)]
        if None in broken:
            wanted += stored
        nothing = Zone(names.ROOT, ZoneKind.BROKEN, 0, 0, _NO_SOA)
        return [
            stored.get(origin) or replace(nothing, name=origin)
            for origin in dict.fromkeys(wanted)
            if origin not in made
        ]

    def _compiled(
        self, made: Sequence[StaticZone], kept: Sequence[Zone]
    ) -> tuple[list[tuple[bytes, bytes]], tuple[Zone, ...]]:
        """The table's entries, and its zones: those `made` first. In a thread: large ones take a second."""
        first = meta.OF_FILES
        static = [
            Zone(one.origin, ZoneKind.STATIC, number, 0, one.soa) for number, one in enumerate(made, first)
        ]
        static += [replace(one, apex=number) for number, one in enumerate(kept, first + len(made))]
        served = {one.name for one in (*self._state.zones.values(), *static)}
        stored = {
            before.apex: now
            for before, now in zip(kept, static[len(made) :], strict=True)
            if now.kind is ZoneKind.STATIC
        }
        below = self._writer.below(nodes.STATIC) if stored else iter(())
        entries = list(zone.stored_entries(below, stored, served))
        for number, one in enumerate(made, first):
            entries += zone.compile_zone(one, number, served)
        return entries, tuple(static)

    def _tell(self, broken: dict[bytes, ZoneKind]) -> None:
        for origin, kind in broken.items() - self._broken.items():
            answered = "as the table has it" if kind is ZoneKind.STATIC else "with SERVFAIL"
            log.warning(
                "zone file of %s: broken; until it is right, answered %s", names.to_text(origin), answered
            )
        self._broken = broken

    def publish_hosts(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """These are the names of hosts files from now on, as `dns.hosts` compiles them."""
        found = list(entries)
        self._publish(nodes.HOSTS, _Content(found, lambda files: replace(files, has_hosts=bool(found))))

    def _publish(self, prefix: bytes, content: _Content) -> None:
        self._waiting[prefix] = content
        self._write(prefix)

    def _write(self, prefix: bytes) -> None:
        content = self._waiting.get(prefix)
        if content is None:
            return
        before = self._state.files
        complete = before.complete or self._missing <= {prefix}
        self._state.files = replace(content.told(before), complete=complete)
        try:
            self._writer.replace(content.entries, self._state.stamp(), prefix)
        except TableError as error:
            self._state.files = before
            log.error("%s; it will be written in a second", error)
            asyncio.get_running_loop().call_later(RETRY, self._write, prefix)
            return
        del self._waiting[prefix]
        self._missing.discard(prefix)
        if not self._missing:
            self.complete.set()
        self._changed(time.monotonic())
