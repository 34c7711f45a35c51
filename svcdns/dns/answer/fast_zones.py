"""The hot path for a name without a key of the cluster: implied, denied, a zone file's, or an upstream's."""

from svcdns.dns.answer import query_shape
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.render import (
    RenderedReply,
    render_answer,
    render_node,
    shuffled_records,
)
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import (
    MAX_NXDOMAIN_ENTRIES,
    MAX_PARENTS,
    CachedAnswer,
    View,
)
from svcdns.dns.table import node_format, rrset_encoding, synthesized
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import messages, names

_IN = b"\0\1"
_DS = b"\0\x2b"
"""At a zone's apex it is the zone's above (RFC 4035 3.1.4.1)."""
_AUTHORITATIVE = ZoneKind.AUTHORITATIVE


def answer_by_zone(
    view: View, shape: QueryShape, question: bytes, name: bytes, query_without_first_label: bytes
) -> RenderedReply | None:
    """What is found by the zone of a name; `siblings` is the query without its first label."""
    zone = _find_zone(view, name)
    if zone is None:
        return None
    if zone.kind is _AUTHORITATIVE:
        node = synthesized.synthesize_node(view.get, name)
        if node is not None:
            return render_node(view, shape, question, name, node)
        soas = view.negative_soas(zone.apex)
        if query_without_first_label not in view.nxdomain_replies:
            _cache_nxdomain(view, shape, zone, name[name[0] + 1 :], query_without_first_label)
        return shape.nxdomain_head, soas[len(name)], shape.nxdomain_opt
    if zone.kind == ZoneKind.FILE:
        return _render_file_zone(view, shape, question, name)
    if shape.upstream_flags and (zone.kind == ZoneKind.EXTERNAL or zone.kind == ZoneKind.REVERSE):
        kept = view.lookup_cached(name + shape.qtype, shape.query_flags, shape.do)
        return kept and _render_upstream(view, shape, question, kept)
    return None


def _cache_nxdomain(
    view: View, shape: QueryShape, zone: Zone, parent: bytes, query_without_first_label: bytes
) -> None:
    """Where the name above does not exist, no other one below it does (RFC 8020): remember that."""
    if len(parent) <= len(zone.name) or parent in view.zone_cut_parents or view.needs_slow_path is not None:
        return
    if (
        len(query_without_first_label)
        > messages.HEADER_SIZE_WITHOUT_ID + len(parent) + query_shape.MAX_CACHED_TAIL
    ):  # it has options: by cookies, each its own
        return
    if len(view.nxdomain_replies) >= MAX_NXDOMAIN_ENTRIES:
        view.nxdomain_replies.clear()
    denials = view.negative_soas(zone.apex)
    denied = (
        None
        if view.get(parent)
        else denials.nxdomain_reply(shape.nxdomain_head, shape.nxdomain_opt, len(parent) + 1)
    )
    view.nxdomain_replies[query_without_first_label] = denied


def _render_file_zone(view: View, shape: QueryShape, question: bytes, name: bytes) -> RenderedReply | None:
    """A name of a zone file that is neither an alias nor a delegation, nor made by a wildcard."""
    node = view.get(node_format.FILE_ZONE_PREFIX + name)
    if node is None or node[0] & (node_format.ALIAS_FLAG | node_format.ZONE_CUT_FLAG):
        return None
    value, opt = node_format.inline_answer(node, shape.qtype), shape.choose_opt(messages.OPT_RECORDS)
    if value is not None:
        return render_answer(view, shape, question, value, opt)
    return (
        (shape.nodata_head, view.negative_soas(node_format.zone_number(node))[len(name)], opt)
        if shape.qtype != _DS
        else None
    )


def _render_upstream(
    view: View, shape: QueryShape, question: bytes, cached_answer: CachedAnswer
) -> RotatingReply | CachedReply:
    """What an upstream said; its TTLs are those of this second."""
    flags, value, opts, given = cached_answer
    head = (
        (shape.upstream_flags | flags).to_bytes(2, "big")
        + _IN
        + value[shape.counts_offset : shape.counts_offset + 6]
        + question
    )
    opt = shape.choose_opt(opts)
    if value[0] == rrset_encoding.SHUFFLE:
        return RotatingReply(head, *shuffled_records(view, value), opt, given)
    return CachedReply(
        b"".join((head, value[rrset_encoding.ANSWER_HEADER_SIZE :], opt)), len(head), opt, given
    )


def _find_zone(view: View, name: bytes) -> Zone | None:
    """The zone with the longest suffix of the name; None where the name is not valid.

    Names below one parent are asked for one after the other, so the parent's zone is remembered, but
    where a zone begins below it.
    """
    parent = name[name[0] + 1 :] if name else name
    zone = view.zones_by_parent.get(parent)
    if zone is not None and name[0] < 64 and len(name) < 256:
        return zone
    zone = _walk_labels(view, name)
    if zone is not None and parent and parent not in view.zone_cut_parents:
        if len(view.zones_by_parent) >= MAX_PARENTS:
            view.zones_by_parent.clear()
        view.zones_by_parent[parent] = zone
    return zone


def _walk_labels(view: View, name: bytes) -> Zone | None:
    """The same, label by label (RFC 1035 3.1)."""
    last = len(name) - 1
    if not 0 <= last < 255:
        return None
    at, zones, found = 0, view.zones, None
    while at < last:
        if name[at] > 63:
            return None
        if found is None:
            found = zones.get(name[at:])
        at += name[at] + 1
    return None if at != last else found or zones[names.ROOT]
