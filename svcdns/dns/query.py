"""The slow path: every query that `respond` leaves, decided in this order.

1. no message at all (short, or itself a response): no reply
2. opcode: NOTIMP                     3. format: FORMERR           4. EDNS version: BADVERS
5. class and zone transfer: REFUSED   6. nothing known yet: SERVFAIL
7. the answer, through CNAMEs; or its absence, by one verdict per name (RFC 8020)
8. a name outside our zones, also as a CNAME's target: the caller asks an upstream (`Forward`), and
   `finish` makes the reply; without an upstream, or with RD clear: REFUSED, or the CNAME alone
"""

from collections.abc import Iterator

from msgspec import Struct

from svcdns import addresses
from svcdns.dns import answers, names, records, wire
from svcdns.dns.records import Record
from svcdns.dns.view import State, View, Zone, ZoneKind
from svcdns.dns.wire import Query, Sections

MAX_LINKS = 8
"""CNAMEs followed for one question; a longer chain is taken for a loop."""

_VERSION_BIND = names.from_text("version.bind.")
_ID_SERVER = names.from_text("id.server.")


class _Found(Struct):
    """What the table says of one name and type; `link` is a CNAME's target to go on with."""

    rcode: int = records.NOERROR
    answer: list[Record] = []
    glue: list[Record] = []
    soa: list[Record] = []
    link: bytes | None = None


class Forward(Struct, frozen=True):
    """A question for an upstream: the name to ask for, and the CNAMEs that led to it."""

    query: Query
    name: bytes
    limit: int
    chain: tuple[Record, ...] = ()


class Resolved(Struct, frozen=True):
    """What an upstream said, or that none did (SERVFAIL); `options` are of EDNS, in wire form."""

    rcode: int
    sections: Sections
    options: bytes = b""
    authentic: bool = False


def answer(view: View, packet: bytes, stream: bool) -> bytes | Forward | None:
    """The reply to any packet, a question to forward, or None where no reply is due."""
    if len(packet) < 12 or packet[2] & 0x80:
        return None
    if packet[2] & 0x78:
        return wire.header_only(packet, records.NOTIMP)
    try:
        query = wire.parse_query(packet)
    except wire.FormatError:
        return wire.header_only(packet, records.FORMERR)
    limit = _limit(query, stream)
    if query.edns and query.edns.version:
        return wire.reply(query, 0, records.BADVERS, Sections(), limit)
    if query.rrclass == records.CH:
        return _chaos(view, query, limit)
    if query.rrclass != records.IN or query.type in (records.AXFR, records.IXFR):
        return _refuse(view, query, limit)
    if view.zone_of(query.name) is None:
        return _outside(view, query, query.name, (), limit)
    if view.meta.state is State.EMPTY:
        not_ready = wire.extended_error(wire.NOT_READY, "no answers yet: waiting for the first list")
        return wire.reply(query, _recursion(view), records.SERVFAIL, Sections(), limit, not_ready)
    return _resolve(view, query, limit)


def finish(view: View, forward: Forward, found: Resolved) -> bytes:
    """The reply with what the upstream said, behind the CNAMEs that led there."""
    own, sections = forward.chain, found.sections
    flags = _recursion(view) | (wire.AA if own else wire.AD if found.authentic else 0)
    whole = Sections([*own, *sections.answer], sections.authority, sections.additional)
    options = found.options + (_staleness(view, records.NOERROR) if own else b"")
    return wire.reply(forward.query, flags, found.rcode, whole, forward.limit, options)


def _outside(view: View, query: Query, name: bytes, chain: tuple[Record, ...], limit: int) -> bytes | Forward:
    if view.forwarding and query.flags & wire.RD:
        return Forward(query, name, limit, chain)
    if not chain:
        return _refuse(view, query, limit)
    return _own_reply(view, query, records.NOERROR, Sections(list(chain)), limit)


def _limit(query: Query, stream: bool) -> int:
    if stream:
        return wire.TCP_SIZE
    return min(max(query.edns.size, wire.PLAIN_SIZE), wire.UDP_SIZE) if query.edns else wire.PLAIN_SIZE


def _recursion(view: View) -> int:
    return wire.RA if view.forwarding else 0


def _refuse(view: View, query: Query, limit: int) -> bytes:
    return wire.reply(query, _recursion(view), records.REFUSED, Sections(), limit)


def _chaos(view: View, query: Query, limit: int) -> bytes:
    """Class CH: the names by which servers tell their version and identity (RFC 4892)."""
    text = {_VERSION_BIND: "svcdns", _ID_SERVER: view.server_id}.get(query.name)
    if not text or query.type not in (records.TXT, records.ANY):
        return _refuse(view, query, limit)
    found = Record(query.question[:-4], records.TXT, 0, records.txt(text.encode()[:255]))
    return wire.chaos_reply(query, found, limit)


def _resolve(view: View, query: Query, limit: int) -> bytes | Forward:
    """The table's answer; a CNAME is followed through it and out of it."""
    name = query.name
    chain: tuple[Record, ...] = ()
    for _ in range(MAX_LINKS + 1):
        zone = view.zone_of(name)
        found = _look_up(view, name, query.type, zone, limit) if zone else None
        if found is None:
            return _outside(view, query, name, chain, limit)
        if found.link is None:
            sections = Sections([*chain, *found.answer], found.soa, found.glue)
            return _own_reply(view, query, found.rcode, sections, limit)
        chain += tuple(found.answer)
        name = found.link.lower()
    loop = wire.extended_error(wire.OTHER_ERROR, f"a loop, or more than {MAX_LINKS} CNAMEs")
    return wire.reply(query, wire.AA | _recursion(view), records.SERVFAIL, Sections(list(chain)), limit, loop)


def _own_reply(view: View, query: Query, rcode: int, sections: Sections, limit: int) -> bytes:
    options = _staleness(view, rcode)
    return wire.reply(query, wire.AA | _recursion(view), rcode, sections, limit, options)


def _staleness(view: View, rcode: int) -> bytes:
    """The extended error of an answer that may be out of date (RFC 8914 4.4, 4.20)."""
    if view.meta.state is not State.STALE:
        return b""
    return wire.extended_error(wire.STALE_NXDOMAIN if rcode == records.NXDOMAIN else wire.STALE_ANSWER)


def _look_up(view: View, name: bytes, rrtype: int, zone: Zone, limit: int) -> _Found | None:
    """What the table says; None where the name falls through to the upstreams."""
    node = view.get(name)
    if node is None:
        return _absent(view, name, rrtype, zone)
    types = answers.node_types(node)
    if rrtype == records.ANY and types:
        rrtype = next((t for t in (records.A, records.AAAA, records.CNAME) if t in types), types[0])
    value = view.get(answers.key(name, rrtype))
    if value is not None:
        return _read(view, name, value, zone, limit)
    if node[0] & answers.IS_ALIAS and (value := view.get(answers.key(name, records.CNAME))):
        found, _ = answers.read(name, value)
        return _Found(answer=found, link=found[0].rdata)
    return _Found(soa=[view.soa(zone)])


def _read(view: View, name: bytes, value: bytes, zone: Zone, limit: int) -> _Found:
    if value[0] == answers.SERIAL_SOA:
        return _Found(answer=[view.soa(zone)])
    if value[0] != answers.LARGE:
        found, glue = answers.read(name, value)
        return _Found(answer=[found[i] for i in _random_order(view, len(found))], glue=glue)
    found, size = [], 0
    for record in answers.read_large(name, value, lambda count: _random_order(view, count)):
        found.append(record)
        size += 12 + len(record.rdata)
        if size > limit:
            return _Found(answer=found)
    return _Found(answer=found, glue=list(_glue(view, found)))


def _random_order(view: View, count: int) -> Iterator[int]:
    """All indices below `count`, each order as likely as any other; only what is taken is drawn."""
    moved: dict[int, int] = {}
    for left in range(count, 0, -1):  # Fisher and Yates: the last one takes the place of the drawn one
        drawn = view.random_bits(64) % left
        yield moved.get(drawn, drawn)
        moved[drawn] = moved.get(left - 1, left - 1)


def _glue(view: View, found: list[Record]) -> Iterator[Record]:
    """The addresses of a large set's targets, which stand in the table under their own names."""
    for target in {records.srv_target(r.rdata): None for r in found if r.type == records.SRV}:
        for rrtype in (records.A, records.AAAA):
            if value := view.get(answers.key(target.lower(), rrtype)):
                yield from answers.read(target, value)[0]


def _absent(view: View, name: bytes, rrtype: int, zone: Zone) -> _Found | None:
    if zone.kind >= ZoneKind.ADDRESSES:
        return _spelled_address(view, name, rrtype, zone)
    if zone.kind is ZoneKind.SPARSE:
        if view.forwarding:
            return None
        if view.has_prefix(answers.order_key(name)):
            return _Found(soa=[view.soa(zone)])
    return _Found(rcode=records.NXDOMAIN, soa=[view.soa(zone)])


def _spelled_address(view: View, name: bytes, rrtype: int, zone: Zone) -> _Found:
    """`10-1-2-3.x.ZONE` or `fd00--1.x.ZONE`, where `x.ZONE` exists."""
    above = names.parent(name)
    packed = addresses.undashed(name[1 : name[0] + 1].decode("latin-1"))
    if packed is None or names.parent(above) != zone.name or view.get(above) is None:
        return _Found(rcode=records.NXDOMAIN, soa=[view.soa(zone)])
    if zone.kind is ZoneKind.LISTED_ADDRESSES:
        usual = names.child(addresses.dashed(packed).encode(), above)
        if view.get(usual) is None:
            return _Found(rcode=records.NXDOMAIN, soa=[view.soa(zone)])
    own_type = records.A if len(packed) == 4 else records.AAAA
    if rrtype not in (own_type, records.ANY):
        return _Found(soa=[view.soa(zone)])
    return _Found(answer=[Record(name, own_type, zone.ttl, packed)])
