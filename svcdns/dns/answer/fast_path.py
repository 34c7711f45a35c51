"""The hot path: a query that the table can answer, to its reply, as bytes.

Both are without their id here (RFC 1035 4.1.1): a transport takes it off, and puts it back.
`None` means "not mine": the slow path (`query`) decides. What is answered here has a usual form
(`forms`); and its answer or its absence is in the table, or an upstream's that is kept, and fits.
Nothing is parsed that can be compared instead: a name that equals a key is a valid name.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from svcdns.dns.answer import query_shape
from svcdns.dns.answer.fast_zones import answer_by_zone
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.render import RenderedReply, render_answer, render_node
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import MAX_SHAPES, View
from svcdns.dns.table import node_format
from svcdns.dns.wire import messages
from svcdns.dns.wire.messages import HEADER_SIZE_WITHOUT_ID

SlowReply = TypeVar("SlowReply")

_CACHE_ONE_IN = 3
"""One reply in so many: what is asked often soon is kept, and of the rest there is no end.

An odd number, since resolvers ask for A and AAAA by turns: of an even one A would never have its turn.
"""


def answer_fast(view: View, query: bytes, is_stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `stream` is TCP, with its size limit.

    Replies are kept until the next version of the table, or until many others were: the same query has
    the same one.
    """
    kept = view.reply_cache.get(query)
    if kept is not None:
        return kept
    alive = view.timed_replies.get(query)
    return alive.next_reply() if alive is not None else _answer_uncached(view, query, is_stream)


def answer_batch(
    view: View, batch: Sequence[bytes], slow_path: Callable[[bytes], SlowReply]
) -> list[bytes | SlowReply]:
    """The same for a batch of datagrams, with what the slow path, `slowly`, makes of the rest."""
    replies = cast("list[bytes | SlowReply]", list(map(view.reply_cache.get, batch)))
    living = view.timed_replies.get
    for i, reply in enumerate(replies):
        if reply is None:
            alive = living(batch[i])
            replies[i] = (
                alive.next_reply()
                if alive
                else _answer_uncached(view, batch[i], False) or slow_path(batch[i])
            )
    return replies


def _answer_uncached(view: View, query: bytes, is_stream: bool) -> bytes | None:
    if len(query) <= HEADER_SIZE_WITHOUT_ID:
        return None
    siblings = (
        query[:HEADER_SIZE_WITHOUT_ID] + query[HEADER_SIZE_WITHOUT_ID + 1 + query[HEADER_SIZE_WITHOUT_ID] :]
    )
    denied = view.nxdomain_replies.get(siblings)
    return (denied and denied.render(query)) or _answer_from_table(view, query, siblings, is_stream)


def _answer_from_table(
    view: View, query: bytes, query_without_first_label: bytes, is_stream: bool
) -> bytes | None:
    end = query.find(0, HEADER_SIZE_WITHOUT_ID) + 1
    form = view.shapes.get(query[:HEADER_SIZE_WITHOUT_ID] + query[end:]) or _shape_of(view, query, end)
    if form is None:
        return None
    name, question = query[HEADER_SIZE_WITHOUT_ID:end].lower(), query[HEADER_SIZE_WITHOUT_ID : end + 4]
    if view.needs_slow_path is not None and view.needs_slow_path(name, form.qtype[0] << 8 | form.qtype[1]):
        return None
    node = view.get(name)
    at = -1 if node is None else node.find(form.qtype, node_format.TYPES_OFFSET, node[3])
    found: RenderedReply | None
    if node is not None and not at & 1:  # nodes.inside, written out
        start, stop = node_format.read_span(node, at + node[3] - node_format.TYPES_OFFSET)
        found = render_answer(view, form, question, node[start:stop], form.opt)
    elif node is not None:
        found = render_node(view, form, question, name, node)
    else:
        found = answer_by_zone(view, form, question, name, query_without_first_label)
    if found is None:
        return None
    if not isinstance(found, tuple):
        return _cache_for_second(view, query, found, form.udp_limit, is_stream)
    head, body, opt = found
    reply = b"".join((head, question, body, opt))
    if len(reply) > form.udp_limit - messages.ID_SIZE:
        return reply if is_stream and len(reply) <= messages.MAX_TCP_SIZE - messages.ID_SIZE else None
    view.cacheable_count = turn = view.cacheable_count + 1
    if not turn % _CACHE_ONE_IN:
        view.reply_cache.add(query, reply)
    return reply


def _cache_for_second(
    view: View, query: bytes, timed_reply: RotatingReply | CachedReply, limit: int, is_stream: bool
) -> bytes | None:
    """The first reply of one that differs, which is kept if it fits."""
    reply = timed_reply.next_reply()
    if len(reply) <= limit - messages.ID_SIZE:
        view.cache_for_second(query, timed_reply)
        return reply
    if is_stream:
        return reply if len(reply) <= messages.MAX_TCP_SIZE - messages.ID_SIZE else None
    return timed_reply.truncate(limit) if isinstance(timed_reply, CachedReply) else None


def _shape_of(view: View, query: bytes, name_end: int) -> QueryShape | None:
    """Of the query whose name ends there; one without options is remembered."""
    head, tail = query[:HEADER_SIZE_WITHOUT_ID], query[name_end:]
    if not name_end or not view.has_answers:
        return None
    form = query_shape.parse_shape(head, tail, view.is_recursive, view.opt_records, view.nxdomain_opt_records)
    if form is not None and len(tail) <= query_shape.MAX_CACHED_TAIL:
        if len(view.shapes) >= MAX_SHAPES:
            view.shapes.clear()
        view.shapes[head + tail] = form
    return form
