"""Replies are as large as they may be, and hold as much as fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from tests.dns import asked

QUESTION = asked.wire_name("web.default.svc") + b"\0\1\0\1"


RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from(
            [asked.wire_name(text) for text in ("web.default.svc", "x.web.default.svc", "example.com.")]
        ),
        st.just(records.TXT),
        st.just(30),
        st.binary(max_size=255).map(records.txt_rdata),
    ),
    max_size=40,
)


@given(
    st.builds(Sections, RECORDS, RECORDS, RECORDS),
    st.sampled_from((512, 1232, 4000, 65535)),
    st.sampled_from((None, messages.Edns(1232, 0, True))),
)
def test_a_reply_holds_as_much_as_fits(sections: Sections, limit: int, edns: messages.Edns | None) -> None:
    asking = messages.Query(messages.RD, QUESTION, QUESTION[:-4], records.A, records.IN, edns)

    def made(parts: Sections, room: int) -> bytes:
        return bytes(messages.ID_SIZE) + messages.encode_reply(
            asking, messages.AA, records.NOERROR, parts, room
        )

    message = asked.read(made(sections, limit))
    parts = (sections.answer, sections.authority, sections.additional)
    kept = [len(section) for section in message.sections[1:]]
    cut = next((number for number in range(3) if kept[number] < len(parts[number])), None)
    if cut is None:
        assert len(made(sections, limit)) <= limit
        assert made(sections, limit) == made(sections, 1 << 20)
        return
    assert asked.is_cut(message) == (cut < 2), "glue may be missing without TC (RFC 2181 9)"
    assert not any(kept[cut + 1 :])
    answer, authority, additional = [
        part[: count + (number == cut)] for number, (part, count) in enumerate(zip(parts, kept, strict=True))
    ]
    one_more = Sections(answer, authority, additional)
    assert len(made(sections, limit)) <= limit < len(made(one_more, 1 << 20))


def test_needed_additional_records_that_do_not_fit_set_tc() -> None:
    asking = messages.Query(messages.RD, QUESTION, QUESTION[:-4], records.A, records.IN, None)
    glue = [Record(QUESTION[:-4], records.TXT, 30, records.txt_rdata(bytes(200))) for _ in range(3)]

    for needed, is_cut in ((3, True), (2, False), (0, False)):
        reply = messages.encode_reply(
            asking, 0, records.NOERROR, Sections(additional=glue, needed_additional=needed), 512
        )
        message = asked.read(bytes(messages.ID_SIZE) + reply)
        assert (asked.is_cut(message), len(message.additional)) == (is_cut, 2)


@pytest.mark.parametrize("rcode", [records.NOERROR, records.REFUSED, records.BADVERS, records.BADCOOKIE])
@pytest.mark.parametrize("name", [b"\0", b"\3web\0", b"\2\0a\0"])
def test_the_rcode_of_a_reply_has_its_high_bits(rcode: int, name: bytes) -> None:
    question = name + bytes((0, 1, 0, 1))
    query = messages.Query(0, question, name, 1, 1, messages.Edns(1232, 0, False))
    assert messages.read_rcode(messages.encode_reply(query, 0, rcode, messages.Sections(), 512)) == rcode
    without = messages.encode_cookie_reply(bytes(10), messages.Edns(1232, 0, False), rcode, b"")
    assert messages.read_rcode(without) == rcode


def test_a_header_alone_has_its_rcode() -> None:
    reply = messages.header_only_reply(bytes(10), records.FORMERR)
    assert messages.read_rcode(reply) == records.FORMERR
