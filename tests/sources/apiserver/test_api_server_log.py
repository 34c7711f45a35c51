"""What is logged about the API server: once while it lasts."""

import logging

import pytest

from svcdns.sources.apiserver.api_server_log import RateLimitedWarnings, UnreadableObjects
from svcdns.sources.apiserver.object_decoder import UndecodableObject

log = logging.getLogger("svcdns.test")


def test_a_warning_is_repeated_after_its_interval(caplog: pytest.LogCaptureFixture) -> None:
    times = iter((0.0, 9.0, 10.0, 11.0))
    warnings = RateLimitedWarnings(log, 10.0, lambda: next(times))
    warnings.warn("no route")
    warnings.warn("no route")
    assert caplog.messages == ["no route"]

    warnings.warn("no route")
    assert len(caplog.messages) == 2
    warnings.reset()
    warnings.warn("no route")
    assert len(caplog.messages) == 3, "after a success it is new"


def test_each_bad_version_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    key = ("default", "web")
    unreadable = UnreadableObjects(log, "Service")
    assert unreadable.report([UndecodableObject(key, "1", "odd")]) == {key}
    assert unreadable.report([UndecodableObject(key, "1", "odd")]) == {key}
    assert caplog.messages == ["Service default/web cannot be read, its last good version stays: odd"]

    unreadable.report([UndecodableObject(key, "2", "odd")])
    assert (len(caplog.messages), len(unreadable)) == (2, 1)
    unreadable.remove([key, ("default", "other")])
    assert len(unreadable) == 0


def test_an_object_without_a_name_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = UnreadableObjects(log, "Pod")
    assert unreadable.report([UndecodableObject(None, "", "odd")]) == set()
    assert (caplog.messages, len(unreadable)) == (["Pod without a name: odd"], 0)
