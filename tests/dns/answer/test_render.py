"""What the hot path makes of a value: parts of a reply, or nothing where the slow path decides."""

from svcdns.dns.answer import query_shape, render
from svcdns.dns.answer.timed_replies import RotatingReply
from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages, records
from tests.dns import asked, tables

QUERY = asked.packet("x")[2:]
QUESTION = QUERY[messages.HEADER_SIZE_WITHOUT_ID :]
RECORDS = [messages.encode_record(b"\xc0\x0c", records.A, 30, bytes((10, 0, 0, n))) for n in range(3)]


def _shape() -> query_shape.QueryShape:
    shape = query_shape.parse_shape(QUERY[:10], QUERY[-4:], False, messages.OPT_RECORDS, messages.OPT_RECORDS)
    assert shape is not None
    return shape


def test_a_plain_value_is_three_parts() -> None:
    value = rrset_encoding.encode_answer_header(rrset_encoding.PLAIN, 0, 3, 0, 0) + b"".join(RECORDS)
    parts = render.render_answer(tables.make().view, _shape(), QUESTION, value, b"")
    assert isinstance(parts, tuple)
    head, body, opt = parts
    message = asked.read(bytes(2) + head + QUESTION + body + opt)
    assert [str(rrset[0]) for rrset in message.answer] == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]


def test_a_value_to_shuffle_differs_each_time() -> None:
    value = rrset_encoding.encode_answer_header(rrset_encoding.SHUFFLE, len(RECORDS[0]), 3, 0, 0)
    value += b"".join(RECORDS)
    reply = render.render_answer(tables.make().view, _shape(), QUESTION, value, b"")
    assert isinstance(reply, RotatingReply)
    assert sorted(reply.records) == RECORDS
    assert len({reply.next_reply() for _ in range(50)}) == 6


def test_other_values_are_for_the_slow_path() -> None:
    view = tables.make().view
    for kind in (rrset_encoding.LARGE, rrset_encoding.SERIAL_SOA, rrset_encoding.REFERRAL):
        value = rrset_encoding.encode_answer_header(kind, 0, 1, 0, 0)
        assert render.render_answer(view, _shape(), QUESTION, value, b"") is None
    assert render.render_answer(view, _shape(), QUESTION, b"", b"") is None, "under a key of its own"


def test_a_set_that_is_kept_comes_in_another_order_each_time() -> None:
    caches = tables.make([f"many 30 A 10.0.0.{number}" for number in range(10)])
    packet = asked.packet("many", additional=(asked.opt(),))
    wanted = asked.said(asked.read(asked.reply(caches, packet)))
    assert packet[2:] in caches.timed_replies
    replies = {asked.reply(caches, packet) for _ in range(20)}
    assert len(replies) > 15
    assert all(asked.said(asked.read(reply)) == wanted for reply in replies)
    tables.publish(caches, tables.entries(["many 30 A 10.0.0.1"]))
    assert len(asked.read(asked.reply(caches, packet)).answer) == 1
