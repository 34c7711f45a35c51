"""What the table says of itself: how fresh it is, and the zones that its two writers know of.

`Watcher` writes the cluster's names, `StaticDataPublisher` those of files. Both write this with their
entries, in one transaction.
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
    """What the table has of zone files and hosts files."""

    zones: tuple[Zone, ...] = ()
    """The zones of files, with those that are UNAVAILABLE."""
    has_hosts: bool = False
    """Whether hosts files have any names."""
    is_complete: bool = False
    """Whether the table has the names of all configured files."""


class TableState:
    """The state of one table, at first as its last writer left it."""

    def __init__(self, stored_meta: bytes | None, cluster_zones: dict[int, Zone]) -> None:
        """`stored_meta` is the table's own description, None for an empty table.

        `cluster_zones` are the configured zones of the cluster, by number.
        """
        meta = table_meta.decode_meta(stored_meta) or TableMeta(
            table_meta.FORMAT_VERSION, Freshness.EMPTY, {}, has_files=False
        )

        # The cluster's zones follow from the settings, which may have changed since; all others are
        # known from the table alone until files and ServiceCIDRs have been read.
        self.cluster_zones = cluster_zones
        file_kinds = (ZoneKind.FILE, ZoneKind.UNAVAILABLE)
        file_zones = tuple(zone for zone in meta.zones.values() if zone.kind in file_kinds)
        self.files = FilesState(file_zones, meta.has_hosts, meta.has_files)
        self.range_zones = {
            number: zone
            for number, zone in meta.zones.items()
            if table_meta.FIRST_RANGE_ZONE <= number < table_meta.FIRST_FAULTY_ZONE
        }
        """The reverse zones of ServiceCIDRs, by number."""
        self.faulty_zones = {
            number: zone for number, zone in meta.zones.items() if number >= table_meta.FIRST_FAULTY_ZONE
        }
        """The names whose records could not be made, by number."""
        self.state = meta.state

    def encode_meta(self) -> dict[bytes, bytes]:
        """The table's description of itself, as its key and value."""
        file_zones = {zone.apex: zone for zone in self.files.zones}
        zones = self.cluster_zones | file_zones | self.range_zones | self.faulty_zones
        meta = TableMeta(
            table_meta.FORMAT_VERSION, self.state, zones, self.files.has_hosts, self.files.is_complete
        )
        return {node_format.META_KEY: table_meta.encode_meta(meta)}
