"""What the table says of itself: its state, and the zones that its two writers know of.

`Watcher` writes the cluster's names, `beside.Beside` those of files; each stamps what it writes.
"""

from svcdns.dns import nodes, view
from svcdns.dns.view import Meta, State, Zone, ZoneKind


class TableState:
    """At first what a stored table said."""

    def __init__(self, stored: bytes | None, zones: dict[int, Zone]) -> None:
        """`zones` are the configured ones of the cluster."""
        found = view.decode(stored) or Meta(view.FORMAT, State.EMPTY, {}, has_files=False)
        self.zones = zones
        self.static = tuple(zone for zone in found.zones.values() if zone.kind is ZoneKind.STATIC)
        self.of_ranges = {number: zone for number, zone in found.zones.items() if number >= view.OF_RANGES}
        """The reverse zones of ServiceCIDRs."""
        self.has_hosts = found.has_hosts
        self.has_files = found.has_files
        self.state = found.state

    def stamp(self) -> dict[bytes, bytes]:
        """The table's key and value for all this."""
        zones = self.zones | {zone.apex: zone for zone in self.static} | self.of_ranges
        meta = Meta(view.FORMAT, self.state, zones, self.has_hosts, self.has_files)
        return {nodes.META: view.encode(meta)}
