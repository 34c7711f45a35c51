"""What the table says of itself: its state, and the zones that its two writers know of.

`Watcher` writes the cluster's names, `beside.Beside` those of files; each stamps what it writes.
"""

from msgspec import Struct

from svcdns.dns import meta, nodes
from svcdns.dns.meta import Meta, State, Zone, ZoneKind


class Files(Struct, frozen=True):
    """What is there of files; `static` are the zones, BROKEN ones too."""

    static: tuple[Zone, ...] = ()
    has_hosts: bool = False
    complete: bool = False
    """What all of them say."""


class TableState:
    """At first what a stored table said."""

    def __init__(self, stored: bytes | None, zones: dict[int, Zone]) -> None:
        """`zones` are the configured ones of the cluster."""
        found = meta.decode(stored) or Meta(meta.FORMAT, State.EMPTY, {}, has_files=False)
        self.zones = zones
        kinds = (ZoneKind.STATIC, ZoneKind.BROKEN)
        static = tuple(zone for zone in found.zones.values() if zone.kind in kinds)
        self.files = Files(static, found.has_hosts, found.has_files)
        self.of_ranges = {number: zone for number, zone in found.zones.items() if number >= meta.OF_RANGES}
        """The reverse zones of ServiceCIDRs."""
        self.state = found.state

    def stamp(self) -> dict[bytes, bytes]:
        """The table's key and value for all this."""
        zones = self.zones | {zone.apex: zone for zone in self.files.static} | self.of_ranges
        said = Meta(meta.FORMAT, self.state, zones, self.files.has_hosts, self.files.complete)
        return {nodes.META: meta.encode(said)}
