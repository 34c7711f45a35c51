"""A zone that was read from a file, to the table's entries.

    FileZone -> own names and delegations -> keys (after FILE_ZONE_PREFIX) and values

What the slow path (`answer.zone_lookup`) must know stands in the table: a node for each name that exists,
also for empty non-terminals (RFC 4592 2.2.2), with ZONE_CUT_FLAG where authority ends. Names below a cut
have no node: they are the child zone's, and their addresses serve as glue alone. Names below a DNAME have
none either: they are redirected (RFC 6672 2.4). Wildcards are ordinary names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from svcdns.dns.table import node_encoding, node_format, rrset_encoding
from svcdns.dns.table.subtree import Node
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType, Soa


class FileZone(Struct, frozen=True):
    """All that a zone file says: RRsets by folded owner and type, the apex's SOA among them."""

    origin: bytes
    soa: Soa
    rrsets: dict[bytes, dict[RRType, RRset]]


def encode_zone(
    zone: FileZone, zone_number: int, child_origins: Collection[bytes] = ()
) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of a zone; `zone_number` is its number in `TableMeta.zones`.

    `child_origins` are those of `find_child_origins`. What this zone holds at or below one of them is left
    to that zone, as if this one were cut there.
    """
    all_nodes = {name: Node(zone_number, rrsets) for name, rrsets in zone.rrsets.items()}
    cuts = zone_cuts(zone)
    ends = cuts | dname_owners(zone) | set(child_origins)
    own_nodes = {
        name: node
        for name, node in all_nodes.items()
        if name not in child_origins and not _is_below(name, zone.origin, ends)
    }

    # At a cut all but the NS RRset is the child zone's.
    for cut in cuts & own_nodes.keys():
        own_nodes[cut] = Node(zone_number, {records.NS: own_nodes[cut].rrsets[records.NS]})

    # Empty non-terminals exist, which a wildcard above them does not cover (RFC 4592 2.2.2). So do the names
    # between this zone and one below it that is served too.
    nearest_children = [child for child in child_origins if not _is_below(child, zone.origin, ends)]
    for name in (*own_nodes, *nearest_children):
        for ancestor in names.ancestors_below(name, zone.origin):
            own_nodes.setdefault(ancestor, Node(zone_number, {}))

    def encode_answer(name: bytes, rrtype: RRType, rrset: RRset) -> bytes:
        # Only name servers may take addresses below a cut as glue (RFC 1034 4.2.1).
        if name in cuts:
            return rrset_encoding.encode_referral(name, rrset, all_nodes)
        glue_nodes = all_nodes if rrtype == records.NS else own_nodes
        return rrset_encoding.encode_answer(name, rrtype, rrset, glue_nodes)

    for name, node in own_nodes.items():
        for key, value in node_encoding.encode_node(name, node, encode_answer, is_cut=name in cuts):
            yield node_format.FILE_ZONE_PREFIX + key, value


def find_shadowing_zone(origin: bytes, cluster_zones: Iterable[Zone]) -> Zone | None:
    """The zone of the cluster that a zone with this origin would lie in, so that it is not served.

    Below a reverse zone of the cluster a zone file may be served: the cluster has few of those names.
    """
    for cluster_zone in cluster_zones:
        is_below = names.is_subdomain(origin, cluster_zone.name)
        if is_below and (cluster_zone.kind is not ZoneKind.REVERSE or origin == cluster_zone.name):
            return cluster_zone

    return None


def renumber_entries(
    entries: Iterable[tuple[bytes, bytes]],
    zones_by_old_number: Mapping[int, Zone],
    served_origins: Collection[bytes],
) -> Iterator[tuple[bytes, bytes]]:
    """The entries of some zones of a table, with the zones' new numbers (`Zone.apex`).

    `entries` are all after FILE_ZONE_PREFIX, in the order of their keys. `zones_by_old_number` has the
    numbers that stand in them. What is at or below the origin of another zone that is served now is
    left to that one.
    """
    zone = None
    for key, value in entries:
        name = key[len(node_format.FILE_ZONE_PREFIX) :]

        # With bytes behind a name, this is an answer of the node before it.
        if not names.is_whole(name):
            if zone is not None:
                yield key, value
            continue

        zone = zones_by_old_number.get(node_format.zone_number(value))
        if zone is not None and _closest_origin(name, served_origins) != zone.name:
            zone = None
        if zone is not None:
            yield key, node_format.with_zone_number(value, zone.apex)


def _closest_origin(name: bytes, served_origins: Collection[bytes]) -> bytes:
    """The longest of the origins that the name is at or below; there is one."""
    return next(suffix for suffix in names.suffixes(name) if suffix in served_origins)


def zone_cuts(zone: FileZone) -> frozenset[bytes]:
    """The names at which the zone's authority ends, also those below others (RFC 1034 4.2.1)."""
    return frozenset(
        name for name, rrsets in zone.rrsets.items() if records.NS in rrsets and name != zone.origin
    )


def dname_owners(zone: FileZone) -> frozenset[bytes]:
    """The names below which the zone redirects (RFC 6672), which may be its apex; a cut is none."""
    return frozenset(
        name
        for name, rrsets in zone.rrsets.items()
        if records.DNAME in rrsets and (records.NS not in rrsets or name == zone.origin)
    )


def find_child_origins(served_origins: Collection[bytes]) -> dict[bytes, frozenset[bytes]]:
    """For each origin of a zone that is served: the origins below it that are in no zone between."""
    children: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for origin in served_origins:
        if origin == names.ROOT:
            continue
        enclosing_origins = (suffix for suffix in names.suffixes(names.parent(origin)))
        parent_origin = next((suffix for suffix in enclosing_origins if suffix in served_origins), None)
        if parent_origin is not None:
            children[parent_origin].add(origin)

    return {origin: frozenset(below) for origin, below in children.items()}


def _is_below(name: bytes, origin: bytes, ends: Collection[bytes]) -> bool:
    """Whether a name of the zone `origin` lies below one at which its authority ends, or redirects."""
    if name == origin:
        return False

    # The end itself is the zone's: it holds the delegation, or the DNAME.
    return origin in ends or any(ancestor in ends for ancestor in names.ancestors_below(name, origin))
