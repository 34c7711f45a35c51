"""An emptied file is waited for, but not for ever."""

from svcdns.sources.emptied import GRACE, EmptiedFile


def test_what_is_not_empty_is_not_waited_for() -> None:
    emptied = EmptiedFile()
    assert not emptied.is_waiting
    assert not emptied.is_being_written(False, 1.0)
    assert not emptied.is_waiting


def test_it_is_written_in_time() -> None:
    emptied = EmptiedFile()
    assert emptied.is_being_written(True, 1.0)
    assert emptied.is_waiting
    assert not emptied.is_being_written(False, 1.5)
    assert not emptied.is_waiting
    assert emptied.is_being_written(True, 2.0), "emptied once more: its time begins anew"
    assert emptied.is_being_written(True, 2.0 + GRACE - 0.1)


def test_it_stays_empty() -> None:
    emptied = EmptiedFile()
    assert emptied.is_being_written(True, 1.0)
    assert emptied.is_being_written(True, 1.0 + GRACE - 0.1)
    assert not emptied.is_being_written(True, 1.0 + GRACE)
    assert not emptied.is_waiting
