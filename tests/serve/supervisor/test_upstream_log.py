"""What several workers say of upstreams is logged once, and the last line about one is so."""

import logging

import pytest

from svcdns.forward.forward_events import ForwardEvent, ForwardEventKind
from svcdns.serve.supervisor import upstream_log
from svcdns.serve.supervisor.upstream_log import UpstreamLog


def note(kind: ForwardEventKind, text: str) -> ForwardEvent:
    return ForwardEvent(kind, "192.0.2.1:53", f"upstream 192.0.2.1:53 {text}")


UP, DOWN, LATE = note("up", "is up"), note("down", "is down: refused"), note("down", "is down: no answer")
LOOP = note("loop", "leads back")


@pytest.mark.parametrize(
    ("events", "logged"),
    [
        ([DOWN, LATE, UP, UP], [DOWN, UP]),
        ([DOWN, LATE, UP, UP, LATE, DOWN], [DOWN, UP, LATE]),
        ([DOWN, LOOP, LOOP, DOWN], [DOWN, LOOP]),
    ],
)
def test_once(
    events: list[ForwardEvent], logged: list[ForwardEvent], caplog: pytest.LogCaptureFixture
) -> None:
    heard = UpstreamLog(lambda: 100.0)
    with caplog.at_level(logging.INFO, "svcdns.forward"):
        for each in events:
            heard.log_event(each)
    assert caplog.messages == [each.text for each in logged]


def test_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    times = iter((0.0, upstream_log.REPEAT_INTERVAL - 1, upstream_log.REPEAT_INTERVAL))
    heard = UpstreamLog(lambda: next(times))
    for _ in range(3):
        heard.log_event(LOOP)
    assert caplog.messages == [LOOP.text] * 2
