"""A reader sees one version for as long as its transaction lives."""

import contextlib
from pathlib import Path

import pytest

from svcdns.errors import TableError
from svcdns.table import reader
from svcdns.table.reader import TableReader
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter


def test_values_and_prefixes(state: StateFolder) -> None:
    """The writer is closed first: LMDB forbids to open a table twice in a process."""
    with contextlib.closing(TableWriter(state.live_path)) as writer:
        writer.replace([(b"ab", b"1"), (b"b\xff", b"2")])
    with contextlib.closing(TableReader(state.live_path)) as table, table.begin() as transaction:
        assert (transaction.get(b"ab"), transaction.get(b"a")) == (b"1", None)
        for prefix in (b"a", b"ab", b"b", b"b\xff"):
            assert reader.has_prefix(transaction, prefix)
        for prefix in (b"aa", b"abc", b"c", b"\xff"):
            assert not reader.has_prefix(transaction, prefix)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be opened"):
        TableReader(tmp_path / "live")
