"""Whether a worker forwards follows from its upstreams alone."""

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.wire import names
from tests.dns.tables import FakeUpstreams

CORP = names.from_text("corp.example.")


def test_without_upstreams_nothing_is_forwarded() -> None:
    context = AnswerContext(lambda bits: 1)
    assert not context.is_recursive
    assert not context.has_route(CORP)


def test_upstreams_of_a_suffix() -> None:
    context = AnswerContext(lambda bits: 1, upstreams=FakeUpstreams(CORP))
    assert context.is_recursive
    assert context.has_route(names.prepend_label(b"www", CORP))
    assert not context.has_route(names.from_text("example."))
