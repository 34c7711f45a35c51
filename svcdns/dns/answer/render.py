"""What the hot path makes of a value of the table (`rrset_encoding`, `node_format`): the parts of a reply.

None instead of these means that the slow path decides.
"""

from collections.abc import Sequence
from typing import TypeAlias

from svcdns.dns.answer import rotation, timed_replies
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import View
from svcdns.dns.table import node_format, rrset_encoding

RenderedReply: TypeAlias = tuple[bytes, bytes, bytes] | RotatingReply | CachedReply
"""Three parts: what stands before the question; the records; the OPT. Or a reply that differs each time."""


def render_node(
    view: View, shape: QueryShape, question: bytes, name: bytes, node: bytes
) -> RenderedReply | None:
    """A name of the cluster: its answer or NODATA (RFC 2308 2.2); a CNAME is left to the slow path."""
    if node[0] & node_format.ALIAS_FLAG:
        return None

    value = node_format.inline_answer(node, shape.qtype)
    if value is not None:
        return render_answer(view, shape, question, value, shape.opt)

    soas = view.negative_soas(node_format.zone_number(node))
    return shape.nodata_head, soas[len(name)], shape.opt


def render_answer(
    view: View, shape: QueryShape, question: bytes, value: bytes, opt: bytes
) -> RenderedReply | None:
    """An answer from its value; None where it has a key of its own, or is more than records to send."""
    if not value:
        return None

    head = shape.answer_head + value[shape.counts_offset : shape.counts_offset + 6]
    if value[0] == rrset_encoding.PLAIN:
        return head, value[rrset_encoding.ANSWER_HEADER_SIZE :], opt
    if value[0] == rrset_encoding.SHUFFLE:
        return RotatingReply(head + question, *shuffled_records(view, value), opt)
    return None


def shuffled_records(view: View, value: bytes) -> tuple[Sequence[bytes], timed_replies.Reorder]:
    """The records of a SHUFFLE value in a random order, and what puts them in the next one."""
    count = value[2] << 8 | value[3]
    reorder = view.context.shuffler.reorder_for(count)
    in_table_order = rotation.split_records(value, rrset_encoding.ANSWER_HEADER_SIZE, count, value[1])
    return reorder(in_table_order), reorder
