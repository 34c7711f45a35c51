"""Health as a state machine: what must hold after any sequence of answers, failures and refusals."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward import health
from svcdns.forward.health import Health

EVENTS = st.lists(st.tuples(st.sampled_from(("answered", "failed", "refused")), st.floats(0.0, 5.0)))


@given(EVENTS)
def test_any_sequence(events: list[tuple[str, float]]) -> None:
    """Against a naive reading: the failures since the last answer, of questions sent after it."""
    seen, now, heard, missed, counted, up = Health(), 0.0, float("-inf"), float("-inf"), 0, True
    for what, age in events:
        now += 1.0
        sent = now - age
        if what == "answered":
            seen = seen.answered(sent, now)
            if up or sent >= missed:
                heard, missed, counted, up = now, float("-inf"), 0, True
        else:
            seen = seen.failed(sent, what == "refused")
            if what == "refused" or sent >= heard:
                counted, missed = counted + 1, max(missed, sent)
                up = up and what != "refused" and counted < health.FAILURES
        assert (seen.up, seen.failures, seen.heard) == (up, counted, heard)


def test_two_failures_in_a_row() -> None:
    once = Health().failed(1.0, False)
    assert once.up
    assert not once.failed(2.0, False).up
    assert once.answered(2.5, 3.0).failed(4.0, False).up


def test_a_refusal_counts_at_once() -> None:
    assert not Health().failed(1.0, True).up
    assert not Health().answered(2.0, 2.0).failed(1.0, True).up


def test_what_was_lost_before_the_last_answer_tells_nothing() -> None:
    seen = Health().answered(5.0, 5.0)
    for sent in (3.0, 3.1, 4.9):
        seen = seen.failed(sent, False)
    assert seen == Health().answered(5.0, 5.0)


def test_an_answer_from_before_its_end_tells_nothing() -> None:
    ended = Health().failed(2.0, True)
    assert ended.answered(1.9, 2.1) == ended
    assert ended.answered(2.0, 2.1).up
