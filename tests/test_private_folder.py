"""A folder of our own within one that others may write: closed, and never theirs or what a link leads to."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns import private_folder

NOBODY = 65_534


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """As a volume is mounted: open to everybody, and with the set-group-ID bit."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2777)
    return folder


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """A folder of another user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "table")
        folder.mkdir()
        try:
            os.chown(folder, NOBODY, NOBODY)
        except OSError:
            pytest.skip("only root can make a folder of another user")
        yield folder


def opened_mode(folder: Path) -> int:
    os.close(private_folder.open_folder(folder))
    return folder.stat().st_mode & 0o777


def test_it_is_made_for_its_user_alone(shared: Path) -> None:
    folder = shared / "state" / "table"
    private_folder.make(folder)
    assert opened_mode(folder) == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    private_folder.make(folder)
    assert shared.stat().st_mode & 0o777 == 0o777, "what was there stays as it is"


@pytest.mark.parametrize("mode", [0o750, 0o755, 0o770, 0o775])
def test_one_that_was_open_to_its_group_is_closed(shared: Path, mode: int) -> None:
    """So the kubelet leaves it on a volume, where the Pod has an fsGroup."""
    folder = shared / "table"
    folder.mkdir()
    folder.chmod(mode)
    assert opened_mode(folder) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_one_that_everybody_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(OSError, match="everybody may write there"):
        private_folder.open_folder(folder)
    assert folder.stat().st_mode & 0o7777 == mode


def test_one_of_another_user_is_refused(nobodys: Path) -> None:
    """Also by root, who could use it."""
    with pytest.raises(OSError, match=f"it belongs to the user {NOBODY}, and this one is {os.geteuid()}"):
        private_folder.open_folder(nobodys)
    assert nobodys.stat().st_mode & 0o777 == 0o755


def test_links_are_refused(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (shared / "table").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="it is a symbolic link, and no folder of its own"):
        private_folder.open_folder(shared / "table")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("flags", [os.O_RDWR | os.O_CREAT, os.O_RDONLY])
def test_a_file_is_never_what_a_link_leads_to(tmp_path: Path, flags: int) -> None:
    (tmp_path / "target").write_text("of somebody else")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    (tmp_path / "new").symlink_to(tmp_path / "nothing")
    folder = private_folder.open_folder(tmp_path)
    try:
        for name in ("lock", "new"):
            with pytest.raises(OSError, match="symbolic link"):
                private_folder.open_file(folder, name, flags)
    finally:
        os.close(folder)
    assert not (tmp_path / "nothing").exists()


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, error in ((tmp_path / "absent", "No such file"), (tmp_path / "file", "Not a directory")):
        with pytest.raises(OSError, match=error):
            private_folder.open_folder(path)
