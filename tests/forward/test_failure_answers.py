"""Which rcode and which reasons a client gets where upstreams failed."""

import pytest

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import failure_answers
from svcdns.forward.failure_answers import FailedAttempt
from svcdns.forward.options import Upstream
from svcdns.forward.questions import UpstreamAnswer

A, B = Upstream("192.0.2.1"), Upstream("192.0.2.2")
SILENT = FailedAttempt("no answer within 2.0 s", is_unanswered=True)
CLOSED = FailedAttempt("Connection refused", is_unanswered=True, is_refused=True)
REFUSED = FailedAttempt("says REFUSED", rcode=records.REFUSED)
SERVFAIL = FailedAttempt("says SERVFAIL", rcode=records.SERVFAIL, extended_errors=((6, "192.0.2.1:53"),))


@pytest.mark.parametrize(
    ("first", "second", "rcode", "codes"),
    [
        (SILENT, CLOSED, records.SERVFAIL, [messages.NO_REACHABLE_AUTHORITY]),
        (CLOSED, CLOSED, records.SERVFAIL, [messages.NETWORK_ERROR]),
        (SERVFAIL, REFUSED, records.SERVFAIL, [6, messages.NETWORK_ERROR]),
        (SILENT, REFUSED, records.REFUSED, [messages.NETWORK_ERROR]),
    ],
)
def test_servfail_comes_before_refused_and_all_are_named(
    first: FailedAttempt, second: FailedAttempt, rcode: int, codes: list[int]
) -> None:
    answer = failure_answers.from_attempts({A: first, B: second})
    assert answer.rcode == rcode
    assert [code for code, _ in answer.extended_errors] == codes
    assert answer.extended_errors[-1][1] == f"192.0.2.1:53: {first.reason}; 192.0.2.2:53: {second.reason}"


def test_a_long_text_is_cut() -> None:
    ((_, text),) = failure_answers.servfail("x" * 500).extended_errors
    assert len(text) == failure_answers.MAX_ERROR_CHARS and text.endswith("...")


def test_a_part_is_better_than_an_error() -> None:
    part = UpstreamAnswer(
        records.NOERROR, Sections([Record(b"\0", records.A, 60, bytes(4))]), is_truncated=True
    )
    cut_off = FailedAttempt("its answer is cut off", part=part)
    answer = failure_answers.from_attempts({A: SERVFAIL, B: cut_off})
    assert (answer.rcode, answer.sections, answer.is_truncated) == (records.NOERROR, part.sections, True)
    assert "its answer is cut off" in answer.extended_errors[-1][1]
