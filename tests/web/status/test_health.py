"""Healthy and ready: each reason not to be, in the words that an operator reads."""

from typing import Any

import pytest
from msgspec import structs

from svcdns.stats.overview import ProcessStatus
from svcdns.stats.watcher_counters import ResourceState
from svcdns.stats.worker_counters import WorkerState
from svcdns.web.status import health
from tests.web.status.overviews import NOW, TABLE, but

STORED = "the answers are those of a stored table: the source has not been listed whole yet"
HUNG = ProcessStatus("worker 1", 9, 0, health.UNHEALTHY_AFTER + 1)
GONE = ProcessStatus("worker 0", 0, 3, 1.0)


@pytest.mark.parametrize(
    ("changes", "when_stale", "ready", "reason"),
    [
        ({}, True, True, "ready"),
        ({"is_stopping": True}, True, False, "not ready: stopping"),
        ({"processes": (HUNG,)}, True, False, "not ready: no worker answers"),
        ({"processes": (GONE,)}, True, False, "not ready: no worker answers"),
        ({"processes": (GONE, ProcessStatus("worker 1", 5, 0, 0.1))}, True, True, "ready"),
        (
            {"has_answers": False},
            True,
            False,
            "not ready: no answers yet: waiting for the first list",
        ),
        ({"has_been_listed": False}, True, True, f"ready: {STORED}"),
        ({"has_been_listed": False}, False, False, f"not ready: {STORED}"),
        (
            {"watcher_state": structs.replace(TABLE, table_state="STALE")},
            False,
            True,
            "ready: the answers may be out of date",
        ),
    ],
)
def test_ready(changes: dict[str, Any], when_stale: bool, ready: bool, reason: str) -> None:
    readiness = health.check_readiness(but(**changes), when_stale)
    assert (readiness.ready, readiness.reason) == (ready, reason)
    assert str(readiness).startswith(f"{reason}\n")


def test_what_waits_on_which_error_and_since_when() -> None:
    waiting = {
        "Service": ResourceState(
            5, stale_since=NOW - 90, error="the API server refused (503): etcd", last_list=1
        ),
        "Pod": ResourceState(0, stale_since=NOW - 2),
        "Namespace": ResourceState(1, last_list=NOW - 60),
    }
    table = structs.replace(TABLE, resources=waiting, has_read_files=False)
    readiness = health.check_readiness(but(watcher_state=table), True)
    assert str(readiness).splitlines()[1:] == [
        "Service: waiting for 90 s: the API server refused (503): etcd",
        "Pod: waiting for 2 s: it is being listed",
        "Namespace: 1 object, listed 60 s ago",
        "zone files and hosts files: they are being read",
    ]
    assert [resource.waiting for resource in readiness.resources] == [90.0, 2.0, None]


def test_before_the_watcher_has_told_anything() -> None:
    readiness = health.check_readiness(
        but(watcher_state=None, has_answers=False, has_been_listed=False), True
    )
    assert (readiness.table, readiness.resources, readiness.ready) == ("unknown", [], False)


def test_health() -> None:
    assert health.check_health(but()) == (True, "ok: 1 worker answers\n")
    assert health.check_health(but(processes=(GONE, ProcessStatus("worker 1", 5, 0, 0.1))))[0]
    healthy, text = health.check_health(but(processes=(ProcessStatus("worker 0", 5, 0, 0.1), HUNG)))
    assert (healthy, text) == (False, "worker 1 has said nothing for 31 s\n")


def test_replies_of_which_the_system_takes_none() -> None:
    """Not at once: a queue may be full for a moment; and an idle worker is well."""
    states = [WorkerState(unsent_since=since) for since in (None, NOW - 4, NOW - 6)]
    assert health.check_health(but(worker_states=tuple(states[:2])))[0]
    healthy, text = health.check_health(but(worker_states=tuple(states)))
    assert not healthy
    assert text == "a worker has queries, but none of its replies has left for 6 s; see the log\n"


def test_files_that_are_being_read() -> None:
    """Their names could be denied until then, so it is not ready."""
    readiness = health.check_readiness(but(watcher_state=structs.replace(TABLE, has_read_files=False)), True)
    assert not readiness.ready
    assert "zone files and hosts files are being read" in readiness.reason


def test_mistakes_of_files_are_named_and_hold_nothing_back() -> None:
    problem = "zones/a.example.zone: cannot be read: No such file or directory"
    readiness = health.check_readiness(
        but(watcher_state=structs.replace(TABLE, file_problems=(problem,))), True
    )
    assert readiness.ready
    assert readiness.file_problems == [problem]
    assert str(readiness).splitlines()[-1] == f"zone files and hosts files: {problem}"
