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

from svcdns.dns.answer import local_lookup, loop_probe, rewrite
from svcdns.dns.answer.rewrite import Rewritten
from svcdns.dns.answer.view import View
from svcdns.dns.answer.zone_lookup import LookupResult
from svcdns.dns.table.table_meta import Freshness, ZoneKind
from svcdns.dns.wire import (
    messages,
    names,
    query_parser,
    records,
)
from svcdns.dns.wire.messages import Query, Sections
from svcdns.dns.wire.records import Record

MAX_CNAMES = 8
"""CNAMEs followed for one question; a longer chain is taken for a loop."""

_VERSION_BIND = names.from_text("version.bind.")
_ID_SERVER = names.from_text("id.server.")
_PROOF_TYPES = (39, 46)
"""DNAME and RRSIG, which prove a CNAME to a client that sets DO (RFC 6672 3.1, RFC 4035 3.2.1)."""
_UNFOLLOWED_TYPES = (records.CNAME, records.ANY, *_PROOF_TYPES)
"""Types that are not looked for behind a CNAME."""
_CLUSTER_KINDS = (
    ZoneKind.AUTHORITATIVE,
    ZoneKind.REVERSE,
    ZoneKind.SPELLED_ADDRESSES,
    ZoneKind.VERIFIED_ADDRESSES,
)


class PendingQuery(Struct, frozen=True):
    """How far a query has come: the name to ask an upstream for, and the CNAMEs that led to it."""

    query: Query
    name: bytes
    limit: int
    cname_chain: tuple[Record, ...] = ()
    is_authoritative: bool = False
    """The first of the chain is of a zone of ours."""
    has_cluster_data: bool = False
    """A part of it may be stale."""
    edns_options: bytes = b""
    """Of EDNS, in wire form: what an upstream said of a part of it."""
    rewritten: Rewritten | None = None


class UpstreamResult(Struct, frozen=True):
    """What an upstream said, or that none did (SERVFAIL); `options` are of EDNS, in wire form."""

    rcode: int
    sections: Sections
    edns_options: bytes = b""
    is_authentic: bool = False


def answer_packet(view: View, packet: bytes, is_stream: bool) -> bytes | PendingQuery | None:
    """The reply to any packet, a question to forward, or None where no reply is due; all without id."""
    if len(packet) < messages.HEADER_SIZE_WITHOUT_ID or packet[0] & 0x80:
        return None
    if packet[0] & 0x78:
        return messages.header_only_reply(packet, records.NOTIMP)
    try:
        query = query_parser.parse_query(packet)
    except messages.FormatError:
        return messages.header_only_reply(packet, records.FORMERR)
    limit = _reply_limit(query, is_stream)
    if query.edns and query.edns.version:
        return messages.encode_reply(query, 0, records.BADVERS, Sections(), limit)
    if query.qclass == records.CH:
        return _answer_chaos(view, query, limit)
    if query.qclass != records.IN or query.qtype in (records.AXFR, records.IXFR):
        return _refused_reply(view, query, limit)
    if view.loop_key and loop_probe.is_own_probe(view.loop_key, query.qname):
        found = Record(query.qname, records.TXT, 0, loop_probe.ANSWER_RDATA)
        return messages.encode_reply(query, messages.AA, records.NOERROR, Sections([found]), limit)
    return _rewrite_and_resolve(view, PendingQuery(query, query.qname, limit))


def resume(view: View, pending: PendingQuery, result: UpstreamResult) -> bytes | PendingQuery:
    """The reply with what an upstream said; or on behind a CNAME whose end it has left open."""
    answered = result.sections.answer
    link = _unresolved_target(pending, result)
    if link is not None:
        options = result.edns_options or pending.edns_options
        return _follow_cnames(
            view,
            replace(pending, name=link, cname_chain=(*pending.cname_chain, *answered), edns_options=options),
        )
    return finish(view, pending, result)


def finish(view: View, pending: PendingQuery, result: UpstreamResult) -> bytes:
    """The reply with what an upstream said, or with our failure to ask one."""
    parts = result.sections
    failed = pending.cname_chain and result.rcode not in (records.NOERROR, records.NXDOMAIN)
    rcode = records.SERVFAIL if failed else result.rcode  # what an upstream refuses, we have not refused
    outcome = LookupResult(
        rcode,
        parts.answer,
        parts.authority,
        parts.additional,
        is_authoritative=False,
        edns_options=result.edns_options,
    )
    # What we have put together or renamed, nobody has checked as it stands.
    authentic = (
        result.is_authentic
        and not pending.cname_chain
        and pending.rewritten is None
        and _wants_ad(pending.query)
    )
    return _encode_result(view, pending, outcome, messages.AD if authentic else 0)


def _wants_ad(query: Query) -> bool:
    """RFC 6840 5.8."""
    return bool(query.flags & messages.AD) or (query.edns is not None and query.edns.do)


def _unresolved_target(pending: PendingQuery, result: UpstreamResult) -> bytes | None:
    """The last CNAME's target, where a server did not know what lies there, as one of a stub domain."""
    answered = result.sections.answer
    if (
        result.rcode != records.NOERROR
        or result.sections.authority
        or pending.query.qtype in _UNFOLLOWED_TYPES
    ):
        return None
    links = [record for record in answered if record.type == records.CNAME]
    if not links or any(record.type not in (records.CNAME, *_PROOF_TYPES) for record in answered):
        return None
    return links[-1].rdata.lower()


def _rewrite_and_resolve(view: View, pending: PendingQuery) -> bytes | PendingQuery:
    if view.rules is None:
        return _follow_cnames(view, pending)
    rewritten = view.rules.rewrite(pending.name)
    if rewritten is not None:
        pending = replace(pending, name=rewritten.name, rewritten=rewritten)
    return _follow_cnames(view, pending)


def _filtered_reply(view: View, pending: PendingQuery) -> bytes:
    """The AAAA filter: no answer, but that a name of ours does not exist is said."""
    zone = view.find_zone(pending.name)
    if not _is_ready(view, zone.kind in _CLUSTER_KINDS):
        return _not_ready_reply(view, pending)
    if zone.kind is ZoneKind.EXTERNAL and not pending.query.flags & messages.RD:
        return _refused_reply(view, pending.query, pending.limit)
    found = local_lookup.look_up_local(view, pending.name, pending.query.qtype, pending.limit)
    if found and found.rcode == records.SERVFAIL:
        return _encode_result(view, pending, found)
    soa = [] if zone.kind is ZoneKind.EXTERNAL else [view.soa_record(zone)]
    rcode = found.rcode if found else records.NOERROR
    return _encode_result(
        view, pending, LookupResult(rcode, authority=soa, is_authoritative=found is not None)
    )


def _follow_cnames(view: View, pending: PendingQuery) -> bytes | PendingQuery:
    """From one name to the next, to the end or to a name for an upstream."""
    while len(pending.cname_chain) <= MAX_CNAMES and not _is_loop(pending):
        if view.rules is not None and view.rules.is_filtered(pending.name, pending.query.qtype):
            return _filtered_reply(view, pending)
        of_cluster = view.find_zone(pending.name).kind in _CLUSTER_KINDS
        if not _is_ready(view, of_cluster):
            return _not_ready_reply(view, pending)
        found = local_lookup.look_up_local(view, pending.name, pending.query.qtype, pending.limit)
        if found is None or (_is_referral(found) and _has_upstream(view, pending)):
            return _leave_to_upstream(view, pending)
        pending = replace(pending, has_cluster_data=pending.has_cluster_data or of_cluster)
        if found.cname_target is None:
            return _encode_result(view, pending, found)
        authoritative = pending.is_authoritative or not pending.cname_chain
        chain = (*pending.cname_chain, *found.answer)
        pending = replace(
            pending, name=found.cname_target.lower(), cname_chain=chain, is_authoritative=authoritative
        )
    loop_found = messages.encode_extended_error(
        messages.OTHER_ERROR, f"a loop, or more than {MAX_CNAMES} CNAMEs"
    )
    outcome = LookupResult(records.SERVFAIL, edns_options=loop_found, failure="cname_loop")
    return _encode_result(view, replace(pending, has_cluster_data=False), outcome)


def _is_referral(result: LookupResult) -> bool:
    return not result.is_authoritative and result.rcode == records.NOERROR


def _is_loop(pending: PendingQuery) -> bool:
    return any(
        record.type == records.CNAME and record.owner.lower() == pending.name
        for record in pending.cname_chain
    )


def _leave_to_upstream(view: View, pending: PendingQuery) -> bytes | PendingQuery:
    if _has_upstream(view, pending):
        return pending
    if not pending.cname_chain:
        return _refused_reply(view, pending.query, pending.limit)
    return _encode_result(view, pending, LookupResult(is_authoritative=False))


def _has_upstream(view: View, pending: PendingQuery) -> bool:
    return bool(pending.query.flags & messages.RD) and view.has_route(pending.name)


def _encode_result(view: View, pending: PendingQuery, result: LookupResult, flags: int = 0) -> bytes:
    """What was found behind the chain, under the names that were asked for."""
    view.last_failure = result.failure
    options = result.edns_options or pending.edns_options
    if pending.is_authoritative if pending.cname_chain else result.is_authoritative:
        flags |= messages.AA
    if pending.has_cluster_data:
        options += _stale_error(view, result.rcode)
    sections = Sections([*pending.cname_chain, *result.answer], result.authority, result.additional)
    if pending.rewritten is not None:
        sections = rewrite.restore_names(sections, pending.query.qname, pending.rewritten)
    return messages.encode_reply(
        pending.query, flags | _ra_flag(view), result.rcode, sections, pending.limit, options
    )


def _stale_error(view: View, rcode: int) -> bytes:
    """The extended error of an answer that may be out of date (RFC 8914 4.4, 4.20)."""
    if view.meta.state is not Freshness.STALE:
        return b""
    return messages.encode_extended_error(
        messages.STALE_NXDOMAIN if rcode == records.NXDOMAIN else messages.STALE_ANSWER
    )


def _is_ready(view: View, is_cluster_zone: bool) -> bool:
    """Before a first list, a name that is not there may exist; and it may be nobody else's to know."""
    return view.meta.state is not Freshness.EMPTY if is_cluster_zone else view.meta.has_files


def _not_ready_reply(view: View, pending: PendingQuery) -> bytes:
    awaited = "the first list" if view.meta.state is Freshness.EMPTY else "the zone files and hosts"
    options = messages.encode_extended_error(messages.NOT_READY, f"no answers yet: waiting for {awaited}")
    outcome = LookupResult(
        records.SERVFAIL, is_authoritative=False, edns_options=options, failure="not_ready"
    )
    return _encode_result(view, pending, outcome)


def _reply_limit(query: Query, is_stream: bool) -> int:
    if is_stream:
        return messages.MAX_TCP_SIZE
    return (
        min(max(query.edns.udp_size, messages.MAX_UDP_SIZE_WITHOUT_EDNS), messages.MAX_UDP_SIZE)
        if query.edns
        else messages.MAX_UDP_SIZE_WITHOUT_EDNS
    )


def _ra_flag(view: View) -> int:
    return messages.RA if view.is_recursive else 0


def _refused_reply(view: View, query: Query, limit: int) -> bytes:
    return messages.encode_reply(query, _ra_flag(view), records.REFUSED, Sections(), limit)


def _answer_chaos(view: View, query: Query, limit: int) -> bytes:
    """Class CH: the names by which servers tell their version and identity (RFC 4892)."""
    text = {_VERSION_BIND: "svcdns", _ID_SERVER: view.server_id}.get(query.qname)
    if not text or query.qtype not in (records.TXT, records.ANY):
        return _refused_reply(view, query, limit)
    found = Record(query.question[:-4], records.TXT, 0, records.txt_rdata(text.encode()[:255]))
    return messages.encode_chaos_reply(query, found, limit)
