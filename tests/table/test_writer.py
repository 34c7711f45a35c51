"""One writer, and readers in other processes: whole versions, exact replacement, no slot left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svcdns.errors import TableError
from svcdns.table.files import MAX_READERS, StateFolder
from svcdns.table.writer import Writer

KEYS = st.binary(min_size=1, max_size=12)
TABLES = st.dictionaries(KEYS, st.binary(max_size=30), max_size=40)
SAME_TABLE = settings(suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture])


def content(writer: Writer, folder: Path) -> dict[bytes, bytes]:
    """Everything in the table, read by another process from a copy."""
    writer.copy(folder / "copy")
    script = (
        "import lmdb, sys; t = lmdb.open(sys.argv[1], subdir=False, readonly=True, lock=False).begin();"
        "print(*(k.hex() + ':' + v.hex() for k, v in t.cursor()))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script, folder / "copy"], capture_output=True, text=True, check=True
    )
    pairs = (line.split(":") for line in printed.stdout.split())
    return {bytes.fromhex(key): bytes.fromhex(value) for key, value in pairs}
