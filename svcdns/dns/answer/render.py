"""What the hot path makes of a value of the table (`answers`, `nodes`): the parts of a reply, or None.

None means that the slow path decides.
"""

from collections.abc import Sequence
from typing import TypeAlias

from svcdns.dns.answer import rotation, timed_replies
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import View
from svcdns.dns.table import node_format, rrset_encoding

RenderedReply: TypeAlias = tuple[bytes, bytes, bytes] | RotatingReply | CachedReply
"""What stands before the question; then the records, and the OPT."""


def render_node(
    view: View, shape: QueryShape, question: bytes, name: bytes, node: bytes
) -> RenderedReply | None:
    """A name of the cluster: the answer, NODATA (RFC 2308 2.2), or a CNAME that is not for here."""
    if node[0] & node_format.ALIAS_FLAG:
        return None
    value = node_format.inline_answer(node, shape.qtype)
    if value is not None:
        return render_answer(view, shape, question, value, shape.opt)
    return shape.nodata_head, view.negative_soas(node_format.zone_number(node))[len(name)], shape.opt


def render_answer(
    view: View, shape: QueryShape, question: bytes, value: bytes, opt: bytes
) -> RenderedReply | None:
    """From a value of the table; None where it lies elsewhere, or is more than records to send."""
    if not value:
        return None
    head = shape.answer_head + value[shape.counts_offset : shape.counts_offset + 6]
    if value[0] == rrset_encoding.PLAIN:
        return head, value[rrset_encoding.ANSWER_HEADER_SIZE :], opt
    if value[0] == rrset_encoding.SHUFFLE:
        return RotatingReply(head + question, *shuffled_records(view, value), opt)
    return None


def shuffled_records(view: View, value: bytes) -> tuple[Sequence[bytes], timed_replies.Reorder]:
    """The records of a value that may change places, as `Living` has them."""
    count = value[2] << 8 | value[3]
    order = view.shuffler.reorder_for(count)
    return order(rotation.split_records(value, rrset_encoding.ANSWER_HEADER_SIZE, count, value[1])), order
