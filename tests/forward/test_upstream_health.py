"""Health as a state machine: what must hold after any sequence of answers, silences, refusals and probes."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward.upstream_health import MAX_SILENT_NAMES, SILENCES_UNTIL_SUSPECT, UpstreamHealth

NAME = b"\3www\0"
KINDS = ("answered", "silent", "refused", "probe answered", "probe silent")
EVENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0.0, 5.0), st.integers(0, 20)))


@given(EVENTS)
def test_any_sequence(events: list[tuple[str, float, int]]) -> None:
    """Against a naive reading: the silences since the last answer, of questions sent after it."""
    health, now, heard, missed, silences, up = UpstreamHealth(), 0.0, float("-inf"), float("-inf"), 0, True
    names: set[bytes] = set()
    for kind, age, number in events:
        now += 1.0
        sent, name = now - age, bytes([number])
        if kind == "answered":
            health = health.after_answer(sent, now)
            if up or sent >= missed:
                heard, missed, silences, up = now, float("-inf"), 0, True
                names.clear()
        elif kind == "probe answered":
            health = health.after_probe_answer(sent, now)
            if up and silences >= SILENCES_UNTIL_SUSPECT and len(names) >= MAX_SILENT_NAMES:
                up = False
            elif up or sent >= missed:
                heard, missed, silences, up = now, float("-inf"), 0, True
        elif kind == "probe silent":
            health = health.after_probe_failure(sent)
            up = up and sent < heard
        else:
            health = health.after_failure(sent, kind == "refused", name)
            if kind == "refused" or sent >= heard:
                silences, missed = silences + 1, max(missed, sent)
                up = up and kind != "refused"
                if len(names) < MAX_SILENT_NAMES:
                    names.add(name)
        assert (health.is_up, health.failures, health.last_response_at) == (up, silences, heard)
        assert health.silent_names == names
        assert health.is_suspect == (up and silences >= SILENCES_UNTIL_SUSPECT)


def test_two_silences_in_a_row_are_a_suspicion_and_a_probe_decides() -> None:
    once = UpstreamHealth().after_failure(1.0, False, NAME)
    assert once.is_up and not once.is_suspect
    twice = once.after_failure(2.0, False, NAME)
    assert twice.is_up and twice.is_suspect
    assert not twice.after_probe_failure(2.5).is_up
    cleared = twice.after_probe_answer(2.5, 3.0)
    assert cleared.is_up and not cleared.is_suspect
    assert not once.after_answer(2.5, 3.0).after_failure(4.0, False, NAME).is_suspect


def test_a_probe_from_before_the_last_answer_tells_nothing() -> None:
    suspect = UpstreamHealth().after_failure(1.0, False, NAME).after_failure(2.0, False, NAME)
    assert suspect.after_answer(2.5, 3.0).after_probe_failure(2.2).is_up


def test_one_name_is_forgiven_each_time_and_many_are_not() -> None:
    health = UpstreamHealth()
    for sent_at in range(100):
        health = health.after_failure(sent_at, False, NAME).after_failure(sent_at, False, NAME)
        health = health.after_probe_answer(sent_at, sent_at + 0.5)
        assert health.is_up
    for number in range(MAX_SILENT_NAMES):
        health = health.after_failure(200 + number, False, bytes([number]))
    assert not health.after_probe_answer(300.0, 301.0).is_up
    assert health.after_answer(300.0, 301.0) == UpstreamHealth().after_answer(300.0, 301.0)


def test_a_refusal_counts_at_once() -> None:
    assert not UpstreamHealth().after_failure(1.0, True, NAME).is_up
    assert not UpstreamHealth().after_answer(2.0, 2.0).after_failure(1.0, True, NAME).is_up


def test_what_was_lost_before_the_last_answer_tells_nothing() -> None:
    health = UpstreamHealth().after_answer(5.0, 5.0)
    for sent in (3.0, 3.1, 4.9):
        health = health.after_failure(sent, False, NAME)
    assert health == UpstreamHealth().after_answer(5.0, 5.0)


def test_an_answer_from_before_its_end_tells_nothing() -> None:
    ended = UpstreamHealth().after_failure(2.0, True, NAME)
    assert ended.after_answer(1.9, 2.1) == ended
    assert ended.after_answer(2.0, 2.1).is_up
