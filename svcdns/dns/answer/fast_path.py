"""The hot path: a query that the table can answer, to its reply, as bytes.

Query and reply are without their id here (RFC 1035 4.1.1): a transport takes it off, and puts it back.
`None` means "not mine": the slow path (`resolve`) decides. A query is answered here if it has a usual
shape (`query_shape`), and its answer or its absence is in the table, or cached from an upstream, and fits.
Nothing is parsed that can be compared instead: a name that equals a key of the table is a valid name.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from svcdns.dns.answer import query_shape
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.fast_zones import answer_by_zone
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.render import RenderedReply, render_answer, render_node
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.table import node_format
from svcdns.dns.wire import messages
from svcdns.dns.wire.messages import HEADER_SIZE_WITHOUT_ID

SlowOutcome = TypeVar("SlowOutcome")
"""What the caller's slow path makes of a query."""

_CACHE_ONE_IN = 3
"""One reply in so many is cached: a frequent query is cached soon, and rare ones seldom push it out.

An odd number, since resolvers ask for A and AAAA by turns: with an even one, A would never have its turn.
"""

_COOKIE = messages.COOKIE_OPTION.to_bytes(2, "big")
"""The first option's code, behind a name, a type and class (4), and an OPT's fixed part (11)."""


def answer_fast(caches: FastPathCaches, query: bytes, is_stream: bool) -> bytes | None:
    """The whole reply, or None for the slow path; `is_stream` is TCP, with its size limit."""
    cached = caches.reply_cache.get(query)
    if cached is not None:
        return cached

    timed_reply = caches.timed_replies.get(query)
    return timed_reply.next_reply() if timed_reply is not None else _answer_uncached(caches, query, is_stream)


def answer_batch(
    caches: FastPathCaches, batch: Sequence[bytes], slow_path: Callable[[bytes, int], SlowOutcome]
) -> list[bytes | SlowOutcome]:
    """The replies to a batch of datagrams, in its order.

    `slow_path` makes those not answered here, of a query and its index.
    """
    # All hits in one C loop, without a call of Python for each.
    replies = cast("list[bytes | SlowOutcome]", list(map(caches.reply_cache.get, batch)))

    # Bound once, though the dict may be replaced in the loop: what was in it is still of this second.
    get_timed_reply = caches.timed_replies.get
    for i, reply in enumerate(replies):
        if reply is None:
            timed_reply = get_timed_reply(batch[i])
            replies[i] = (
                timed_reply.next_reply()
                if timed_reply
                else _answer_uncached(caches, batch[i], False) or slow_path(batch[i], i)
            )
    return replies


def _answer_uncached(caches: FastPathCaches, query: bytes, is_stream: bool) -> bytes | None:
    if len(query) <= HEADER_SIZE_WITHOUT_ID:
        return None

    # Search lists make many names that do not exist, and which differ in the first label alone.
    query_without_first_label = (
        query[:HEADER_SIZE_WITHOUT_ID] + query[HEADER_SIZE_WITHOUT_ID + 1 + query[HEADER_SIZE_WITHOUT_ID] :]
    )
    nxdomain_reply = caches.nxdomain_replies.get(query_without_first_label)
    return (nxdomain_reply and nxdomain_reply.render(query)) or _answer_from_table(
        caches, query, query_without_first_label, is_stream
    )


def _answer_from_table(
    caches: FastPathCaches, query: bytes, query_without_first_label: bytes, is_stream: bool
) -> bytes | None:
    view = caches.view

    # The first zero byte ends a name. One within a label ends too early, but such a half equals no key.
    end = query.find(0, HEADER_SIZE_WITHOUT_ID) + 1
    shape = caches.shapes.get(query[:HEADER_SIZE_WITHOUT_ID] + query[end:]) or _parse_shape(
        caches, query, end
    )
    if shape is None:
        return None

    name = query[HEADER_SIZE_WITHOUT_ID:end].lower()
    question = query[HEADER_SIZE_WITHOUT_ID : end + messages.QTYPE_QCLASS_SIZE]
    if view.needs_slow_path is not None and view.needs_slow_path(name, shape.qtype[0] << 8 | shape.qtype[1]):
        return None

    # node_format.inline_answer, written out: a call less for the usual case.
    node = view.get(name)
    at = -1 if node is None else node.find(shape.qtype, node_format.TYPES_OFFSET, node[3])
    rendered: RenderedReply | None
    if node is not None and not at & 1:  # at an odd place are halves of two types; so is -1
        start, stop = node_format.read_span(node, at + node[3] - node_format.TYPES_OFFSET)
        rendered = render_answer(view, shape, question, node[start:stop], shape.opt)
    elif node is not None:
        rendered = render_node(view, shape, question, name, node)
    else:
        rendered = answer_by_zone(caches, shape, question, name, query_without_first_label)

    if rendered is None:
        return None
    if not isinstance(rendered, tuple):
        return _first_timed_reply(caches, query, rendered, shape.udp_limit, is_stream)

    head, body, opt = rendered
    reply = b"".join((head, question, body, opt))
    if len(reply) > shape.udp_limit - messages.ID_SIZE:
        return reply if is_stream and len(reply) <= messages.MAX_TCP_SIZE - messages.ID_SIZE else None

    caches.cacheable_count = cacheable_count = caches.cacheable_count + 1
    if not cacheable_count % _CACHE_ONE_IN:
        caches.reply_cache.add(query, reply)
    return reply


def _first_timed_reply(
    caches: FastPathCaches,
    query: bytes,
    timed_reply: RotatingReply | CachedReply,
    limit: int,
    is_stream: bool,
) -> bytes | None:
    """The first reply of one that differs from time to time; cached if it fits into `limit` bytes."""
    reply = timed_reply.next_reply()
    if len(reply) <= limit - messages.ID_SIZE:
        caches.add_timed_reply(query, timed_reply)
        return reply

    if is_stream:
        return reply if len(reply) <= messages.MAX_TCP_SIZE - messages.ID_SIZE else None

    # A set of the table is cut by the slow path, which draws the records that stay at random.
    return timed_reply.truncate(limit) if isinstance(timed_reply, CachedReply) else None


def _parse_shape(caches: FastPathCaches, query: bytes, name_end: int) -> QueryShape | None:
    """The shape of a query whose name ends there; None where it is not a usual one."""
    # Cookies are the most frequent of unusual queries: one slice tells them, before all is looked at.
    if query[name_end + 15 : name_end + 17] == _COOKIE:
        return None

    view = caches.view
    if not name_end or not view.has_answers:
        return None

    head, tail = query[:HEADER_SIZE_WITHOUT_ID], query[name_end:]
    shape = query_shape.parse_shape(
        head, tail, view.context.is_recursive, view.opt_records, view.nxdomain_opt_records
    )

    # Options such as cookies differ with each client: there is no end of such shapes.
    if shape is not None and len(tail) <= query_shape.MAX_CACHED_TAIL:
        caches.add_shape(head + tail, shape)
    return shape
