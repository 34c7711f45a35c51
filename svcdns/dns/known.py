"""What is known here of one name and type, for the slow path: the first of these that has it.

1. hosts files        2. the cluster's names
3. the zone with the longest suffix: the cluster's, or one of a zone file (SERVFAIL where that is broken)
4. nobody: the name is for an upstream
"""

from collections.abc import Iterator

from svcdns import addresses
from svcdns.dns import answers, implied, names, nodes, records, static, wire
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.records import Record
from svcdns.dns.static import Outcome
from svcdns.dns.view import View

_WITH_GLUE = (records.SRV, records.MX)


def look_up(view: View, name: bytes, rrtype: int, limit: int) -> Outcome | None:
    """The answer for a folded name, or None for an upstream; of large sets no more than `limit` bytes."""
    zone = view.zone_of(name)
    if view.meta.has_hosts and (found := _in_hosts(view, name, rrtype, zone)):
        return found
    node = implied.look_up(view.get, name)
    if node is not None:
        return _in_cluster(view, name, rrtype, node, limit)
    if zone.kind is ZoneKind.OUTSIDE:
        return None
    if zone.kind is ZoneKind.BROKEN:
        return _broken(zone)
    if zone.kind is not ZoneKind.STATIC:
        return _absent(view, name, rrtype, zone)
    if rrtype == records.DS and name == zone.name:
        parent = view.zone_of(names.parent(name))
        if parent.kind is ZoneKind.STATIC:  # whose record it would be (RFC 4035 3.1.4.1); no file has any
            return Outcome(authority=[view.soa(parent)])

    def read(owner: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
        return _records(view, owner, value, limit)

    found = static.look_up(view.get, name, rrtype, zone, read)
    if found.rcode == records.NXDOMAIN and view.has_prefix(nodes.order_key(name)):
        return Outcome(authority=found.authority)  # the cluster has reverse names below it (RFC 8020)
    return found


def _broken(zone: Zone) -> Outcome:
    text = f"the zone file of {names.to_text(zone.name)} has mistakes, which the server's log names"
    options = wire.extended_error(wire.INVALID_DATA, text)
    return Outcome(records.SERVFAIL, authoritative=False, options=options, failure="broken_zone")


def _in_hosts(view: View, name: bytes, rrtype: int, zone: Zone) -> Outcome | None:
    node = view.get(nodes.HOSTS + name)
    if node is None:
        return None
    value = nodes.answer(view.get, name, node, _one_type(rrtype, node), nodes.HOSTS)
    if value is not None:
        return Outcome(answer=_records(view, name, value, 0)[0])
    return Outcome(authority=[] if zone.kind is ZoneKind.OUTSIDE else [view.soa(zone)])


def _in_cluster(view: View, name: bytes, rrtype: int, node: bytes, limit: int) -> Outcome:
    zone = view.meta.zones[nodes.zone(node)]
    value = nodes.answer(view.get, name, node, _one_type(rrtype, node))
    if value is not None:
        if value[0] == answers.SERIAL_SOA:
            return Outcome(answer=[view.soa(zone)])
        found, glue = _records(view, name, value, limit)
        return Outcome(answer=found, additional=glue)
    if node[0] & nodes.IS_ALIAS:
        found, _ = answers.read(name, nodes.answer(view.get, name, node, records.CNAME) or b"")
        return Outcome(answer=found, link=found[0].rdata)
    return Outcome(authority=[view.soa(zone)])


def _one_type(rrtype: int, node: bytes) -> int:
    return nodes.any_type(node) if rrtype == records.ANY else rrtype


def _records(view: View, name: bytes, value: bytes, limit: int) -> tuple[list[Record], list[Record]]:
    """The records of a value in a random order, and their glue."""
    if value[0] != answers.LARGE:
        found, glue = answers.read(name, value)
        return [found[i] for i in _random_order(view, len(found))], glue
    found, size = [], 0
    for record in answers.read_large(name, value, lambda count: _random_order(view, count)):
        found.append(record)
        size += 12 + len(record.rdata)
        if size > limit:
            return found, []
    return found, list(_glue(view, found))


def _random_order(view: View, count: int) -> Iterator[int]:
    """All indices below `count`, each order as likely as any other; only what is taken is drawn."""
    moved: dict[int, int] = {}
    for left in range(count, 0, -1):  # Fisher and Yates: the last one takes the place of the drawn one
        drawn = view.random_bits(64) % left
        yield moved.get(drawn, drawn)
        moved[drawn] = moved.get(left - 1, left - 1)


def _glue(view: View, found: list[Record]) -> Iterator[Record]:
    """The addresses of a large set's targets, which stand in the table under their own names."""
    for target in {records.target(r.type, r.rdata): None for r in found if r.type in _WITH_GLUE}:
        name = target.lower()
        for prefix in (b"", nodes.STATIC):
            node = view.get(prefix + name) if prefix else implied.look_up(view.get, name)
            for rrtype in (records.A, records.AAAA) if node else ():
                if value := nodes.answer(view.get, name, node or b"", rrtype, prefix):
                    yield from _records(view, target, value, wire.UDP_SIZE)[0]


def _absent(view: View, name: bytes, rrtype: int, zone: Zone) -> Outcome | None:
    if zone.kind in (ZoneKind.ADDRESSES, ZoneKind.LISTED_ADDRESSES):
        return _spelled_address(view, name, rrtype, zone)
    if zone.kind is ZoneKind.SPARSE:
        if view.has_route(name):
            return None
        if view.has_prefix(nodes.order_key(name)):
            return Outcome(authority=[view.soa(zone)])
    return Outcome(records.NXDOMAIN, authority=[view.soa(zone)])


def _spelled_address(view: View, name: bytes, rrtype: int, zone: Zone) -> Outcome:
    """`10-1-2-3.x.ZONE` or `fd00--1.x.ZONE`, where `x.ZONE` exists."""
    above = names.parent(name)
    packed = addresses.undashed(name[1 : name[0] + 1].decode("latin-1"))
    if packed is None or names.parent(above) != zone.name or view.get(above) is None:
        return Outcome(records.NXDOMAIN, authority=[view.soa(zone)])
    if zone.kind is ZoneKind.LISTED_ADDRESSES:
        usual = names.child(addresses.label(packed), above)
        if view.get(usual) is None:
            return Outcome(records.NXDOMAIN, authority=[view.soa(zone)])
    own_type = records.A if len(packed) == 4 else records.AAAA
    if rrtype not in (own_type, records.ANY):
        return Outcome(authority=[view.soa(zone)])
    return Outcome(answer=[Record(name, own_type, zone.ttl, packed)])
