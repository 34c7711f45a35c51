"""What the hot path makes of a value of the table (`answers`, `nodes`): the parts of a reply, or None.

None means that the slow path decides.
"""

from collections.abc import Sequence
from typing import TypeAlias

from svcdns.dns import answers, living, nodes, shuffle
from svcdns.dns.forms import Form
from svcdns.dns.living import Living, Passing
from svcdns.dns.view import View

Found: TypeAlias = tuple[bytes, bytes, bytes] | Living | Passing
"""What stands before the question; then the records, and the OPT."""


def of_node(view: View, form: Form, question: bytes, name: bytes, node: bytes) -> Found | None:
    """A name of the cluster: the answer, NODATA (RFC 2308 2.2), or a CNAME that is not for here."""
    if node[0] & nodes.IS_ALIAS:
        return None
    value = nodes.inside(node, form.rrtype)
    if value is not None:
        return answer(view, form, question, value, form.opt)
    return form.nodata, view.denials(nodes.zone(node))[len(name)], form.opt


def answer(view: View, form: Form, question: bytes, value: bytes, opt: bytes) -> Found | None:
    """From a value of the table; None where it lies elsewhere, or is more than records to send."""
    if not value:
        return None
    head = form.answered + value[form.counts : form.counts + 6]
    if value[0] == answers.PLAIN:
        return head, value[answers.HEADER :], opt
    if value[0] == answers.SHUFFLE:
        return Living(head + question, *in_any_order(view, value), opt)
    return None


def in_any_order(view: View, value: bytes) -> tuple[Sequence[bytes], living.Order]:
    """The records of a value that may change places, as `Living` has them."""
    count = value[2] << 8 | value[3]
    order = view.shuffler.order(count)
    return order(shuffle.split(value, answers.HEADER, count, value[1])), order
