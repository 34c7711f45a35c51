"""What the table says of itself: its state, and the zones that its two writers know of.

`Watcher` writes the cluster's names, `beside.Beside` those of files; each stamps what it writes.
"""

from msgspec import Struct

from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import (
    Freshness,
    TableMeta,
    Zone,
    ZoneKind,
)


class FilesState(Struct, frozen=True):
    """What is there of files; `static` are the zones, BROKEN ones too."""

    zones: tuple[Zone, ...] = ()
    has_hosts: bool = False
    is_complete: bool = False
    """What all of them say."""


class TableState:
    """At first what a stored table said."""

    def __init__(self, stored_meta: bytes | None, cluster_zones: dict[int, Zone]) -> None:
        """`zones` are the configured ones of the cluster."""
        found = table_meta.decode_meta(stored_meta) or TableMeta(
            table_meta.FORMAT_VERSION, Freshness.EMPTY, {}, has_files=False
        )
        self.cluster_zones = cluster_zones
        kinds = (ZoneKind.FILE, ZoneKind.UNAVAILABLE)
        static = tuple(zone for zone in found.zones.values() if zone.kind in kinds)
        self.files = FilesState(static, found.has_hosts, found.has_files)
        self.range_zones = {
            number: zone for number, zone in found.zones.items() if number >= table_meta.FIRST_RANGE_ZONE
        }
        """The reverse zones of ServiceCIDRs."""
        self.state = found.state

    def encode_meta(self) -> dict[bytes, bytes]:
        """The table's key and value for all this."""
        zones = self.cluster_zones | {zone.apex: zone for zone in self.files.zones} | self.range_zones
        said = TableMeta(
            table_meta.FORMAT_VERSION, self.state, zones, self.files.has_hosts, self.files.is_complete
        )
        return {node_format.META_KEY: table_meta.encode_meta(said)}
