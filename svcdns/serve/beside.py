"""The names of zone files and hosts files, on their way to the table beside the cluster's.

They are there before the cluster has been listed, and do not wait for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from svcdns.dns import names, nodes, view
from svcdns.dns.view import Zone, ZoneKind
from svcdns.dns.zone import StaticZone, compile_zone
from svcdns.errors import TableError
from svcdns.serve.tablestate import TableState
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")

RETRY = 1.0
"""Seconds until what could not be written (a full disk) is written again."""


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
        self._waiting: dict[bytes, list[tuple[bytes, bytes]]] = {}

    def publish_zones(self, zones: Sequence[StaticZone]) -> None:
        """These are the zones of files from now on; one that the cluster's names are in is left out."""
        zones = [zone for zone in zones if not self._is_clusters(zone)]
        numbered = list(enumerate(zones, view.OF_FILES))
        served = {zone.origin for zone in zones} | {zone.name for zone in self._state.zones.values()}
        self._state.static = tuple(
            Zone(zone.origin, ZoneKind.STATIC, number, 0, zone.soa) for number, zone in numbered
        )
        entries = (entry for number, zone in numbered for entry in compile_zone(zone, number, served))
        self._publish(nodes.STATIC, entries)

    def _is_clusters(self, zone: StaticZone) -> bool:
        """At or below a zone of the cluster; below a reverse zone, what the cluster lacks may be a file's."""
        for own in self._state.zones.values():
            inside = names.is_below(zone.origin, own.name)
            if inside and (own.kind is not ZoneKind.SPARSE or zone.origin == own.name):
                text = "zone file of %s: not served, for %s is a zone of the cluster"
                log.warning(text, names.to_text(zone.origin), names.to_text(own.name))
                return True
        return False

    def publish_hosts(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """These are the names of hosts files from now on, as `dns.hosts` compiles them."""
        found = list(entries)
        self._state.has_hosts = bool(found)
        self._publish(nodes.HOSTS, found)

    def _publish(self, prefix: bytes, entries: Iterable[tuple[bytes, bytes]]) -> None:
        self._waiting[prefix] = list(entries)
        self._write(prefix)

    def _write(self, prefix: bytes) -> None:
        entries = self._waiting.get(prefix)
        if entries is None:
            return
        before = self._state.has_files
        self._state.has_files |= self._missing <= {prefix}
        try:
            self._writer.replace(entries, self._state.stamp(), prefix)
        except TableError as error:
            self._state.has_files = before
            log.error("%s; it will be written in a second", error)
            asyncio.get_running_loop().call_later(RETRY, self._write, prefix)
            return
        del self._waiting[prefix]
        self._missing.discard(prefix)
        if not self._missing:
            self.complete.set()
        self._changed(time.monotonic())
