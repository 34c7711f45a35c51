"""The slow path: every query that `respond` leaves, decided in this order.

1. no message at all (short, or itself a response): no reply
2. opcode: NOTIMP                     3. format: FORMERR           4. EDNS version: BADVERS
5. class and zone transfer: REFUSED   6. a probe of ours for loops: its answer
7. rewrite rules, then the AAAA filter
8. what is known here (`known`), through CNAMEs; before the first list, or before files are read: SERVFAIL
9. a name that is not known here, also as a CNAME's target: the caller asks an upstream (`Forward`)
   and comes back (`resume`); without an upstream, or with RD clear: REFUSED, or the CNAMEs alone
"""

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns import known, loop, names, records, request, rewrite, wire
from svcdns.dns.meta import State, ZoneKind
from svcdns.dns.records import Record
from svcdns.dns.rewrite import Rewritten
from svcdns.dns.static import Outcome
from svcdns.dns.view import View
from svcdns.dns.wire import Query, Sections

MAX_LINKS = 8
"""CNAMEs followed for one question; a longer chain is taken for a loop."""

_VERSION_BIND = names.from_text("version.bind.")
_ID_SERVER = names.from_text("id.server.")
_PROOFS = (39, 46)
"""DNAME and RRSIG, which prove a CNAME to a client that sets DO (RFC 6672 3.1, RFC 4035 3.2.1)."""
_OF_ALIASES = (records.CNAME, records.ANY, *_PROOFS)
"""Types that are not looked for behind a CNAME."""
_CLUSTER = (ZoneKind.WHOLE, ZoneKind.SPARSE, ZoneKind.ADDRESSES, ZoneKind.LISTED_ADDRESSES)


class Forward(Struct, frozen=True):
    """How far a query has come: the name to ask an upstream for, and the CNAMEs that led to it."""

    query: Query
    name: bytes
    limit: int
    chain: tuple[Record, ...] = ()
    authoritative: bool = False
    """The first of the chain is of a zone of ours."""
    of_cluster: bool = False
    """A part of it may be stale."""
    options: bytes = b""
    """Of EDNS, in wire form: what an upstream said of a part of it."""
    rewritten: Rewritten | None = None


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
        query = request.parse(packet)
    except wire.FormatError:
        return wire.header_only(packet, records.FORMERR)
    limit = _limit(query, stream)
    if query.edns and query.edns.version:
        return wire.reply(query, 0, records.BADVERS, Sections(), limit)
    if query.rrclass == records.CH:
        return _chaos(view, query, limit)
    if query.rrclass != records.IN or query.type in (records.AXFR, records.IXFR):
        return _refuse(view, query, limit)
    if view.loop_key and loop.is_ours(view.loop_key, query.name):
        found = Record(query.name, records.TXT, 0, loop.ANSWER)
        return wire.reply(query, wire.AA, records.NOERROR, Sections([found]), limit)
    return _answer_by_rules(view, Forward(query, query.name, limit))


def resume(view: View, at: Forward, found: Resolved) -> bytes | Forward:
    """The reply with what an upstream said; or on behind a CNAME whose end it has left open."""
    answered = found.sections.answer
    link = _open_end(at, found)
    if link is not None:
        options = found.options or at.options
        return _resolve(view, replace(at, name=link, chain=(*at.chain, *answered), options=options))
    return finish(view, at, found)


def finish(view: View, at: Forward, found: Resolved) -> bytes:
    """The reply with what an upstream said, or with our failure to ask one."""
    parts = found.sections
    failed = at.chain and found.rcode not in (records.NOERROR, records.NXDOMAIN)
    rcode = records.SERVFAIL if failed else found.rcode  # what an upstream refuses, we have not refused
    outcome = Outcome(
        rcode, parts.answer, parts.authority, parts.additional, authoritative=False, options=found.options
    )
    # What we have put together or renamed, nobody has checked as it stands.
    authentic = found.authentic and not at.chain and at.rewritten is None and _asks_for_ad(at.query)
    return _reply(view, at, outcome, wire.AD if authentic else 0)


def _asks_for_ad(query: Query) -> bool:
    """RFC 6840 5.8."""
    return bool(query.flags & wire.AD) or (query.edns is not None and query.edns.do)


def _open_end(at: Forward, found: Resolved) -> bytes | None:
    """The last CNAME's target, where a server did not know what lies there, as one of a stub domain."""
    answered = found.sections.answer
    if found.rcode != records.NOERROR or found.sections.authority or at.query.type in _OF_ALIASES:
        return None
    links = [record for record in answered if record.type == records.CNAME]
    if not links or any(record.type not in (records.CNAME, *_PROOFS) for record in answered):
        return None
    return links[-1].rdata.lower()


def _answer_by_rules(view: View, at: Forward) -> bytes | Forward:
    if view.policy is None:
        return _resolve(view, at)
    rewritten = view.policy.rewrite(at.name)
    if rewritten is not None:
        at = replace(at, name=rewritten.name, rewritten=rewritten)
    return _resolve(view, at)


def _nodata(view: View, at: Forward) -> bytes:
    """The AAAA filter: no answer, but that a name of ours does not exist is said."""
    zone = view.zone_of(at.name)
    if not _is_ready(view, zone.kind in _CLUSTER):
        return _not_ready(view, at)
    if zone.kind is ZoneKind.OUTSIDE and not at.query.flags & wire.RD:
        return _refuse(view, at.query, at.limit)
    found = known.look_up(view, at.name, at.query.type, at.limit)
    if found and found.rcode == records.SERVFAIL:
        return _reply(view, at, found)
    soa = [] if zone.kind is ZoneKind.OUTSIDE else [view.soa(zone)]
    rcode = found.rcode if found else records.NOERROR
    return _reply(view, at, Outcome(rcode, authority=soa, authoritative=found is not None))


def _resolve(view: View, at: Forward) -> bytes | Forward:
    """From one name to the next, to the end or to a name for an upstream."""
    while len(at.chain) <= MAX_LINKS and not _is_loop(at):
        if view.policy is not None and view.policy.filtered(at.name, at.query.type):
            return _nodata(view, at)
        of_cluster = view.zone_of(at.name).kind in _CLUSTER
        if not _is_ready(view, of_cluster):
            return _not_ready(view, at)
        found = known.look_up(view, at.name, at.query.type, at.limit)
        if found is None or (_is_referral(found) and _has_upstream(view, at)):
            return _outside(view, at)
        at = replace(at, of_cluster=at.of_cluster or of_cluster)
        if found.link is None:
            return _reply(view, at, found)
        authoritative = at.authoritative or not at.chain
        chain = (*at.chain, *found.answer)
        at = replace(at, name=found.link.lower(), chain=chain, authoritative=authoritative)
    loop_found = wire.extended_error(wire.OTHER_ERROR, f"a loop, or more than {MAX_LINKS} CNAMEs")
    outcome = Outcome(records.SERVFAIL, options=loop_found, failure="cname_loop")
    return _reply(view, replace(at, of_cluster=False), outcome)


def _is_referral(found: Outcome) -> bool:
    return not found.authoritative and found.rcode == records.NOERROR


def _is_loop(at: Forward) -> bool:
    return any(record.type == records.CNAME and record.owner.lower() == at.name for record in at.chain)


def _outside(view: View, at: Forward) -> bytes | Forward:
    if _has_upstream(view, at):
        return at
    if not at.chain:
        return _refuse(view, at.query, at.limit)
    return _reply(view, at, Outcome(authoritative=False))


def _has_upstream(view: View, at: Forward) -> bool:
    return bool(at.query.flags & wire.RD) and view.has_route(at.name)


def _reply(view: View, at: Forward, found: Outcome, flags: int = 0) -> bytes:
    """What was found behind the chain, under the names that were asked for."""
    view.failure = found.failure
    options = found.options or at.options
    if at.authoritative if at.chain else found.authoritative:
        flags |= wire.AA
    if at.of_cluster:
        options += _staleness(view, found.rcode)
    sections = Sections([*at.chain, *found.answer], found.authority, found.additional)
    if at.rewritten is not None:
        sections = rewrite.write_back(sections, at.query.name, at.rewritten)
    return wire.reply(at.query, flags | _recursion(view), found.rcode, sections, at.limit, options)


def _staleness(view: View, rcode: int) -> bytes:
    """The extended error of an answer that may be out of date (RFC 8914 4.4, 4.20)."""
    if view.meta.state is not State.STALE:
        return b""
    return wire.extended_error(wire.STALE_NXDOMAIN if rcode == records.NXDOMAIN else wire.STALE_ANSWER)


def _is_ready(view: View, of_cluster: bool) -> bool:
    """Before a first list, a name that is not there may exist; and it may be nobody else's to know."""
    return view.meta.state is not State.EMPTY if of_cluster else view.meta.has_files


def _not_ready(view: View, at: Forward) -> bytes:
    awaited = "the first list" if view.meta.state is State.EMPTY else "the zone files and hosts"
    options = wire.extended_error(wire.NOT_READY, f"no answers yet: waiting for {awaited}")
    outcome = Outcome(records.SERVFAIL, authoritative=False, options=options, failure="not_ready")
    return _reply(view, at, outcome)


def _limit(query: Query, stream: bool) -> int:
    if stream:
        return wire.TCP_SIZE
    return min(max(query.edns.size, wire.PLAIN_SIZE), wire.UDP_SIZE) if query.edns else wire.PLAIN_SIZE


def _recursion(view: View) -> int:
    return wire.RA if view.recursive else 0


def _refuse(view: View, query: Query, limit: int) -> bytes:
    return wire.reply(query, _recursion(view), records.REFUSED, Sections(), limit)


def _chaos(view: View, query: Query, limit: int) -> bytes:
    """Class CH: the names by which servers tell their version and identity (RFC 4892)."""
    text = {_VERSION_BIND: "svcdns", _ID_SERVER: view.server_id}.get(query.name)
    if not text or query.type not in (records.TXT, records.ANY):
        return _refuse(view, query, limit)
    found = Record(query.question[:-4], records.TXT, 0, records.txt(text.encode()[:255]))
    return wire.chaos_reply(query, found, limit)
