"""A warning or a measurement that fails is logged, and nothing else."""

import logging

import pytest

from svcdns.kube.objects import Change
from svcdns.kube.store import Store
from svcdns.serve.watcher.change_notes import ChangeNotes
from svcdns.serve.watcher.programming_latency import ProgrammingLatency
from tests.serve.watched import OPTIONS
from tests.serve.watcher.test_watcher_faults import web


def test_what_fails_is_logged_with_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    notes = ChangeNotes(Store())
    with monkeypatch.context() as patched:
        patched.setattr(ProgrammingLatency, "observe", None)
        for _ in range(3):
            notes.take([web("10.96.0.1")], ["default"], OPTIONS, 1.0)

    notes.take([web("10.96.0.1")], ["default"], OPTIONS, 1.0)
    assert caplog.messages == [
        "changes cannot be warned of and timed",
        "changes are warned of and timed again, after 0 s",
    ]


def test_what_fails_for_one_change_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[str] = []

    def observe(latency: ProgrammingLatency, change: Change, *others: object) -> None:
        if change.key[1] == "bad":
            raise TypeError("a bug")
        timed.append(change.key[1])

    monkeypatch.setattr(ProgrammingLatency, "observe", observe)
    names = ("web", "bad", "shop")
    ChangeNotes(Store()).take([web("10.96.0.1", name) for name in names], (), OPTIONS, 1.0)
    assert timed == ["web", "shop"]
