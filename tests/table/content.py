"""What a table holds."""

import tempfile
from pathlib import Path

import lmdb

from svcdns.table.writer import TableWriter


def content(writer: TableWriter) -> dict[bytes, bytes]:
    """Every key and its value, read from a copy: LMDB forbids to open a table twice in a process."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        writer.copy(copy)
        with lmdb.open(str(copy), subdir=False, readonly=True, lock=False) as table, table.begin() as reading:
            return dict(reading.cursor())
