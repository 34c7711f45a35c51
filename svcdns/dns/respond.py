"""The hot path: a query that the table can answer, to its reply, as bytes.

`None` means "not mine": the slow path (`query`) decides. What is answered here has the one usual
header, one question of class IN, at most an OPT, and its answer or its absence is in the table and
fits. Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from typing import TypeAlias

from svcdns.dns import answers, names, nodes, wire
from svcdns.dns.view import KEPT, KEPT_BESIDE, PARENTS_KEPT, View, Zone, ZoneKind

_IN = b"\0\1"
_OPT = b"\0\0\x29"
_DS = b"\0\x2b"
"""At a zone's apex it is the zone's above (RFC 4035 3.1.4.1)."""
_WHOLE = ZoneKind.WHOLE
_FIRST_META_TYPE, _LAST_META_TYPE = b"\0\xf9", b"\0\xff"
"""TKEY to ANY: questions about the server or about many types (RFC 6895 3.1)."""


def respond(view: View, packet: bytes, stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    A reply is kept until the next version of the table, or until many others were: the same query, but
    for its id, has the same one.
    """
    asked = packet[2:]
    kept = view.replies.get(asked) or view.before.get(asked)
    if kept is not None:
        return packet[:2] + kept
    head = view.heads.get(packet[2:12])
    if head is None:
        return None
    end = packet.find(0, 12) + 1
    question_end = end + 4
    if packet[end + 2 : question_end] != _IN:
        return None
    limit, do = wire.PLAIN_SIZE, -1
    if head.edns:
        if packet[question_end : question_end + 3] != _OPT or not _options_fit(packet, question_end + 9):
            return None
        if packet[question_end + 6]:
            return None
        limit = packet[question_end + 3] << 8 | packet[question_end + 4]
        limit = 512 if limit < 512 else wire.UDP_SIZE if limit > wire.UDP_SIZE else limit
        do = packet[question_end + 7] >> 7
    elif len(packet) != question_end:
        return None

    name, rrtype = packet[12:end].lower(), packet[end : end + 2]
    if view.detour is not None and view.detour(name, rrtype[0] << 8 | rrtype[1]):
        return None
    node = view.get(name)
    at = -1 if node is None else node.find(rrtype, nodes.TYPES, node[3])
    if node is not None and not at & 1:  # nodes.inside, written out
        start, stop = nodes.span(node, at + node[3] - nodes.TYPES)
        flags, value, opts = head.answered, node[start:stop], view.opt
        if start == stop:
            return None
    else:
        found = _absent(view, name, rrtype, node, head) if node else _elsewhere(view, name, rrtype, head, do)
        if found is None:
            return None
        flags, value, opts = found
    kind = value[0]
    if kind == answers.SHUFFLE:
        body = view.shuffle(value, answers.HEADER, value[2] << 8 | value[3], value[1])
    elif kind == answers.PLAIN or kind == answers.PASSING:
        body = value[answers.HEADER :]
    else:
        return None
    question = packet[12:question_end]
    if do < 0:
        reply = b"".join((packet[:2], flags, _IN, value[2:8], question, body))
    else:
        reply = b"".join((packet[:2], flags, _IN, value[8:14], question, body, opts[do]))
    if len(reply) > limit:
        if kind == answers.PASSING and not stream:
            return _cut(packet[:2], flags, question, value, limit, opts[do] if do >= 0 else b"")
        return reply if stream and len(reply) <= wire.TCP_SIZE else None
    if kind == answers.PLAIN:
        view.replies[asked] = reply[2:]
        view.kept_size += len(reply) + KEPT_BESIDE
        if view.kept_size > KEPT:
            view.turn()
    return reply


def _cut(ident: bytes, flags: bytes, question: bytes, value: bytes, limit: int, opt: bytes) -> bytes:
    """An upstream's large answer: TC, and as many whole records as fit (RFC 2181 9)."""
    count, end = answers.whole_records(value, limit - 12 - len(question) - len(opt))
    counts = count.to_bytes(2, "big") + (b"\0\0\0\1" if opt else bytes(4))
    flags = (int.from_bytes(flags, "big") | wire.TC).to_bytes(2, "big")
    return b"".join((ident, flags, _IN, counts, question, value[answers.HEADER : end], opt))


def _options_fit(packet: bytes, at: int) -> bool:
    """The OPT's length and those of its options lead exactly to the packet's end."""
    size = len(packet)
    if size < at + 2:
        return False
    end = at + 2 + (packet[at] << 8 | packet[at + 1])
    at += 2
    while at + 4 <= end <= size:
        at += 4 + (packet[at + 2] << 8 | packet[at + 3])
    return at == end == size


Found: TypeAlias = tuple[bytes, bytes, wire.Opts]
"""The reply's flags, a value as of the table, and the OPT to send."""


def _absent(view: View, name: bytes, rrtype: bytes, node: bytes, head: wire.Head) -> Found | None:
    """A name of the cluster that exists without this type (RFC 2308 2.2), unless a CNAME answers it."""
    if node[0] & nodes.IS_ALIAS or _FIRST_META_TYPE <= rrtype <= _LAST_META_TYPE:
        return None
    value = nodes.inside(node, rrtype)
    if value is not None:
        return (head.answered, value, view.opt) if value else None
    return head.answered, view.negative(nodes.zone(node), len(name)), view.opt


def _elsewhere(view: View, name: bytes, rrtype: bytes, head: wire.Head, do: int) -> Found | None:
    """No name of the cluster: NXDOMAIN, a zone file's, or what is kept of an upstream."""
    zone = _zone(view, name)
    if zone is None or _FIRST_META_TYPE <= rrtype <= _LAST_META_TYPE:
        return None
    if zone.kind is _WHOLE:
        return head.nxdomain, view.negative(zone.apex, len(name)), view.opt_nxdomain
    if zone.kind == ZoneKind.STATIC:
        return _static(view, name, rrtype, head)
    if head.recursive and (zone.kind == ZoneKind.OUTSIDE or zone.kind == ZoneKind.SPARSE):
        kept = view.kept(name + rrtype, head.asked, do)
        if kept is not None:
            return (head.recursive | kept[0]).to_bytes(2, "big"), kept[1], kept[2]
    return None


def _static(view: View, name: bytes, rrtype: bytes, head: wire.Head) -> Found | None:
    """A name of a zone file that is neither an alias nor a delegation, nor made by a wildcard."""
    node = view.get(nodes.STATIC + name)
    if node is None or node[0] & (nodes.IS_ALIAS | nodes.IS_CUT):
        return None
    value = nodes.inside(node, rrtype)
    if value is None:
        if rrtype == _DS:
            return None
        value = view.negative(nodes.zone(node), len(name))
    return (head.answered, value, wire.OPTS) if value else None


def _zone(view: View, name: bytes) -> Zone | None:
    """The zone with the longest suffix of the name; None where the name is not valid.

    Names below one parent are asked for one after the other, so the parent's zone is remembered, but
    where a zone begins below it.
    """
    parent = name[name[0] + 1 :] if name else name
    zone = view.parents.get(parent)
    if zone is not None and name[0] < 64 and len(name) < 256:
        return zone
    zone = _walk(view, name)
    if zone is not None and parent and parent not in view.junctions:
        if len(view.parents) >= PARENTS_KEPT:
            view.parents.clear()
        view.parents[parent] = zone
    return zone


def _walk(view: View, name: bytes) -> Zone | None:
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
