"""Replies that all fail are told with their begin; some failures, or an idle worker, are well."""

import pytest

from svcdns.serve.worker.send_failures import IDLE_SECONDS, SendFailures


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([(1, 0, 0), (2, 0, 0)], [None, None]),
        ([(1, 5, 0), (2, 9, 0)], [None, None]),
        ([(1, 5, 5), (2, 9, 9), (3, 20, 20)], [1, 1, 1]),
        ([(1, 5, 5), (2, 9, 8), (3, 12, 11)], [1, None, 3]),
        ([(1, 5, 5), (2, 5, 5), (3, 6, 6)], [1, 1, 1]),
        ([(1, 5, 5), (1 + IDLE_SECONDS, 5, 5), (9, 6, 6)], [1, None, 9]),
    ],
    ids=["idle", "all sent", "none sent", "one sent", "seldom asked", "no longer asked"],
)
def test_since_when(reports: list[tuple[float, int, int]], expected: list[float | None]) -> None:
    failures = SendFailures()
    assert [failures.update(*report) for report in reports] == expected
