"""The hot path: a query that the table can answer, to its reply, as bytes.

`None` means "not mine": the slow path (`query`) decides. What is answered here has a usual form
(`forms`); and its answer or its absence is in the table, or an upstream's that is kept, and fits.
Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from svcdns.dns import answers, forms, implied, living, names, nodes, shuffle, wire
from svcdns.dns.forms import Form
from svcdns.dns.living import Living
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.view import EXISTS, FORMS_KEPT, PARENTS_KEPT, Ready, View

_IN = b"\0\1"
_DS = b"\0\x2b"
"""At a zone's apex it is the zone's above (RFC 4035 3.1.4.1)."""
_WHOLE = ZoneKind.WHOLE
_DENIALS_KEPT = 16
"""One in so many, by the query's id: what is asked often soon is, and of others there is no end."""


def respond(view: View, packet: bytes, stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    Replies are kept until the next version of the table, or until many others were: the same query, but
    for its id, has the same one.
    """
    asked = packet[2:]
    kept = view.replies.get(asked)
    return packet[:2] + kept if kept else _look_up(view, packet, asked, stream)


def respond_all(view: View, packets: Sequence[bytes]) -> list[bytes | None]:
    """The same for a batch of datagrams."""
    get = view.replies.get
    return [
        packet[:2] + kept if (kept := get(asked := packet[2:])) else _look_up(view, packet, asked, False)
        for packet in packets
    ]


Found: TypeAlias = tuple[bytes, bytes, bytes] | Living
"""What stands before the question, but for the id; then the records, and the OPT."""


def _look_up(view: View, packet: bytes, asked: bytes, stream: bool) -> bytes | None:
    alive = view.living.get(asked)
    if alive is not None:
        return alive.reply(packet[:2])
    kept = view.before.get(asked)
    if kept is not None:
        view.keep(asked, kept)
        return packet[:2] + kept
    end = packet.find(0, 12) + 1
    form = view.forms.get(packet[2:12] + packet[end:]) or _form(view, packet, end)
    if form is None:
        return None
    name, question = packet[12:end].lower(), packet[12 : end + 4]
    if view.detour is not None and view.detour(name, form.rrtype[0] << 8 | form.rrtype[1]):
        return None
    denials = view.denied.get(name[name[0] + 1 :])
    found: Found | None
    if denials and name[0] < 64 and len(name) < 256:
        found = form.nxdomain, denials[len(name)], form.opt_nxdomain
    else:
        node = view.get(name)
        at = -1 if node is None else node.find(form.rrtype, nodes.TYPES, node[3])
        if node is not None and not at & 1:  # nodes.inside, written out
            start, stop = nodes.span(node, at + node[3] - nodes.TYPES)
            found = _answer(view, form, question, node[start:stop], form.opt)
        elif node is not None:
            found = _of_node(view, form, question, name, node)
        else:
            found = _elsewhere(view, form, question, name)
    if found is None:
        return None
    if type(found) is Living:
        return _enliven(view, packet, found, form.limit, stream)
    head, body, opt = found
    reply = b"".join((packet[:2], head, question, body, opt))
    if len(reply) > form.limit:
        return reply if stream and len(reply) <= wire.TCP_SIZE else None
    if head is not form.nxdomain or not packet[1] % _DENIALS_KEPT:
        view.keep(asked, reply[2:])
    return reply


def _enliven(view: View, packet: bytes, found: Living, limit: int, stream: bool) -> bytes | None:
    """The first reply of a living one, which is kept if it fits."""
    reply = found.reply(packet[:2])
    if len(reply) <= limit:
        view.enliven(packet[2:], found)
        return reply
    if stream:
        return reply if len(reply) <= wire.TCP_SIZE else None
    return found.cut(packet[:2], limit) if found.order is living.AS_THEY_ARE else None


def _form(view: View, packet: bytes, end: int) -> Form | None:
    """Of the query whose name ends there; one without options is remembered."""
    head, tail = packet[2:12], packet[end:]
    if not end or not view.has_answers:
        return None
    form = forms.read(head, tail, view.recursive, view.opt, view.opt_nxdomain)
    if form is not None and len(tail) <= forms.SHORT:
        if len(view.forms) >= FORMS_KEPT:
            view.forms.clear()
        view.forms[head + tail] = form
    return form


def _of_node(view: View, form: Form, question: bytes, name: bytes, node: bytes) -> Found | None:
    """A name of the cluster: the answer, NODATA (RFC 2308 2.2), or a CNAME that is not for here."""
    if node[0] & nodes.IS_ALIAS:
        return None
    value = nodes.inside(node, form.rrtype)
    if value is not None:
        return _answer(view, form, question, value, form.opt)
    return form.nodata, view.denials(nodes.zone(node))[len(name)], form.opt


def _answer(view: View, form: Form, question: bytes, value: bytes, opt: bytes) -> Found | None:
    """From a value of the table; None where it lies elsewhere, or is more than records to send."""
    if not value:
        return None
    head = form.answered + value[form.counts : form.counts + 6]
    if value[0] == answers.PLAIN:
        return head, value[answers.HEADER :], opt
    if value[0] == answers.SHUFFLE:
        return Living(head + question, *_in_any_order(view, value), opt)
    return None


def _in_any_order(view: View, value: bytes) -> tuple[Sequence[bytes], living.Order]:
    count = value[2] << 8 | value[3]
    return shuffle.split(value, answers.HEADER, count, value[1]), view.shuffler.order(count)


def _elsewhere(view: View, form: Form, question: bytes, name: bytes) -> Found | None:
    """No key of the cluster: an implied name, NXDOMAIN, a zone file's, or what is kept of an upstream."""
    zone = _zone(view, name)
    if zone is None:
        return None
    if zone.kind is _WHOLE:
        node = implied.node(view.get, name)
        if node is not None:
            return _of_node(view, form, question, name, node)
        return form.nxdomain, _denials(view, zone, name)[len(name)], form.opt_nxdomain
    if zone.kind == ZoneKind.STATIC:
        return _static(view, form, question, name)
    if form.recursive and (zone.kind == ZoneKind.OUTSIDE or zone.kind == ZoneKind.SPARSE):
        kept = view.kept(name + form.rrtype, form.asked, form.do)
        return kept and _of_upstream(view, form, question, kept)
    return None


def _denials(view: View, zone: Zone, name: bytes) -> Mapping[int, bytes]:
    """The zone's; where the name above does not exist, no other one below that does (RFC 8020)."""
    denials, parent = view.denials(zone.apex), name[name[0] + 1 :]
    if len(parent) > len(zone.name) and parent not in view.denied and parent not in view.junctions:
        if len(view.denied) >= PARENTS_KEPT:
            view.denied.clear()
        view.denied[parent] = EXISTS if view.get(parent) else denials
    return denials


def _static(view: View, form: Form, question: bytes, name: bytes) -> Found | None:
    """A name of a zone file that is neither an alias nor a delegation, nor made by a wildcard."""
    node = view.get(nodes.STATIC + name)
    if node is None or node[0] & (nodes.IS_ALIAS | nodes.IS_CUT):
        return None
    value, opt = nodes.inside(node, form.rrtype), form.choose(wire.OPTS)
    if value is not None:
        return _answer(view, form, question, value, opt)
    return (form.nodata, view.denials(nodes.zone(node))[len(name)], opt) if form.rrtype != _DS else None


def _of_upstream(view: View, form: Form, question: bytes, kept: Ready) -> Living:
    """What an upstream said; its TTLs are those of this second."""
    flags, value, opts, given = kept
    records: Sequence[bytes] = (value[answers.HEADER :],)
    order = living.AS_THEY_ARE
    if value[0] == answers.SHUFFLE:
        records, order = _in_any_order(view, value)
    head = (form.recursive | flags).to_bytes(2, "big") + _IN + value[form.counts : form.counts + 6]
    return Living(head + question, records, order, form.choose(opts), given)


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
