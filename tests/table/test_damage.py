"""A process that finds the table damaged ends with a code that says so, whichever way it finds that."""

import subprocess
import sys
from pathlib import Path

import pytest

from svcdns.table import damage

OPEN_AND = """
import sys
from pathlib import Path
from svcdns.table.writer import TableWriter

live = Path(sys.argv[1]) / "live"
live.mkdir()
writer = TableWriter(live)
writer.replace([(b"key %d" % number, bytes(100)) for number in range(5000)])
with (live / "data.mdb").open("r+b") as data:
    data.write(bytes(8192))
{action}
"""


@pytest.mark.parametrize(
    "action",
    [
        "writer.update([], {b'new': b'value'}, {})",
        "writer.replace([(b'new', b'value')])",
        "writer.fill([(b'new', b'value')])",
    ],
)
def test_whoever_finds_it_ends_the_process(action: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND.format(action=action), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == damage.EXIT_CODE, done.stderr
    assert "the table cannot be used, and is made anew" in done.stderr
