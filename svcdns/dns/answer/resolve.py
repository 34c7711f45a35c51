"""The slow path: every query that `fast_path` leaves, decided in this order.

1. no message at all (short, or itself a response): no reply
2. opcode: NOTIMP                     3. format: FORMERR           4. EDNS version: BADVERS
5. class and zone transfer: REFUSED   6. a probe of ours for loops: its answer
7. rewrite rules, then the AAAA filter
8. what is known here (`local_lookup`), through CNAMEs; before the first list, or before files are read:
   SERVFAIL
9. a name that is not known here, also as a CNAME's target: the caller asks an upstream (`PendingQuery`)
   and comes back (`resume`); without an upstream, or with RD clear: REFUSED, or the CNAMEs alone

Queries and replies are without their id, as on the hot path.
"""

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns.answer import (
    cname_chain,
    local_lookup,
    loop_probe,
    query_cookies,
    refusal,
    rewrite,
    server_identity,
)
from svcdns.dns.answer.rewrite import Rewritten
from svcdns.dns.answer.view import View
from svcdns.dns.answer.zone_lookup import LookupResult
from svcdns.dns.table.table_meta import CLUSTER_KINDS, Freshness, ZoneKind
from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import ExtendedError, Query, Sections
from svcdns.dns.wire.records import Record

MAX_CNAMES = 8
"""CNAMEs followed for one question; a longer chain is taken for a loop."""

_QR_BIT = 0x80
"""Of a message's first byte behind the id: a response."""
_OPCODE_BITS = 0x78
"""Of the same byte; all clear: QUERY."""


class PendingQuery(Struct, frozen=True):
    """How far a query has come: the name to ask an upstream for, and the CNAMEs that led to it."""

    query: Query
    name: bytes
    """Folded; the question's name, or what rules and CNAMEs made of it."""
    limit: int
    """Bytes of the reply at most, with its id."""
    cname_chain: tuple[Record, ...] = ()
    is_authoritative: bool = False
    """The first of the chain is of a zone of ours."""
    is_stale: bool = False
    """Part of the answer is of the cluster, and may be out of date."""
    edns_options: bytes = b""
    """EDNS options in wire form: what an upstream added to an earlier part of the chain."""
    rewritten: Rewritten | None = None


class AnsweredQuery(Struct, frozen=True):
    """A query's reply."""

    reply: bytes
    failure: str = ""
    """The reason of a SERVFAIL that is ours, as in `LookupResult`."""


class UpstreamResult(Struct, frozen=True):
    """What an upstream answered, or that none did (SERVFAIL)."""

    rcode: int
    sections: Sections
    edns_options: bytes = b""
    """EDNS options to send with the answer, in wire form."""
    is_authentic: bool = False
    """The upstream set AD."""
    is_truncated: bool = False
    """The sections are a part: all that the upstream gave."""


def answer_packet(
    view: View, packet: bytes, is_stream: bool, client: bytes = b""
) -> AnsweredQuery | PendingQuery | None:
    """The reply to any packet, a question to forward, or None where no reply is due.

    `client` is its address, as 4 or 16 bytes: a cookie is made for it.
    """
    if len(packet) < messages.HEADER_SIZE_WITHOUT_ID or packet[0] & _QR_BIT:
        return None
    if packet[0] & _OPCODE_BITS:
        return AnsweredQuery(messages.header_only_reply(packet, records.NOTIMP))
    try:
        if packet[2:4] == query_cookies.NO_QUESTION:
            return AnsweredQuery(query_cookies.answer_without_question(view, packet, client))
        query = query_cookies.parse_query(view, packet, client)
    except messages.FormatError:
        return AnsweredQuery(messages.header_only_reply(packet, records.FORMERR))

    limit = messages.reply_limit(query.edns, is_stream)
    if query.edns and query.edns.version:
        return AnsweredQuery(messages.encode_reply(query, 0, records.BADVERS, Sections(), limit))
    if query.qclass == records.CH:
        return _answer_chaos(view, query, limit)
    if query.qtype in (records.AXFR, records.IXFR):
        return _refused_reply(view, query, limit, refusal.NO_TRANSFER)
    if query.qclass != records.IN:
        return _refused_reply(view, query, limit, refusal.NO_CLASS)

    # Before rules and zones: whatever these say of the name, the probe must come home.
    loop_key = view.context.loop_key
    if loop_key and loop_probe.is_own_probe(loop_key, query.qname):
        proof = Sections([Record(query.qname, records.TXT, 0, loop_probe.ANSWER_RDATA)])
        return AnsweredQuery(messages.encode_reply(query, messages.AA, records.NOERROR, proof, limit))

    return _rewrite_and_resolve(view, PendingQuery(query, query.qname, limit))


def resume(view: View, pending: PendingQuery, result: UpstreamResult) -> AnsweredQuery | PendingQuery:
    """The reply with what an upstream answered; or on behind a CNAME whose end it has left open."""
    target = cname_chain.unresolved_target(pending.query.qtype, result.rcode, result.sections)
    if target is None:
        return finish(view, pending, result)

    return _follow_cnames(
        view,
        replace(
            pending,
            name=target,
            cname_chain=(*pending.cname_chain, *result.sections.answer),
            edns_options=result.edns_options or pending.edns_options,
        ),
    )


def finish(view: View, pending: PendingQuery, result: UpstreamResult) -> AnsweredQuery:
    """The reply with what an upstream answered, or with our failure to ask one."""
    # Behind a CNAME of ours, what an upstream refuses is our failure: we have not refused the query.
    is_failure = pending.cname_chain and result.rcode not in (records.NOERROR, records.NXDOMAIN)
    if result.is_truncated and pending.limit == messages.MAX_TCP_SIZE:
        # TC has no meaning on a stream: a part would be taken for the whole.
        is_failure, result = True, replace(result, sections=Sections(), is_truncated=False)
    combined = LookupResult(
        records.SERVFAIL if is_failure else result.rcode,
        result.sections.answer,
        result.sections.authority,
        result.sections.additional,
        is_authoritative=False,
        edns_options=result.edns_options,
    )

    # What we have put together or renamed, nobody has validated as it stands: no AD.
    is_authentic = (
        result.is_authentic
        and not pending.cname_chain
        and pending.rewritten is None
        and pending.query.wants_ad
    )
    flags = (messages.AD if is_authentic else 0) | (messages.TC if result.is_truncated else 0)
    return _encode_result(view, pending, combined, flags)


def _rewrite_and_resolve(view: View, pending: PendingQuery) -> AnsweredQuery | PendingQuery:
    rules = view.context.rules
    rewritten = rules.rewrite(pending.name) if rules is not None else None
    if rewritten is not None:
        pending = replace(pending, name=rewritten.name, rewritten=rewritten)
    return _follow_cnames(view, pending)


def _filtered_reply(view: View, pending: PendingQuery) -> AnsweredQuery:
    """The AAAA filter: no answer; but where a name of ours does not exist, the reply says so."""
    zone = view.find_zone(pending.name)
    if not view.is_ready(zone, pending.name):
        return _not_ready_reply(view, pending)
    if zone.kind is ZoneKind.EXTERNAL and not pending.query.flags & messages.RD:
        return _refused_reply(view, pending.query, pending.limit, refusal.NO_RECURSION)

    result = local_lookup.look_up_local(view, pending.name, pending.query.qtype, pending.limit)
    if result and result.rcode == records.SERVFAIL:
        return _encode_result(view, pending, result)

    soa = [] if zone.kind is ZoneKind.EXTERNAL else [view.soa_record(zone)]
    rcode = result.rcode if result else records.NOERROR
    options = b"" if rcode else refusal.FILTERED_OPTION
    is_authoritative = result is not None
    return _encode_result(
        view,
        pending,
        LookupResult(rcode, authority=soa, is_authoritative=is_authoritative, edns_options=options),
    )


def _follow_cnames(view: View, pending: PendingQuery) -> AnsweredQuery | PendingQuery:
    """From one name to the next, to the end or to a name for an upstream."""
    rules = view.context.rules
    while cname_chain.count_cnames(pending.cname_chain) <= MAX_CNAMES and not cname_chain.is_loop(
        pending.cname_chain, pending.name
    ):
        if rules is not None and rules.is_filtered(pending.name, pending.query.qtype):
            return _filtered_reply(view, pending)

        zone = view.find_zone(pending.name)
        is_cluster_name = zone.kind in CLUSTER_KINDS
        if not view.is_ready(zone, pending.name):
            return _not_ready_reply(view, pending)

        result = local_lookup.look_up_local(view, pending.name, pending.query.qtype, pending.limit)
        if result is None or (result.is_referral and _has_upstream(view, pending)):
            return _leave_to_upstream(view, pending)

        # From here on a part of the answer is ours, and may be stale.
        pending = replace(
            pending, is_stale=pending.is_stale or (is_cluster_name and view.is_stale(pending.name))
        )
        if result.cname_target is None:
            return _encode_result(view, pending, result)

        pending = replace(
            pending,
            name=result.cname_target.lower(),
            cname_chain=(*pending.cname_chain, *result.answer),
            is_authoritative=pending.is_authoritative or not pending.cname_chain,
        )
    return _cname_loop_reply(view, pending)


def _cname_loop_reply(view: View, pending: PendingQuery) -> AnsweredQuery:
    """SERVFAIL, with this reason as its only extended error."""
    options = messages.encode_extended_error(
        messages.OTHER_ERROR, f"a loop, or more than {MAX_CNAMES} CNAMEs"
    )
    result = LookupResult(records.SERVFAIL, edns_options=options, failure="cname_loop")
    return _encode_result(view, replace(pending, is_stale=False), result)


def _leave_to_upstream(view: View, pending: PendingQuery) -> AnsweredQuery | PendingQuery:
    if _has_upstream(view, pending):
        return pending
    if not pending.cname_chain:
        reason = refusal.NO_UPSTREAM if pending.query.flags & messages.RD else refusal.NO_RECURSION
        return _refused_reply(view, pending.query, pending.limit, reason)
    return _encode_result(view, pending, LookupResult(is_authoritative=False))


def _has_upstream(view: View, pending: PendingQuery) -> bool:
    return bool(pending.query.flags & messages.RD) and view.context.has_route(pending.name)


def _encode_result(view: View, pending: PendingQuery, result: LookupResult, flags: int = 0) -> AnsweredQuery:
    """The reply with what was found behind the chain, under the names that the client asked for."""
    if pending.is_authoritative if pending.cname_chain else result.is_authoritative:
        flags |= messages.AA

    # An upstream's options for the last name, else those for an earlier one of the chain.
    options = result.edns_options or pending.edns_options
    # A failure of ours says its own reason.
    if pending.is_stale and not result.failure:
        options += _stale_error(result.rcode)

    answer = [*pending.cname_chain, *result.answer]
    sections = Sections(answer, result.authority, result.additional, result.needed_additional)
    if pending.rewritten is not None:
        sections = rewrite.restore_names(sections, pending.query.qname, pending.rewritten)

    reply = messages.encode_reply(
        pending.query, flags | _ra_flag(view), result.rcode, sections, pending.limit, options
    )
    return AnsweredQuery(reply, result.failure)


def _stale_error(rcode: int) -> bytes:
    """The extended error of an answer that may be out of date (RFC 8914 4.4, 4.20)."""
    return messages.encode_extended_error(
        messages.STALE_NXDOMAIN if rcode == records.NXDOMAIN else messages.STALE_ANSWER
    )


def _not_ready_reply(view: View, pending: PendingQuery) -> AnsweredQuery:
    awaited = "the first list" if view.meta.state is Freshness.EMPTY else "the zone files and hosts"
    options = messages.encode_extended_error(messages.NOT_READY, f"no answers yet: waiting for {awaited}")
    result = LookupResult(records.SERVFAIL, is_authoritative=False, edns_options=options, failure="not_ready")
    return _encode_result(view, pending, result)


def _ra_flag(view: View) -> int:
    return messages.RA if view.context.is_recursive else 0


def _refused_reply(view: View, query: Query, limit: int, reason: ExtendedError) -> AnsweredQuery:
    return AnsweredQuery(refusal.encode_refusal(query, _ra_flag(view), limit, reason))


def _answer_chaos(view: View, query: Query, limit: int) -> AnsweredQuery:
    record = server_identity.identity_record(query, view.context.server_id)
    if record is None:
        return _refused_reply(view, query, limit, refusal.NO_CHAOS)
    return AnsweredQuery(messages.encode_chaos_reply(query, record, limit))
