"""The hot path for a name without a node of the cluster: synthesized, absent, a file's, or an upstream's."""

from svcdns.dns.answer import query_shape
from svcdns.dns.answer.answer_context import CachedAnswer
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.render import (
    RenderedReply,
    render_answer,
    render_node,
    shuffled_records,
)
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import View
from svcdns.dns.table import node_format, rrset_encoding, synthesized
from svcdns.dns.table.table_meta import Zone, ZoneKind
from svcdns.dns.wire import messages, names

_ONE_QUESTION = b"\0\1"
_DS = b"\0\x2b"
"""At a zone's apex, DS is answered by the zone above (RFC 4035 3.1.4.1)."""
_AUTHORITATIVE = ZoneKind.AUTHORITATIVE
"""A name of this module is found faster than a member of an enumeration."""
_UPSTREAM_KINDS = (ZoneKind.EXTERNAL, ZoneKind.REVERSE)
"""Zones whose absent names an upstream may know."""


def answer_by_zone(
    caches: FastPathCaches,
    shape: QueryShape,
    question: bytes,
    name: bytes,
    query_without_first_label: bytes,
) -> RenderedReply | None:
    """The parts of a reply by the kind of the folded name's zone; None: the slow path decides."""
    view = caches.view
    zone = _find_zone(caches, name)
    if zone is None:
        return None

    if zone.kind is _AUTHORITATIVE:
        node = synthesized.synthesize_node(view.get, name)
        if node is not None:
            return render_node(view, shape, question, name, node)

        soas = view.negative_soas(zone.apex)
        if query_without_first_label not in caches.nxdomain_replies:
            _cache_nxdomain(caches, shape, zone, name[name[0] + 1 :], query_without_first_label)
        return shape.nxdomain_head, soas[len(name)], shape.nxdomain_opt

    if zone.kind == ZoneKind.FILE:
        return _render_file_zone(view, shape, question, name)

    upstreams = view.context.upstreams
    if shape.upstream_flags and upstreams is not None and zone.kind in _UPSTREAM_KINDS:
        cached_answer = upstreams.lookup_cached(name + shape.qtype, shape.query_flags, shape.do)
        return cached_answer and _render_upstream(view, shape, question, cached_answer)
    return None


def _cache_nxdomain(
    caches: FastPathCaches, shape: QueryShape, zone: Zone, parent: bytes, query_without_first_label: bytes
) -> None:
    """Where the name above does not exist, no other one below it does (RFC 8020): remember that.

    Where it exists, that is remembered as well, as None, so that this is tried once for each version.
    """
    view = caches.view

    # Not for names right below a zone's apex or a zone cut, which another zone may hold; and a rule or
    # a hosts file may hold a single name.
    if len(parent) <= len(zone.name) or parent in view.zone_cut_parents or view.needs_slow_path is not None:
        return

    # Options such as cookies differ with each client: no other query would ever be the same.
    size_without_options = messages.HEADER_SIZE_WITHOUT_ID + len(parent) + query_shape.MAX_CACHED_TAIL
    if len(query_without_first_label) > size_without_options:
        return

    nxdomain_reply = None
    if not view.get(parent):
        soas = view.negative_soas(zone.apex)
        nxdomain_reply = soas.nxdomain_reply(shape.nxdomain_head, shape.nxdomain_opt, len(parent) + 1)
    caches.add_nxdomain_reply(query_without_first_label, nxdomain_reply)


def _render_file_zone(view: View, shape: QueryShape, question: bytes, name: bytes) -> RenderedReply | None:
    """A name of a zone file that is neither an alias nor a delegation, nor made by a wildcard."""
    node = view.get(node_format.FILE_ZONE_PREFIX + name)
    if node is None or node[0] & (node_format.ALIAS_FLAG | node_format.ZONE_CUT_FLAG):
        return None

    # Zone files are never stale, as the cluster's names can be: so not the view's OPT.
    opt = shape.choose_opt(messages.OPT_RECORDS)
    value = node_format.inline_answer(node, shape.qtype)
    if value is not None:
        return render_answer(view, shape, question, value, opt)
    if shape.qtype == _DS:
        return None

    soas = view.negative_soas(node_format.zone_number(node))
    return shape.nodata_head, soas[len(name)], opt


def _render_upstream(
    view: View, shape: QueryShape, question: bytes, cached_answer: CachedAnswer
) -> RotatingReply | CachedReply:
    """An upstream's cached answer; its TTLs are those of this second."""
    flags, value, opt_records, hit_counter = cached_answer
    counts = value[shape.counts_offset : shape.counts_offset + 6]
    head = (shape.upstream_flags | flags).to_bytes(2, "big") + _ONE_QUESTION + counts + question
    opt = shape.choose_opt(opt_records)

    if value[0] == rrset_encoding.SHUFFLE:
        return RotatingReply(head, *shuffled_records(view, value), opt, hit_counter)

    message = b"".join((head, value[rrset_encoding.ANSWER_HEADER_SIZE :], opt))
    return CachedReply(message, len(head), opt, hit_counter)


def _find_zone(caches: FastPathCaches, name: bytes) -> Zone | None:
    """The zone with the longest suffix of the name; None where the name is not valid.

    Names below one parent are often asked for in a row, so the zone of a parent's names is remembered,
    except where another zone begins right below the parent.
    """
    parent = name[name[0] + 1 :] if name else name
    zone = caches.zones_by_parent.get(parent)
    if zone is not None and name[0] < 64 and len(name) < 256:
        return zone

    zone = _walk_labels(caches.view, name)
    if zone is not None and parent and parent not in caches.view.zone_cut_parents:
        caches.add_parent_zone(parent, zone)
    return zone


def _walk_labels(view: View, name: bytes) -> Zone | None:
    """The same, label by label (RFC 1035 3.1)."""
    last = len(name) - 1
    if not 0 <= last < 255:
        return None

    at = 0
    zone = None
    while at < last:
        if name[at] > 63:
            return None
        # The rest is walked although the zone is known: a label further on may be invalid.
        if zone is None:
            zone = view.zones.get(name[at:])
        at += name[at] + 1
    return None if at != last else zone or view.zones[names.ROOT]
