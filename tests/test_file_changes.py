"""A file that is written, replaced, removed or reached by another link is another one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from svcdns import file_changes
from svcdns.file_changes import FileWatch


def write(folder: Path) -> None:
    (folder / "a").write_text("longer than before")


def replace(folder: Path) -> None:
    (folder / "new").write_text("before")
    (folder / "new").replace(folder / "a")


def touch(folder: Path) -> None:
    os.utime(folder / "a", ns=(5, 5))


def remove(folder: Path) -> None:
    (folder / "a").unlink()


def swap(folder: Path) -> None:
    """As a kubelet does."""
    (folder / "2").mkdir()
    (folder / "2" / "b").write_text("before")
    (folder / "new").symlink_to("2")
    (folder / "new").replace(folder / "..data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file `a`, and a file `b` behind a link to its folder."""
    (tmp_path / "a").write_text("before")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "b").write_text("before")
    (tmp_path / "..data").symlink_to("1")
    return tmp_path


@pytest.mark.parametrize("identify", [file_changes.identity, file_changes.signature])
@pytest.mark.parametrize("change", [write, replace, touch, remove, swap])
def test_any_change_is_seen_once(
    folder: Path,
    change: Callable[[Path], None],
    identify: Callable[[file_changes.StrPath], tuple[int, ...] | None],
) -> None:
    watch = FileWatch((folder / "a", folder / "..data" / "b"), identify)
    assert watch.changed(), "nothing is known before the first look"
    assert not watch.changed()
    change(folder)
    assert watch.changed()
    assert not watch.changed()


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    watch = FileWatch([tmp_path / "a"])
    assert watch.changed()
    assert not watch.changed()
    (tmp_path / "a").touch()
    assert watch.changed()


def test_its_mode_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch(0o600)
    identity, signature = file_changes.identity(file), file_changes.signature(file)
    file.chmod(0o640)
    assert file_changes.identity(file) == identity
    assert file_changes.signature(file) != signature


def test_none_where_nothing_is(tmp_path: Path) -> None:
    assert file_changes.identities([tmp_path / "a", str(tmp_path / "b" / "c")]) == (None, None)
    assert file_changes.signature(tmp_path / "a") is None
