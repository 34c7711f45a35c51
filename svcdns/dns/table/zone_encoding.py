"""A zone that was read from a file, to the table's entries.

    StaticZone -> own names and delegations -> keys (with STATIC in front) and values

What the slow path (`static`) must know stands in the table: a node for each name that exists, also
for empty non-terminals (RFC 4592 2.2.2), with IS_CUT where authority ends. Names below a cut have no
node: they are the child zone's, and their addresses serve as glue alone. Wildcards are ordinary names.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from svcdns.dns.table import node_encoding, node_format, rrset_encoding
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import (
    Node,
    RRset,
    RRType,
    Soa,
)


class FileZone(Struct, frozen=True):
    """All that a zone file says: RRsets by folded owner and type, the apex's SOA among them."""

    origin: bytes
    soa: Soa
    rrsets: dict[bytes, dict[RRType, RRset]]


def encode_zone(
    zone: FileZone, zone_number: int, served_origins: Collection[bytes] = ()
) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of a zone; `number` is its own in Meta.zones.

    `served` are the origins of all zones that are served: what this one holds at or below another's
    origin is left to the other, as if it were cut off there.
    """
    every = {name: Node(zone_number, rrsets) for name, rrsets in zone.rrsets.items()}
    cuts = zone_cuts(zone)
    own = {
        name: node
        for name, node in every.items()
        if _is_authoritative(name, zone.origin, cuts, served_origins)
    }
    for cut in cuts & own.keys():
        own[cut] = Node(zone_number, {records.NS: own[cut].rrsets[records.NS]})
    for name in list(own):
        for above in names.ancestors_below(name, zone.origin):
            own.setdefault(above, Node(zone_number, {}))

    def answer(name: bytes, rrtype: RRType, rrset: RRset) -> bytes:
        if name in cuts:
            return rrset_encoding.encode_referral(name, rrset, every)
        return rrset_encoding.encode_answer(name, rrtype, rrset, every if rrtype == records.NS else own)

    for name, node in own.items():
        for key, value in node_encoding.encode_node(name, node, answer, is_cut=name in cuts):
            yield node_format.FILE_ZONE_PREFIX + key, value


def find_shadowing_zone(origin: bytes, cluster_zones: Iterable[Zone]) -> Zone | None:
    """The zone of the cluster that a zone with this origin would lie in, for which it is not served.

    Below a reverse zone, what the cluster lacks may be another's.
    """
    for own in cluster_zones:
        inside = names.is_subdomain(origin, own.name)
        if inside and (own.kind is not ZoneKind.REVERSE or origin == own.name):
            return own
    return None


def renumber_entries(
    entries: Iterable[tuple[bytes, bytes]],
    zones_by_old_number: Mapping[int, Zone],
    served_origins: Collection[bytes],
) -> Iterator[tuple[bytes, bytes]]:
    """Those of a table's entries that are of some zones, which get other numbers (`apex`).

    `entries` are all with STATIC in front, in the order of their keys; `zones` are by the numbers that
    they have there. What is at or below another origin that is `served` now is left to that one.
    """
    zone = None
    for key, value in entries:
        name = key[len(node_format.FILE_ZONE_PREFIX) :]
        if name.find(0) != len(name) - 1:  # of the node before it
            if zone is not None:
                yield key, value
            continue
        zone = zones_by_old_number.get(node_format.zone_number(value))
        if (
            zone is not None
            and next(above for above in names.suffixes(name) if above in served_origins) != zone.name
        ):
            zone = None
        if zone is not None:
            yield key, node_format.with_zone_number(value, zone.apex)


def zone_cuts(zone: FileZone) -> frozenset[bytes]:
    """The names at which the zone's authority ends, also those below others (RFC 1034 4.2.1)."""
    return frozenset(
        name for name, rrsets in zone.rrsets.items() if records.NS in rrsets and name != zone.origin
    )


def _is_authoritative(
    name: bytes, origin: bytes, cuts: Collection[bytes], served_origins: Collection[bytes]
) -> bool:
    if name == origin:
        return True
    if name in served_origins:
        return False
    return not any(above in cuts or above in served_origins for above in names.ancestors_below(name, origin))
