"""The hot path for a name without a key of the cluster: implied, denied, a zone file's, or an upstream's."""

from svcdns.dns import answers, forms, implied, names, nodes, wire
from svcdns.dns.forms import Form
from svcdns.dns.found import Found, answer, in_any_order, of_node
from svcdns.dns.living import Living, Passing
from svcdns.dns.meta import Zone, ZoneKind
from svcdns.dns.view import DENIED_KEPT, PARENTS_KEPT, Ready, View

_IN = b"\0\1"
_DS = b"\0\x2b"
"""At a zone's apex it is the zone's above (RFC 4035 3.1.4.1)."""
_WHOLE = ZoneKind.WHOLE


def elsewhere(view: View, form: Form, question: bytes, name: bytes, siblings: bytes) -> Found | None:
    """What is found by the zone of a name; `siblings` is the query without its first label."""
    zone = _zone(view, name)
    if zone is None:
        return None
    if zone.kind is _WHOLE:
        node = implied.node(view.get, name)
        if node is not None:
            return of_node(view, form, question, name, node)
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
    if len(siblings) > wire.HEADER + len(parent) + forms.SHORT:  # it has options: by cookies, each its own
        return
    if len(view.denied) >= DENIED_KEPT:
        view.denied.clear()
    denials = view.denials(zone.apex)
    denied = None if view.get(parent) else denials.denied(form.nxdomain, form.opt_nxdomain, len(parent) + 1)
    view.denied[siblings] = denied


def _static(view: View, form: Form, question: bytes, name: bytes) -> Found | None:
    """A name of a zone file that is neither an alias nor a delegation, nor made by a wildcard."""
    node = view.get(nodes.STATIC + name)
    if node is None or node[0] & (nodes.IS_ALIAS | nodes.IS_CUT):
        return None
    value, opt = nodes.inside(node, form.rrtype), form.choose(wire.OPTS)
    if value is not None:
        return answer(view, form, question, value, opt)
    return (form.nodata, view.denials(nodes.zone(node))[len(name)], opt) if form.rrtype != _DS else None


def _of_upstream(view: View, form: Form, question: bytes, kept: Ready) -> Living | Passing:
    """What an upstream said; its TTLs are those of this second."""
    flags, value, opts, given = kept
    head = (form.recursive | flags).to_bytes(2, "big") + _IN + value[form.counts : form.counts + 6] + question
    opt = form.choose(opts)
    if value[0] == answers.SHUFFLE:
        return Living(head, *in_any_order(view, value), opt, given)
    return Passing(b"".join((head, value[answers.HEADER :], opt)), len(head), opt, given)


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
