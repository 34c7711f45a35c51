"""Health as a state machine: what must hold after any sequence of answers, failures and refusals."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward import upstream_health
from svcdns.forward.upstream_health import UpstreamHealth

EVENTS = st.lists(st.tuples(st.sampled_from(("answered", "failed", "refused")), st.floats(0.0, 5.0)))


@given(EVENTS)
def test_any_sequence(events: list[tuple[str, float]]) -> None:
    """Against a naive reading: the failures since the last answer, of questions sent after it."""
    seen, now, heard, missed, counted, up = UpstreamHealth(), 0.0, float("-inf"), float("-inf"), 0, True
    for what, age in events:
        now += 1.0
        sent = now - age
        if what == "answered":
            seen = seen.after_answer(sent, now)
            if up or sent >= missed:
                heard, missed, counted, up = now, float("-inf"), 0, True
        else:
            seen = seen.after_failure(sent, what == "refused")
            if what == "refused" or sent >= heard:
                counted, missed = counted + 1, max(missed, sent)
                up = up and what != "refused" and counted < upstream_health.FAILURES_UNTIL_DOWN
        assert (seen.is_up, seen.failures, seen.last_response_at) == (up, counted, heard)


def test_two_failures_in_a_row() -> None:
    once = UpstreamHealth().after_failure(1.0, False)
    assert once.is_up
    assert not once.after_failure(2.0, False).is_up
    assert once.after_answer(2.5, 3.0).after_failure(4.0, False).is_up


def test_a_refusal_counts_at_once() -> None:
    assert not UpstreamHealth().after_failure(1.0, True).is_up
    assert not UpstreamHealth().after_answer(2.0, 2.0).after_failure(1.0, True).is_up


def test_what_was_lost_before_the_last_answer_tells_nothing() -> None:
    seen = UpstreamHealth().after_answer(5.0, 5.0)
    for sent in (3.0, 3.1, 4.9):
        seen = seen.after_failure(sent, False)
    assert seen == UpstreamHealth().after_answer(5.0, 5.0)


def test_an_answer_from_before_its_end_tells_nothing() -> None:
    ended = UpstreamHealth().after_failure(2.0, True)
    assert ended.after_answer(1.9, 2.1) == ended
    assert ended.after_answer(2.0, 2.1).is_up
