"""What happens to a table on a disk that is full, to be run where the current folder is a small one.

`python -m tests.table.full_disk CASE`: each case is a function; it ends by an assertion, or well.
"""

import errno
import os
import sys
from pathlib import Path

import pytest

from svcdns.errors import TableError
from svcdns.table import snapshot
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.table.peer import peer

VALUES = {b"key %d" % number: bytes(500) for number in range(100)}
MORE = {key: bytes((1,)) * 1500 for key in VALUES}


class Ballast:
    """A file that takes all the space."""

    def __init__(self) -> None:
        self._path = Path("ballast")

    def fill(self) -> None:
        """To the last block."""
        with self._path.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def drop(self) -> None:
        """Give it back."""
        self._path.unlink()


def fails_to_start(disk: Ballast) -> None:
    disk.fill()
    state = StateFolder(Path("state"))
    with pytest.raises(
        TableError, match="No space left on device; free some space, or choose another folder"
    ):
        state.create_live(None)


def fails_to_open(disk: Ballast) -> None:
    state = StateFolder(Path("state"))
    state.create_live(None)
    disk.fill()
    with pytest.raises(TableError, match=r"cannot be opened.*No space left on device"):
        TableWriter(state.live_path)


def has_no_room_for_the_stored_table(disk: Ballast) -> None:
    state = StateFolder(Path("state"))
    stored = Path("stored")
    stored.write_bytes(bytes(100_000))
    disk.fill()
    with pytest.raises(TableError, match="No space left on device"):
        state.create_live(stored)


def goes_on_when_there_is_space_again(disk: Ballast) -> None:
    state = StateFolder(Path("state"))
    state.create_live(None)
    writer = TableWriter(state.live_path)
    writer.replace(VALUES.items())
    with peer(state.live_path) as other:
        disk.fill()
        for _ in range(3):
            with pytest.raises(TableError, match=r"cannot be written.*No space left on device"):
                writer.update((), MORE, {})
            with pytest.raises(TableError, match=r"cannot be written.*No space left on device"):
                writer.replace(MORE.items())
            other.ask("begin")
            assert {other.get(key) for key in list(VALUES)[::20]} == {bytes(500)}
            other.ask("end")
        disk.drop()
        assert writer.update((), MORE, {}) == len(MORE)
        other.ask("begin")
        assert {other.get(key) for key in list(VALUES)[::20]} == {MORE[b"key 0"]}


def has_room_for_a_mark(disk: Ballast) -> None:
    state = StateFolder(Path("state"))
    state.create_live(None)
    writer = TableWriter(state.live_path)
    writer.replace(VALUES.items())
    disk.fill()
    with pytest.raises(TableError, match=r"cannot be written.*No space left on device"):
        writer.update((), MORE, {})
    writer.write_reserved({b"key 0": b"marked"})
    assert writer.get(b"key 0") == b"marked"
    disk.drop()
    writer.replace(MORE.items())
    disk.fill()
    writer.write_reserved({b"key 0": b"again"})
    assert writer.get(b"key 0") == b"again"


def keeps_the_snapshot_that_it_has(disk: Ballast) -> None:
    state = StateFolder(Path("state"))
    state.create_live(None)
    writer = TableWriter(state.live_path)
    writer.replace(VALUES.items())
    snapshot.save_snapshot(state.path, "one", writer.copy)
    kept = sorted(path.name for path in state.path.iterdir())
    disk.fill()
    for _ in range(3):
        with pytest.raises((OSError, TableError), match="No space left on device"):
            snapshot.save_snapshot(state.path, "one", writer.copy)
        assert sorted(path.name for path in state.path.iterdir()) == kept
    assert snapshot.find_snapshot(state.path, "one")
    disk.drop()
    snapshot.save_snapshot(state.path, "one", writer.copy)
    assert snapshot.find_snapshot(state.path, "one") == state.path / "snapshot-2.mdb"


CASES = {
    case.__name__: case
    for case in (
        fails_to_start,
        fails_to_open,
        has_no_room_for_the_stored_table,
        goes_on_when_there_is_space_again,
        has_room_for_a_mark,
        keeps_the_snapshot_that_it_has,
    )
}

if __name__ == "__main__":
    CASES[sys.argv[1]](Ballast())
    os._exit(0)  # the table's mapped files are gone with their disk
