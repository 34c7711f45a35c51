"""The state folder: one server for each, only where a table is safe; a full disk is an error, no crash."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns.errors import TableError
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests import disks
from tests.table import full_disk

ROOT = Path(__file__).parents[2]
TAKE = (
    "import sys, pathlib; from svcdns.table.state_folder import StateFolder;"
    "StateFolder(pathlib.Path(sys.argv[1]))"
)


def take(folder: Path, *wrapped: str) -> "subprocess.CompletedProcess[str]":
    """Another process that takes the folder, and ends."""
    command = [*wrapped, sys.executable, "-c", TAKE, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "new" / "state")
    refused = take(state.path)
    assert refused.returncode
    assert (
        f"TableError: the state folder {state.path} is in use by another svcdns; stop it, or give"
        in refused.stderr
    )
    with pytest.raises(TableError, match="in use by another"):
        StateFolder(state.path)
    state.close()
    assert take(state.path).returncode == 0
    StateFolder(state.path).close()


def test_the_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    with contextlib.closing(StateFolder(tmp_path / "state")) as state:
        state.create_live(None)
        for path in (state.path, state.live_path, state.path / "lock"):
            assert path.stat().st_mode & 0o077 == 0


def test_what_a_dead_server_left_is_not_used(tmp_path: Path) -> None:
    with contextlib.closing(StateFolder(tmp_path)) as state:
        state.live_path.mkdir()
        (state.live_path / "data.mdb").write_bytes(b"rubbish" * 1000)
        (state.live_path / "lock.mdb").write_bytes(b"rubbish")
        state.create_live(None)
        with contextlib.closing(TableWriter(state.live_path)) as writer:
            assert writer.get(b"a") is None
            assert (state.live_path / "lock.mdb").stat().st_size >= 8192


def test_a_table_that_is_none_cannot_be_opened(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    stored.write_bytes(b"rubbish" * 1000)
    with contextlib.closing(StateFolder(tmp_path / "state")) as state:
        state.create_live(stored)
        with pytest.raises(TableError, match="cannot be opened"):
            TableWriter(state.live_path)


def test_a_path_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "state", tmp_path / ("x" * 300)):
        with pytest.raises(TableError, match=r"cannot be used: .*; choose another with --state-dir"):
            StateFolder(path)


def test_a_read_only_disk_is_refused(tmp_path: Path) -> None:
    refused = take(tmp_path, *disks.with_disk(tmp_path, "ro"))
    assert f"TableError: the state folder {tmp_path} is read-only; choose another" in refused.stderr
    refused = take(tmp_path / "new", *disks.with_disk(tmp_path, "ro"))
    assert "cannot be used: Read-only file system; choose another" in refused.stderr


def test_a_folder_of_another_user_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        with without_root(), pytest.raises(TableError, match=f"the state folder {name} .*; choose another"):
            StateFolder(Path(name))


@contextlib.contextmanager
def without_root() -> Iterator[None]:
    """As `nobody` where we are root, who may write everywhere."""
    root = os.geteuid() == 0
    if root:
        try:
            os.seteuid(65534)
        except OSError:
            pytest.skip("root is the only user here")
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("case", full_disk.CASES)
def test_a_full_disk(case: str, tmp_path: Path) -> None:
    script = f"cd {tmp_path} && exec {sys.executable} -m tests.table.full_disk {case}"
    command = disks.with_disk(tmp_path, "size=1m", "sh", "-c", script)
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert ended.returncode == 0, ended.stderr
