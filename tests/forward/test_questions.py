"""Questions for upstreams: as messages, as keys of a cache, and which responses answer them."""

import dns.flags
import dns.message
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import messages, names, records, response
from svcdns.forward import questions
from svcdns.forward.questions import Question, UpstreamQuery

WWW = names.from_text("www.example.com.")
QUESTIONS = st.builds(
    Question,
    st.sampled_from((WWW, names.ROOT, names.from_text("www.example."))),
    st.sampled_from((records.A, records.AAAA, 0x4100)),
    st.booleans(),
    st.booleans(),
)


@given(QUESTIONS, st.integers(0, 0xFFFF))
def test_the_message_as_dnspython_reads_it(question: Question, query_id: int) -> None:
    message = dns.message.from_wire(question.encode(query_id))

    (asked,) = message.question
    assert (asked.name.to_text(), int(asked.rdtype)) == (names.to_text(question.name), question.type)
    assert message.id == query_id

    assert message.flags & dns.flags.RD and message.flags & dns.flags.AD
    assert bool(message.flags & dns.flags.CD) == question.checking_disabled
    assert message.edns == 0
    assert bool(message.ednsflags & dns.flags.DO) == question.dnssec_ok


def test_without_edns_there_is_no_opt_record() -> None:
    message = dns.message.from_wire(Question(WWW, records.A, False, True).encode(7, has_edns=False))
    assert message.edns == -1
    assert message.id == 7


@given(QUESTIONS, QUESTIONS)
def test_equal_questions_alone_have_equal_keys(first: Question, second: Question) -> None:
    assert (first.cache_key == second.cache_key) == (first == second)


@given(QUESTIONS, st.sampled_from((0, messages.RD, messages.RD | messages.AD)))
def test_the_key_of_a_query_is_that_of_its_question(question: Question, other_flags: int) -> None:
    name_and_type = question.wire_section[:-2]
    flags = other_flags | (messages.CD if question.checking_disabled else 0)
    assert questions.cache_key(name_and_type, flags, question.dnssec_ok) == question.cache_key


def test_a_query_without_edns_has_the_key_of_one_without_do() -> None:
    """DO is -1 where a query has no OPT record."""
    name_and_type = WWW + b"\0\1"
    without_edns = questions.cache_key(name_and_type, messages.RD, -1)
    assert without_edns == Question(WWW, records.A, False, False).cache_key


@pytest.mark.parametrize(
    ("name", "rrtype", "is_answer"),
    [
        ("www.example.com.", "A", True),
        ("WWW.example.COM.", "A", True),
        ("www.example.com.", "AAAA", False),
        ("www.example.org.", "A", False),
    ],
)
@pytest.mark.parametrize("sent_name", [WWW, b"\3wWw\7eXample\3cOm\0"])
def test_which_responses_answer_it(name: str, rrtype: str, is_answer: bool, sent_name: bytes) -> None:
    reply = dns.message.make_response(dns.message.make_query(name, rrtype)).to_wire()
    query = UpstreamQuery(Question(sent_name, records.A, False, False), True)
    assert query.is_answered_by(response.parse_response(reply)) == is_answer


def test_an_error_may_come_without_a_question() -> None:
    query = UpstreamQuery(Question(WWW, records.A, False, False), True)
    sent = query.encode(1)
    formerr = sent[:2] + messages.header_only_reply(sent[2:], 1)
    assert query.is_answered_by(response.parse_response(formerr))
