"""Log lines that others cause are bounded, and what was left out is counted."""

import logging

import pytest

from svcdns.web import brief
from svcdns.web.brief import Brief


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(brief.time, "monotonic", lambda: now[0])
    return now


def test_so_many_and_no_more(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    log = Brief(logging.getLogger("test.brief"))
    for number in range(50):
        log.warning("line %d", number)
    assert [one.getMessage() for one in caplog.records] == [f"line {n}" for n in range(brief.LINES)]
    caplog.clear()
    clock[0] += brief.SECONDS - 1
    log.warning("still")
    assert not caplog.records
    clock[0] += 1
    log.warning("%s", "again")
    log.warning("and again")
    assert [one.getMessage() for one in caplog.records] == ["again (lines left out before: 31)", "and again"]


def test_what_is_not_written_anyway_does_not_count(clock, caplog: pytest.LogCaptureFixture) -> None:
    log = Brief(logging.getLogger("test.brief"))
    for _ in range(50):
        log.debug("x")
    log.warning("y")
    assert [one.getMessage() for one in caplog.records] == ["y"]
