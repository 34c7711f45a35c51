"""The hot path: a query that the table can answer, to its reply, as bytes.

Both are without their id here (RFC 1035 4.1.1): a transport takes it off, and puts it back.
`None` means "not mine": the slow path (`query`) decides. What is answered here has a usual form
(`forms`); and its answer or its absence is in the table, or an upstream's that is kept, and fits.
Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from collections.abc import Sequence
from typing import TypeAlias

from svcdns.dns import answers, forms, implied, living, names, nodes, shuffle, wire
from svcdns.dns.denials import Denied
from svcdns.dns.forms import Form
from svcdns.dns.living import Living
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.view import DENIED_KEPT, FORMS_KEPT, PARENTS_KEPT, Ready, View
from svcdns.dns.wire import HEADER

_IN = b"\0\1"
_DS = b"\0\x2b"
"""At a zone's apex it is the zone's above (RFC 4035 3.1.4.1)."""
_WHOLE = ZoneKind.WHOLE
_KEEP, _KEEP_DENIAL = 4, 16
"""One reply in so many: what is asked often soon is kept, and of the rest there is no end."""


def respond(view: View, asked: bytes, stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    Replies are kept until the next version of the table, or until many others were: the same query has
    the same one.
    """
    return view.replies.get(asked) or _look_up(view, asked, stream)


def respond_all(view: View, batch: Sequence[bytes]) -> list[bytes | None]:
    """The same for a batch of datagrams."""
    get = view.replies.get
    return [get(asked) or _look_up(view, asked, False) for asked in batch]


Found: TypeAlias = tuple[bytes, bytes, bytes] | Living
"""What stands before the question; then the records, and the OPT."""


def _look_up(view: View, asked: bytes, stream: bool) -> bytes | None:
    alive = view.living.get(asked)
    if alive is not None:
        return alive.reply()
    kept = view.before.get(asked)
    if kept is not None:
        view.keep(asked, kept)
        return kept
    if len(asked) <= HEADER:
        return None
    siblings = asked[:HEADER] + asked[HEADER + 1 + asked[HEADER] :]
    denied = view.denied.get(siblings)
    reply = denied and denied.reply(asked)
    if reply is None:
        return _read(view, asked, siblings, stream)
    view.turn = turn = view.turn + 1
    if not turn % _KEEP_DENIAL:
        view.keep(asked, reply)
    return reply


def _read(view: View, asked: bytes, siblings: bytes, stream: bool) -> bytes | None:
    end = asked.find(0, HEADER) + 1
    form = view.forms.get(asked[:HEADER] + asked[end:]) or _form(view, asked, end)
    if form is None:
        return None
    name, question = asked[HEADER:end].lower(), asked[HEADER : end + 4]
    if view.detour is not None and view.detour(name, form.rrtype[0] << 8 | form.rrtype[1]):
        return None
    node = view.get(name)
    at = -1 if node is None else node.find(form.rrtype, nodes.TYPES, node[3])
    found: Found | None
    if node is not None and not at & 1:  # nodes.inside, written out
        start, stop = nodes.span(node, at + node[3] - nodes.TYPES)
        found = _answer(view, form, question, node[start:stop], form.opt)
    elif node is not None:
        found = _of_node(view, form, question, name, node)
    else:
        found = _elsewhere(view, form, question, name, siblings)
    if found is None:
        return None
    if type(found) is Living:
        return _enliven(view, asked, found, form.limit, stream)
    head, body, opt = found
    reply = b"".join((head, question, body, opt))
    if len(reply) > form.limit - wire.ID:
        return reply if stream and len(reply) <= wire.TCP_SIZE - wire.ID else None
    view.turn = turn = view.turn + 1
    if not turn % _KEEP:
        view.keep(asked, reply)
    return reply


def _enliven(view: View, asked: bytes, found: Living, limit: int, stream: bool) -> bytes | None:
    """The first reply of a living one, which is kept if it fits."""
    reply = found.reply()
    if len(reply) <= limit - wire.ID:
        view.enliven(asked, found)
        return reply
    if stream:
        return reply if len(reply) <= wire.TCP_SIZE - wire.ID else None
    return found.cut(limit) if found.order is living.AS_THEY_ARE else None


def _form(view: View, asked: bytes, end: int) -> Form | None:
    """Of the query whose name ends there; one without options is remembered."""
    head, tail = asked[:HEADER], asked[end:]
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
    order = view.shuffler.order(count)
    return order(shuffle.split(value, answers.HEADER, count, value[1])), order


def _elsewhere(view: View, form: Form, question: bytes, name: bytes, siblings: bytes) -> Found | None:
    """No key of the cluster: an implied name, NXDOMAIN, a zone file's, or what is kept of an upstream."""
    zone = _zone(view, name)
    if zone is None:
        return None
    if zone.kind is _WHOLE:
        node = implied.node(view.get, name)
        if node is not None:
            return _of_node(view, form, question, name, node)
        soas = view.denials(zone.apex)
        if siblings not in view.denied:
            _deny(view, form, zone, name[name[0] + 1 :], siblings)
        return form.nxdomain, soas[len(name)], form.opt_nxdomain
    if zone.kind == ZoneKind.STATIC:
        return _static(view, form, question, name)
    if form.recursive and (zone.kind == ZoneKind.OUTSIDE or zone.kind == ZoneKind.SPARSE):
        kept = view.kept(name + form.rrtype, form.asked, form.do)
        return kept and _of_upstream(view, form, question, kept)
    return None


def _deny(view: View, form: Form, zone: Zone, parent: bytes, siblings: bytes) -> None:
    """Where the name above does not exist, no other one below it does (RFC 8020): remember that."""
    if len(parent) <= len(zone.name) or parent in view.junctions or view.detour is not None:
        return
    if len(siblings) > HEADER + names.MAX_NAME + forms.SHORT:  # it has options, which nobody has again
        return
    if len(view.denied) >= DENIED_KEPT:
        view.denied.clear()
    denied = Denied(form.nxdomain, view.denials(zone.apex), form.opt_nxdomain, len(parent) + 1)
    view.denied[siblings] = None if view.get(parent) else denied


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
