"""A set of files that is followed: each edit is published, with and without the system's reports."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from svcdns.errors import ManifestError
from svcdns.sources import file_watcher
from tests.patience import PATIENCE
from tests.sources.test_file_set import SizedFileSet

log = logging.getLogger("svcdns.test")


@asynccontextmanager
async def following(*paths: Path) -> AsyncIterator[asyncio.Queue[int]]:
    """What is published of these files."""
    published: asyncio.Queue[int] = asyncio.Queue()
    task = asyncio.create_task(file_watcher.follow_files(SizedFileSet(*paths), published.put, log))
    try:
        yield published
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_each_edit_is_published(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    async with following(path) as published, asyncio.timeout(PATIENCE):
        assert await published.get() == 1
        path.write_text("xx")
        assert await published.get() == 2
        (tmp_path / "new").write_text("xxx")
        (tmp_path / "new").replace(path)
        assert await published.get() == 3


async def test_folders_that_cannot_be_watched_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*folders: Path, **options: object) -> AsyncIterator[set[tuple[int, str]]]:
        raise OSError("no space left on device")

    monkeypatch.setattr("watchfiles.awatch", broken)
    monkeypatch.setattr(file_watcher, "_TICK_MS", 20)
    path = tmp_path / "a"
    path.write_text("x")
    async with following(path) as published, asyncio.timeout(PATIENCE):
        assert await published.get() == 1
        path.write_text("xx")
        assert await published.get() == 2
    assert "cannot watch the files' folders" in caplog.text


async def test_without_paths_there_is_nothing_to_follow() -> None:
    async with following() as published, asyncio.timeout(PATIENCE):
        assert await published.get() == 0


async def test_an_error_of_the_first_load_is_raised(tmp_path: Path) -> None:
    class Missing(SizedFileSet):
        def load(self, now: float = 0.0) -> int:
            raise ManifestError("no such file or folder")

    published: asyncio.Queue[int] = asyncio.Queue()
    with pytest.raises(ManifestError):
        await file_watcher.follow_files(Missing(tmp_path / "none"), published.put, log)
