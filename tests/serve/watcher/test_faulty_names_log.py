"""What cannot be made is logged when it begins, changes and ends, and is bounded."""

import logging

import pytest

from svcdns.serve.watcher.faulty_names_log import MAX_LINES, FaultyNamesLog


def test_each_line_comes_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    fault_log = FaultyNamesLog(logging.getLogger("test"))
    web, db = "Service default/web", "Service default/db"
    for faults in ({web: "no"}, {web: "no"}, {web: "no", db: "no"}, {web: "never", db: "no"}, {db: "no"}, {}):
        fault_log.log_changes(faults)

    heads = [(record.levelname, record.getMessage().partition(":")[0]) for record in caplog.records]
    assert heads == [("ERROR", web), ("ERROR", db), ("ERROR", web), ("INFO", web), ("INFO", db)]


def test_many_are_a_number(caplog: pytest.LogCaptureFixture) -> None:
    FaultyNamesLog(logging.getLogger("test")).log_changes({f"Service default/s{n}": "no" for n in range(500)})
    assert len(caplog.records) == MAX_LINES + 1
    assert caplog.records[-1].getMessage() == f"and {500 - MAX_LINES} others"
