"""What is logged about the API server: each fault when it begins, and when it is over."""

import logging

import pytest

from svcdns.kube.objects import Change, Kind
from svcdns.sources.apiserver.api_errors import Recovery
from svcdns.sources.apiserver.api_server_log import FaultLog, UnreadableObjects
from svcdns.sources.apiserver.object_decoder import UndecodableObject

log = logging.getLogger("svcdns.test")


class Clock:
    """Stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


GONE = Recovery("no route", is_shared=True)


@pytest.fixture
def clock(caplog: pytest.LogCaptureFixture) -> Clock:
    caplog.set_level("INFO")
    return Clock()


def test_a_fault_of_all_kinds_is_logged_once_with_its_end(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    faults = FaultLog(log, 60.0, clock)
    kinds: tuple[Kind, ...] = ("Service", "Pod", "Namespace")
    for kind in kinds:
        faults.begin(kind, GONE)
    clock.now = 12.0
    for kind in kinds:
        faults.end(kind)
        faults.end(kind)
    assert caplog.messages == ["no route", "the API server answers again, after 12 s"]


def test_each_kind_has_faults_of_its_own(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    faults = FaultLog(log, 60.0, clock)
    faults.begin("Pod", GONE)
    faults.begin("Service", GONE)
    clock.now = 2.0
    faults.begin("Pod", Recovery("Pods: forbidden"))
    faults.end("Service")
    faults.end("Pod")
    assert caplog.messages == [
        "no route",
        "Pods: forbidden",
        "the API server answers again, after 2 s",
        "Pods are listed and watched again, after 0 s",
    ]


def test_what_is_part_of_its_life_is_no_warning(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    FaultLog(log, 60.0, clock).begin("Pod", Recovery("Pods: listing again", is_expected=True))
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_each_bad_version_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    key = ("default", "web")
    unreadable = UnreadableObjects(log, "Service")
    assert unreadable.report([UndecodableObject(key, "1", "odd")]) == {key}
    assert unreadable.report([UndecodableObject(key, "1", "odd")]) == {key}
    assert caplog.messages == ["Service default/web cannot be read, its last good version stays: odd"]

    unreadable.report([UndecodableObject(key, "2", "odd")])
    assert (len(caplog.messages), len(unreadable)) == (2, 1)
    unreadable.note_readable([key, ("default", "other")])
    assert len(unreadable) == 0

    unreadable.report([UndecodableObject(key, "3", "odd")])
    unreadable.note_changes([Change("Service", key, None)])
    assert caplog.messages[2:] == [
        "Service default/web can be read again",
        "Service default/web cannot be read, its last good version stays: odd",
        "Service default/web is gone",
    ]


def test_an_object_without_a_name_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = UnreadableObjects(log, "Pod")
    assert unreadable.report([UndecodableObject(None, "", "odd")]) == set()
    assert (caplog.messages, len(unreadable)) == (["Pod without a name: odd"], 0)
