"""The wait before the end: as long as clients ask, but no longer than it may take."""

import itertools
import time

import pytest

from svcdns.serve.runtime import ipc
from svcdns.serve.supervisor import lameduck


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipc, "REPORT_INTERVAL", 0.1)
    monkeypatch.setattr(lameduck, "QUIET_PERIOD", 0.2)
    monkeypatch.setattr(lameduck, "_POLL_INTERVAL", 0.01)


async def test_clients_that_stop_asking_are_waited_for() -> None:
    started_at = time.monotonic()
    queries_end_at = started_at + 0.5

    def count_queries() -> int:
        return int(1000 * min(time.monotonic(), queries_end_at))

    await lameduck.wait_until_quiet(count_queries, 60.0)
    # Half a second of queries, and then the report interval and the quiet period.
    assert 0.75 < time.monotonic() - started_at < 10.0


async def test_clients_that_never_stop_are_waited_for_no_longer_than_the_timeout() -> None:
    counter = itertools.count()
    started_at = time.monotonic()
    await lameduck.wait_until_quiet(lambda: next(counter), 0.6)
    assert 0.6 <= time.monotonic() - started_at < 10.0


async def test_without_any_query_only_the_quiet_period_passes() -> None:
    started_at = time.monotonic()
    await lameduck.wait_until_quiet(lambda: 7, 60.0)
    assert 0.3 <= time.monotonic() - started_at < 10.0
