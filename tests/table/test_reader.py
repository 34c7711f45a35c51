"""Reading the live table: values, versions, and whether a prefix has any key."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns.errors import TableError
from svcdns.table import reader
from svcdns.table.reader import TableReader
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter

ENTRIES = {b"\3www\0": b"192.0.2.1", b"\3www\0\1": b"192.0.2.2", b"\4zone\0": b""}


@pytest.fixture
def table(state: StateFolder) -> Iterator[TableReader]:
    """A table with ENTRIES. Its writer is closed: LMDB forbids to open a table twice in a process."""
    with contextlib.closing(TableWriter(state.live_path)) as writer:
        writer.replace(ENTRIES.items(), {})

    with contextlib.closing(TableReader(state.live_path)) as opened:
        yield opened


def test_values_by_their_keys(table: TableReader) -> None:
    with table.begin() as transaction:
        assert {key: transaction.get(key) for key in ENTRIES} == ENTRIES
        assert transaction.get(b"\3www") is None


def test_without_a_change_the_version_stays(table: TableReader) -> None:
    with table.begin() as transaction:
        version = transaction.id()
    with table.begin() as transaction:
        assert transaction.id() == version


@pytest.mark.parametrize(
    ("prefix", "has_key"),
    [
        (b"", True),
        (b"\3www", True),
        (b"\3www\0", True),
        (b"\4zone\0", True),
        (b"\3w\0", False),
        (b"\3www\0\1\0", False),
        (b"\5", False),
        (b"\xff", False),
    ],
)
def test_whether_a_prefix_has_a_key(table: TableReader, prefix: bytes, has_key: bool) -> None:
    with table.begin() as transaction:
        assert reader.has_prefix(transaction, prefix) == has_key


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=f"the table in {tmp_path / 'absent'} cannot be opened"):
        TableReader(tmp_path / "absent")
