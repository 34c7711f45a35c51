"""What is known here of one name and type, for the slow path: the first of these that has it.

1. hosts files        2. the cluster's names
3. the zone with the longest suffix: the cluster's, or one of a zone file (SERVFAIL where that is broken)
4. nobody: the name is for an upstream
"""

from collections.abc import Iterator

from svcdns import addresses
from svcdns.dns.answer import zone_lookup
from svcdns.dns.answer.view import View
from svcdns.dns.answer.zone_lookup import LookupResult
from svcdns.dns.table import node_format, rrset_encoding, synthesized
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Record

_TYPES_WITH_GLUE = (records.SRV, records.MX)


def look_up_local(view: View, name: bytes, rrtype: int, limit: int) -> LookupResult | None:
    """The answer for a folded name, or None for an upstream; of large sets no more than `limit` bytes."""
    zone = view.find_zone(name)
    if view.meta.has_hosts and (found := _look_up_hosts(view, name, rrtype, zone)):
        return found
    node = synthesized.find_node(view.get, name)
    if node is not None:
        return _look_up_cluster(view, name, rrtype, node, limit)
    if zone.kind is ZoneKind.EXTERNAL:
        return None
    if zone.kind is ZoneKind.UNAVAILABLE:
        return _unavailable_result(zone)
    if zone.kind is not ZoneKind.FILE:
        return _look_up_absent(view, name, rrtype, zone)
    if rrtype == records.DS and name == zone.name:
        parent = view.find_zone(names.parent(name))
        if parent.kind is ZoneKind.FILE:  # whose record it would be (RFC 4035 3.1.4.1); no file has any
            return LookupResult(authority=[view.soa_record(parent)])

    def read(owner: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
        return _shuffled_records(view, owner, value, limit)

    found = zone_lookup.look_up_in_zone(view.get, name, rrtype, zone, read)
    if found.rcode == records.NXDOMAIN and view.has_prefix(node_format.tree_order_key(name)):
        return LookupResult(authority=found.authority)  # the cluster has reverse names below it (RFC 8020)
    return found


def _unavailable_result(zone: Zone) -> LookupResult:
    text = f"the zone file of {names.to_text(zone.name)} has mistakes, which the server's log names"
    options = messages.encode_extended_error(messages.INVALID_DATA, text)
    return LookupResult(records.SERVFAIL, is_authoritative=False, edns_options=options, failure="broken_zone")


def _look_up_hosts(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult | None:
    node = view.get(node_format.HOSTS_PREFIX + name)
    if node is None:
        return None
    value = node_format.find_answer(
        view.get, name, node, _answering_type(rrtype, node), node_format.HOSTS_PREFIX
    )
    if value is not None:
        return LookupResult(answer=_shuffled_records(view, name, value, 0)[0])
    return LookupResult(authority=[] if zone.kind is ZoneKind.EXTERNAL else [view.soa_record(zone)])


def _look_up_cluster(view: View, name: bytes, rrtype: int, node: bytes, limit: int) -> LookupResult:
    zone = view.meta.zones[node_format.zone_number(node)]
    value = node_format.find_answer(view.get, name, node, _answering_type(rrtype, node))
    if value is not None:
        if value[0] == rrset_encoding.SERIAL_SOA:
            return LookupResult(answer=[view.soa_record(zone)])
        found, glue = _shuffled_records(view, name, value, limit)
        return LookupResult(answer=found, additional=glue)
    if node[0] & node_format.ALIAS_FLAG:
        found, _ = rrset_encoding.decode_answer(
            name, node_format.find_answer(view.get, name, node, records.CNAME) or b""
        )
        return LookupResult(answer=found, cname_target=found[0].rdata)
    return LookupResult(authority=[view.soa_record(zone)])


def _answering_type(rrtype: int, node: bytes) -> int:
    return node_format.type_for_any(node) if rrtype == records.ANY else rrtype


def _shuffled_records(view: View, name: bytes, value: bytes, limit: int) -> tuple[list[Record], list[Record]]:
    """The records of a value in a random order, and their glue."""
    if value[0] != rrset_encoding.LARGE:
        found, glue = rrset_encoding.decode_answer(name, value)
        return [found[i] for i in _random_indices(view, len(found))], glue
    found, size = [], 0
    for record in rrset_encoding.decode_large(name, value, lambda count: _random_indices(view, count)):
        found.append(record)
        size += 12 + len(record.rdata)
        if size > limit:
            return found, []
    return found, list(_glue_records(view, found))


def _random_indices(view: View, count: int) -> Iterator[int]:
    """All indices below `count`, each order as likely as any other; only what is taken is drawn."""
    moved: dict[int, int] = {}
    for left in range(count, 0, -1):  # Fisher and Yates: the last one takes the place of the drawn one
        drawn = view.context.random_bits(64) % left
        yield moved.get(drawn, drawn)
        moved[drawn] = moved.get(left - 1, left - 1)


def _glue_records(view: View, answer_records: list[Record]) -> Iterator[Record]:
    """The addresses of a large set's targets, which stand in the table under their own names."""
    for target in {
        records.rdata_target(r.type, r.rdata): None for r in answer_records if r.type in _TYPES_WITH_GLUE
    }:
        name = target.lower()
        for prefix in (b"", node_format.FILE_ZONE_PREFIX):
            node = view.get(prefix + name) if prefix else synthesized.find_node(view.get, name)
            for rrtype in (records.A, records.AAAA) if node else ():
                if value := node_format.find_answer(view.get, name, node or b"", rrtype, prefix):
                    yield from _shuffled_records(view, target, value, messages.MAX_UDP_SIZE)[0]


def _look_up_absent(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult | None:
    if zone.kind in (ZoneKind.SPELLED_ADDRESSES, ZoneKind.VERIFIED_ADDRESSES):
        return _look_up_spelled_address(view, name, rrtype, zone)
    if zone.kind is ZoneKind.REVERSE:
        if view.context.has_route(name):
            return None
        if view.has_prefix(node_format.tree_order_key(name)):
            return LookupResult(authority=[view.soa_record(zone)])
    return LookupResult(records.NXDOMAIN, authority=[view.soa_record(zone)])


def _look_up_spelled_address(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult:
    """`10-1-2-3.x.ZONE` or `fd00--1.x.ZONE`, where `x.ZONE` exists."""
    above = names.parent(name)
    packed = addresses.from_label(name[1 : name[0] + 1].decode("latin-1"))
    if packed is None or names.parent(above) != zone.name or view.get(above) is None:
        return LookupResult(records.NXDOMAIN, authority=[view.soa_record(zone)])
    if zone.kind is ZoneKind.VERIFIED_ADDRESSES:
        usual = names.prepend_label(addresses.to_label(packed), above)
        if view.get(usual) is None:
            return LookupResult(records.NXDOMAIN, authority=[view.soa_record(zone)])
    own_type = records.A if len(packed) == 4 else records.AAAA
    if rrtype not in (own_type, records.ANY):
        return LookupResult(authority=[view.soa_record(zone)])
    return LookupResult(answer=[Record(name, own_type, zone.ttl, packed)])
