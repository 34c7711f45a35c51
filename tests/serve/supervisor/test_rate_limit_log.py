"""A line when the limiting of a network begins, and one when it ends, whatever workers report."""

import pytest

from svcdns.serve.supervisor.rate_limit_log import RateLimitLog

NETWORK = "192.0.2.0/24"
BEGIN = f"replies to {NETWORK} are limited: it asks for more than rate_limit"
END = f"replies to {NETWORK} are no longer limited"


def test_all_workers_together_have_one_line_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    log = RateLimitLog()
    log.update("worker 0", [])
    log.update("worker 0", [NETWORK])
    log.update("worker 1", [NETWORK])
    log.update("worker 0", [])
    assert [record.getMessage() for record in caplog.records] == [BEGIN]
    log.update("worker 1", [])
    log.update("worker 1", [])
    assert [record.getMessage() for record in caplog.records] == [BEGIN, END]
