"""The earliest time counts, and what was cancelled does not come."""

import asyncio

from svcdns.serve.watcher.republish_timer import RepublishTimer
from tests import running


async def test_the_earliest_time_counts() -> None:
    calls: list[str] = []
    timer = RepublishTimer(lambda: calls.append("published"))
    timer.schedule(1e6)
    timer.schedule(0.0)
    timer.schedule(1e6)
    await running.until(lambda: calls, "the earliest")
    assert calls == ["published"]


async def test_what_is_cancelled_does_not_come() -> None:
    calls: list[str] = []
    timer = RepublishTimer(lambda: calls.append("published"))
    timer.schedule(0.0)
    timer.has_failed_write = True
    timer.cancel()
    assert not timer.has_failed_write
    await asyncio.sleep(0.01)
    assert not calls

    timer.schedule(0.0)
    await running.until(lambda: calls, "a new one")
