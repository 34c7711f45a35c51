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
from svcdns.dns.table import hosts_encoding, node_format, rrset_encoding, synthesized
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Record

_TYPES_WITH_GLUE = (records.SRV, records.MX)

_RECORD_OVERHEAD = 12
"""Bytes of a record beside its RDATA: a pointer as its owner, and its fields (RFC 1035 4.1.3)."""


def look_up_local(view: View, name: bytes, rrtype: int, limit: int) -> LookupResult | None:
    """The answer for a folded name, or None for an upstream.

    Of a large RRset it has records up to about `limit` bytes: more would be drawn and encoded in vain.
    """
    zone = view.find_zone(name)
    if view.meta.has_hosts and (hosts_result := _look_up_hosts(view, name, rrtype, zone)):
        return hosts_result

    node = synthesized.find_node(view.get, name)
    if node is not None:
        return _look_up_cluster(view, name, rrtype, node, limit)

    if zone.kind is ZoneKind.EXTERNAL:
        return None
    if zone.kind is ZoneKind.UNAVAILABLE:
        return _unavailable_result(zone)
    if zone.kind is ZoneKind.FAULTY:
        return _faulty_result(zone)

    is_of_file = zone.kind is ZoneKind.FILE
    result = (
        _look_up_file_zone(view, name, rrtype, zone, limit)
        if is_of_file
        else _look_up_absent(view, name, rrtype, zone)
    )
    if result is not None and result.rcode == records.NXDOMAIN and view.is_above_faulty(name):
        return LookupResult(authority=result.authority)
    return result


def _unavailable_result(zone: Zone) -> LookupResult:
    text = f"the zone file of {names.to_text(zone.name)} has mistakes, which the server's log names"
    options = messages.encode_extended_error(messages.INVALID_DATA, text)
    return LookupResult(records.SERVFAIL, is_authoritative=False, edns_options=options, failure="broken_zone")


def _faulty_result(zone: Zone) -> LookupResult:
    text = f"the records of {names.to_text(zone.name)} could not be made; the server's log says why"
    options = messages.encode_extended_error(messages.NOT_READY, text)
    return LookupResult(records.SERVFAIL, is_authoritative=False, edns_options=options, failure="faulty_name")


def _look_up_file_zone(view: View, name: bytes, rrtype: int, zone: Zone, limit: int) -> LookupResult:
    if rrtype == records.DS and name == zone.name:
        # A zone's DS stands in the zone above it (RFC 4035 3.1.4.1), and no zone file has any.
        parent = view.find_zone(names.parent(name))
        if parent.kind is ZoneKind.FILE:
            return LookupResult(authority=[view.soa_record(parent)])

    def read_answer(owner: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
        return _shuffled_records(view, owner, value, limit)

    result = zone_lookup.look_up_in_zone(view.get, name, rrtype, zone, read_answer)
    if result.rcode == records.NXDOMAIN and view.has_prefix(node_format.tree_order_key(name)):
        # The cluster has reverse names below it, so the name exists: NODATA (RFC 8020).
        return LookupResult(authority=result.authority)
    return result


def _look_up_hosts(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult | None:
    hosts_node = hosts_encoding.find_hosts_node(view.get, name, has_wildcards=view.has_hosts_wildcards)
    if hosts_node is None:
        return None

    source, node = hosts_node
    answering_type = _answering_type(rrtype, node)
    value = node_format.find_answer(view.get, source, node, answering_type, node_format.HOSTS_PREFIX)
    if value is not None:
        return LookupResult(answer=_shuffled_records(view, name, value, 0)[0])

    # A name of no zone of ours has no SOA that we could send.
    return LookupResult(authority=[] if zone.kind is ZoneKind.EXTERNAL else [view.soa_record(zone)])


def _look_up_cluster(view: View, name: bytes, rrtype: int, node: bytes, limit: int) -> LookupResult:
    zone = view.meta.zones[node_format.zone_number(node)]
    value = node_format.find_answer(view.get, name, node, _answering_type(rrtype, node))
    if value is not None:
        # The SOA has the table's serial, so it is made at each query.
        if value[0] == rrset_encoding.SERIAL_SOA:
            return LookupResult(answer=[view.soa_record(zone)])

        answer, glue = _shuffled_records(view, name, value, limit)
        return LookupResult(answer=answer, additional=glue)

    if node[0] & node_format.ALIAS_FLAG:
        cname_value = node_format.find_answer(view.get, name, node, records.CNAME) or b""
        answer, _ = rrset_encoding.decode_answer(name, cname_value)
        return LookupResult(answer=answer, cname_target=answer[0].rdata)

    return LookupResult(authority=[view.soa_record(zone)])


def _answering_type(rrtype: int, node: bytes) -> int:
    """The type to look for: ANY is answered with one of the node's own (RFC 8482 4.1)."""
    return node_format.type_for_any(node) if rrtype == records.ANY else rrtype


def _shuffled_records(view: View, name: bytes, value: bytes, limit: int) -> tuple[list[Record], list[Record]]:
    """The records of a value in a random order, and their glue; of a LARGE one about `limit` bytes."""
    if value[0] != rrset_encoding.LARGE:
        in_table_order, glue = rrset_encoding.decode_answer(name, value)
        return [in_table_order[i] for i in _random_indices(view, len(in_table_order))], glue

    answer: list[Record] = []
    size = 0
    for record in rrset_encoding.decode_large(name, value, lambda count: _random_indices(view, count)):
        answer.append(record)
        size += _RECORD_OVERHEAD + len(record.rdata)
        if size > limit:
            return answer, []  # the reply is full, and glue would be cut
    return answer, list(_glue_records(view, answer))


def _random_indices(view: View, count: int) -> Iterator[int]:
    """All indices below `count`, each order as likely as any other; only those taken are drawn."""
    # Fisher and Yates, with a dict in place of the list: a reply takes a few indices of thousands.
    random_bits = view.context.random_bits
    moved: dict[int, int] = {}
    for remaining in range(count, 0, -1):
        drawn = random_bits(64) % remaining
        yield moved.get(drawn, drawn)
        moved[drawn] = moved.get(
            remaining - 1, remaining - 1
        )  # the last one takes the place of the drawn one


def _glue_records(view: View, answer: list[Record]) -> Iterator[Record]:
    """The addresses of a large set's targets, which stand in the table under their own names."""
    # A dict instead of a set: each target once, in the order of the answer.
    targets = {
        records.rdata_target(record.type, record.rdata): None
        for record in answer
        if record.type in _TYPES_WITH_GLUE
    }
    for target in targets:
        name = target.lower()
        for prefix in (b"", node_format.FILE_ZONE_PREFIX):
            node = view.get(prefix + name) if prefix else synthesized.find_node(view.get, name)
            if not node:
                continue

            for rrtype in (records.A, records.AAAA):
                value = node_format.find_answer(view.get, name, node, rrtype, prefix)
                if value:
                    yield from _shuffled_records(view, target, value, messages.MAX_UDP_SIZE)[0]


def _look_up_absent(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult | None:
    """A name without a node, in a zone of the cluster; None for an upstream."""
    if zone.kind in (ZoneKind.SPELLED_ADDRESSES, ZoneKind.VERIFIED_ADDRESSES):
        return _look_up_spelled_address(view, name, rrtype, zone)

    if zone.kind is ZoneKind.REVERSE:
        # The cluster's reverse zones hold few addresses: an upstream may know the others.
        if view.context.has_route(name):
            return None
        # An empty non-terminal: names below it exist (RFC 8020).
        if view.has_prefix(node_format.tree_order_key(name)):
            return LookupResult(authority=[view.soa_record(zone)])

    return LookupResult(records.NXDOMAIN, authority=[view.soa_record(zone)])


def _look_up_spelled_address(view: View, name: bytes, rrtype: int, zone: Zone) -> LookupResult:
    """`10-1-2-3.x.ZONE` or `fd00--1.x.ZONE`, where `x.ZONE` exists."""
    soa = view.soa_record(zone)
    nxdomain = LookupResult(records.NXDOMAIN, authority=[soa])

    parent = names.parent(name)
    packed = addresses.from_label(name[1 : name[0] + 1].decode("latin-1"))
    if packed is None or names.parent(parent) != zone.name or view.get(parent) is None:
        return nxdomain

    # The table has the usual spelling alone; a query may use another one, such as more zeros.
    if zone.kind is ZoneKind.VERIFIED_ADDRESSES:
        usual_name = names.prepend_label(addresses.to_label(packed), parent)
        if view.get(usual_name) is None:
            return nxdomain

    address_type = records.A if len(packed) == 4 else records.AAAA
    if rrtype not in (address_type, records.ANY):
        return LookupResult(authority=[soa])
    return LookupResult(answer=[Record(name, address_type, zone.ttl, packed)])
