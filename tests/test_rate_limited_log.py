"""Log lines that others cause are bounded, and what was left out is counted; the same is logged once."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import rate_limited_log
from svcdns.rate_limited_log import LastingFault, RateLimitedLogger, RecentMessages, StandingWarnings


class Clock:
    """Stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    log = RateLimitedLogger(logging.getLogger("test.rate_limited"), clock)
    for number in range(50):
        log.warning("line %d", number)
    assert caplog.messages == [f"line {n}" for n in range(rate_limited_log.LINES)]
    caplog.clear()
    clock.now += rate_limited_log.SECONDS - 1
    log.warning("still")
    assert not caplog.records
    clock.now += 1
    log.warning("%s", "again")
    log.warning("and again")
    assert caplog.messages == ["again (lines left out before: 31)", "and again"]


def test_what_is_not_written_anyway_does_not_count(caplog: pytest.LogCaptureFixture) -> None:
    log = RateLimitedLogger(logging.getLogger("test.rate_limited"), Clock())
    for _ in range(50):
        log.debug("x")
    log.warning("y")
    assert caplog.messages == ["y"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20))))
def test_a_message_is_new_when_its_time_is_over(said: list[tuple[str, int]]) -> None:
    """Against when each was last logged."""
    clock = Clock()
    recent, logged_at = RecentMessages[str](30.0, clock), dict.fromkeys("abcdef", float("-inf"))
    for message, pause in said:
        clock.now += pause
        is_new = clock.now - logged_at[message] >= 30.0
        assert recent.is_new(message) == is_new
        if is_new:
            logged_at[message] = clock.now


def test_forgotten_ones_are_new() -> None:
    recent = RecentMessages[str](30.0, Clock())
    assert [recent.is_new(message) for message in "abab"] == [True, True, False, False]
    recent.forget("a")
    recent.forget("never logged")
    assert [recent.is_new(message) for message in "ab"] == [True, False]
    recent.clear()
    assert [recent.is_new(message) for message in "ab"] == [True, True]


def test_of_too_many_the_oldest_is_forgotten() -> None:
    recent = RecentMessages[str](30.0, Clock(), most=2)
    assert [recent.is_new(message) for message in "abca"] == [True] * 4
    assert [recent.is_new(message) for message in "ca"] == [False, False]


def test_a_fault_is_logged_when_it_begins_while_it_lasts_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    clock = Clock()
    fault = LastingFault(logging.getLogger("test.lasting"), "it works again", 60.0, clock)
    fault.end()
    for _ in range(65):
        fault.begin("no route")
        clock.now += 1.0
    fault.begin("refused")
    fault.end()
    fault.end()
    assert caplog.messages == ["no route", "no route (for 60 s)", "refused", "it works again, after 65 s"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "WARNING", "INFO"]


def test_a_fault_that_comes_and_goes_is_a_pair_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    clock = Clock()
    fault = LastingFault(logging.getLogger("test.lasting"), "it works again", 60.0, clock)
    for _ in range(120):
        fault.begin("no route")
        fault.end()
        clock.now += 1.0
    assert caplog.messages == ["no route", "it works again, after 0 s"] * 2


def test_a_cause_has_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    fault = LastingFault(logging.getLogger("test.lasting"), "it works again")
    fault.begin("odd", cause=ValueError("deep"))
    assert "ValueError: deep" in caplog.text


@given(st.lists(st.sampled_from(["begin", "begin other", "end", "wait"]), max_size=60))
def test_each_begin_that_is_logged_has_an_end(steps: list[str]) -> None:
    lines: list[str] = []
    logger = logging.getLogger("test.lasting.pairs")
    logger.setLevel("INFO")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    clock = Clock()
    fault = LastingFault(logger, "over", 5.0, clock)
    for step in [*steps, "end"]:
        if step == "wait":
            clock.now += 3.0
        elif step == "end":
            fault.end()
        else:
            fault.begin(step)

    logger.removeHandler(handler)
    is_open = False
    for line in lines:
        assert is_open or not line.startswith("over")
        is_open = not line.startswith("over")
    assert not is_open


def test_what_stands_is_logged_once_and_that_it_is_fixed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    warnings = StandingWarnings[str](logging.getLogger("test.standing"))
    warnings.replace({"a": "a is odd", "b": "b is odd"})
    warnings.replace({"a": "a is odd"})
    warnings.update("a", "a is odder")
    warnings.update("a", None)
    warnings.update("a", None)
    assert caplog.messages == ["a is odd", "b is odd", "fixed: b is odd", "a is odder", "fixed: a is odder"]
