"""A set of files: loaded, and reloaded where anything changed."""

from collections.abc import Iterable
from pathlib import Path

from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.file_set import FileSet


class SizedFile:
    """A file that says its size."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = -1
        self.emptied = EmptiedFile()

    def update(self, now: float) -> bool:
        previous_size = self.size
        size = self.path.stat().st_size if self.path.exists() else -1
        if not self.emptied.is_being_written(size == 0 and self.size > 0, now):
            self.size = size
        return self.size != previous_size


class SizedFileSet(FileSet[int]):
    """Files that say their size together."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths
        self._files = [SizedFile(path) for path in paths]

    @property
    def watched_folders(self) -> frozenset[Path]:
        return frozenset(path.parent for path in self.paths)

    def _iter_files(self) -> Iterable[SizedFile]:
        return self._files

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        changes = [file.update(now) for file in self._files]
        return any(changes)

    def _collect(self) -> int:
        return sum(file.size for file in self._files)


def test_a_path_may_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file_set = SizedFileSet(path)
    assert file_set.load() == -1

    path.write_text("xx")
    assert file_set.reload(1.0) == 2
    path.unlink()
    assert file_set.reload(2.0) == -1


def test_a_reload_without_changes_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("xx")
    (tmp_path / "b").write_text("x")
    file_set = SizedFileSet(tmp_path / "a", tmp_path / "b")
    assert file_set.load() == 3
    assert file_set.reload(1.0) is None

    (tmp_path / "b").write_text("xxx")
    assert file_set.reload(2.0) == 5


def test_an_emptied_file_needs_polling(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("xx")
    file_set = SizedFileSet(tmp_path / "a")
    file_set.load()
    assert not file_set.needs_polling

    (tmp_path / "a").write_text("")
    assert file_set.reload(1.0) is None
    assert file_set.needs_polling
    assert file_set.reload(9.0) == 0
    assert not file_set.needs_polling
