"""The hot path: a query that the table can answer, to its reply, as bytes.

Both are without their id here (RFC 1035 4.1.1): a transport takes it off, and puts it back.
`None` means "not mine": the slow path (`query`) decides. What is answered here has a usual form
(`forms`); and its answer or its absence is in the table, or an upstream's that is kept, and fits.
Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from svcdns.dns import forms, nodes, wire
from svcdns.dns.elsewhere import elsewhere
from svcdns.dns.forms import Form
from svcdns.dns.found import Found, answer, of_node
from svcdns.dns.living import Living, Passing
from svcdns.dns.view import FORMS_KEPT, View
from svcdns.dns.wire import HEADER

Reply = TypeVar("Reply")

_KEEP = 3
"""One reply in so many: what is asked often soon is kept, and of the rest there is no end.

An odd number, since resolvers ask for A and AAAA by turns: of an even one A would never have its turn.
"""


def respond(view: View, asked: bytes, stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    Replies are kept until the next version of the table, or until many others were: the same query has
    the same one.
    """
    kept = view.replies.get(asked)
    if kept is not None:
        return kept
    alive = view.living.get(asked)
    return alive.reply() if alive is not None else _look_up(view, asked, stream)


def respond_all(view: View, batch: Sequence[bytes], slowly: Callable[[bytes], Reply]) -> list[bytes | Reply]:
    """The same for a batch of datagrams, with what the slow path, `slowly`, makes of the rest."""
    replies = cast("list[bytes | Reply]", list(map(view.replies.get, batch)))
    living = view.living.get
    for i, reply in enumerate(replies):
        if reply is None:
            alive = living(batch[i])
            replies[i] = alive.reply() if alive else _look_up(view, batch[i], False) or slowly(batch[i])
    return replies


def _look_up(view: View, asked: bytes, stream: bool) -> bytes | None:
    if len(asked) <= HEADER:
        return None
    siblings = asked[:HEADER] + asked[HEADER + 1 + asked[HEADER] :]
    denied = view.denied.get(siblings)
    return (denied and denied.reply(asked)) or _read(view, asked, siblings, stream)


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
        found = answer(view, form, question, node[start:stop], form.opt)
    elif node is not None:
        found = of_node(view, form, question, name, node)
    else:
        found = elsewhere(view, form, question, name, siblings)
    if found is None:
        return None
    if not isinstance(found, tuple):
        return _enliven(view, asked, found, form.limit, stream)
    head, body, opt = found
    reply = b"".join((head, question, body, opt))
    if len(reply) > form.limit - wire.ID:
        return reply if stream and len(reply) <= wire.TCP_SIZE - wire.ID else None
    view.turn = turn = view.turn + 1
    if not turn % _KEEP:
        view.replies.keep(asked, reply)
    return reply


def _enliven(view: View, asked: bytes, found: Living | Passing, limit: int, stream: bool) -> bytes | None:
    """The first reply of one that differs, which is kept if it fits."""
    reply = found.reply()
    if len(reply) <= limit - wire.ID:
        view.enliven(asked, found)
        return reply
    if stream:
        return reply if len(reply) <= wire.TCP_SIZE - wire.ID else None
    return found.cut(limit) if isinstance(found, Passing) else None


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
