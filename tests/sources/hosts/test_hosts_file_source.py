"""Hosts files on disk: each edit is published, and what is wrong is said once."""

# ruff: noqa: ASYNC240 - a small file is written faster than a thread is started

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from svcdns.dns.table import node_format
from svcdns.dns.wire import names
from svcdns.sources.hosts import HostsFileSet
from svcdns.sources.hosts.hosts_file_set import MAX_FILE_BYTES
from svcdns.sources.hosts.hosts_file_source import HostsFileSource
from tests.patience import PATIENCE


class Published:
    """The names that were published, each time."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        found = {
            key.removeprefix(node_format.HOSTS_PREFIX)
            for key, _ in entries
            if key.startswith(node_format.HOSTS_PREFIX)
        }
        texts = sorted(names.to_text(name)[:-1] for name in found if not name.endswith(b"\4arpa\0"))
        self.told.put_nowait(" ".join(texts))

    async def next(self) -> str:
        return await asyncio.wait_for(self.told.get(), PATIENCE)


@asynccontextmanager
async def running(*paths: Path) -> AsyncIterator[Published]:
    published = Published()
    task = asyncio.create_task(HostsFileSource(map(str, paths)).run(published))
    try:
        yield published
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 web\n")
    return path


async def test_each_edit_is_published(file: Path) -> None:
    async with running(file) as published:
        assert await published.next() == "web"
        file.write_text("192.0.2.1 web db\n")
        assert await published.next() == "db web"
        (file.parent / "new").write_text("192.0.2.1 other\n")
        (file.parent / "new").replace(file)
        assert await published.next() == "other"


async def test_a_file_behind_links_as_a_configmap_has_them(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "hosts").write_text(f"192.0.2.1 web-{number}\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "hosts").symlink_to("..data/hosts")
    async with running(tmp_path / "hosts") as published:
        assert await published.next() == "web-1"
        (tmp_path / "..new").symlink_to("..2")
        (tmp_path / "..new").replace(tmp_path / "..data")
        assert await published.next() == "web-2"


async def test_files_are_put_together_the_first_one_names_an_address(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "other"
    other.write_text("192.0.2.1 late\n192.0.2.2 web\n")
    async with running(file, other, file) as published:
        assert await published.next() == "late web"
    lines = HostsFileSet([file, other, file]).load().lines
    assert [line.names[0] for line in lines] == [names.from_text(name) for name in ("web", "late", "web")]


async def test_lines_stand_behind_those_of_files(file: Path) -> None:
    entries: asyncio.Queue[Sequence[tuple[bytes, bytes]]] = asyncio.Queue()
    run = HostsFileSource([file], ["192.0.2.1 late", "192.0.2.2 db localhost"], ttl=7).run(entries.put_nowait)
    task = asyncio.create_task(run)
    found = await asyncio.wait_for(entries.get(), PATIENCE)
    task.cancel()
    of_db = b"".join(value for key, value in found if names.from_text("db") in key)
    assert b"\xc0\x0c\0\1\0\1\0\0\0\7\0\4\xc0\0\2\2" in of_db
    loaded = HostsFileSet([file], ["192.0.2.1 late", "192.0.2.2 db localhost"]).load()
    assert [line.names for line in loaded.lines] == [(names.from_text(n),) for n in ("web", "late", "db")]
    assert [str(problem) for problem in loaded.problems] == [
        "hosts: 192.0.2.2 db localhost: "
        "'localhost' is always the loopback address (RFC 6761), never 192.0.2.2"
    ]


async def test_a_file_that_vanishes_keeps_its_last_names(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(file) as published:
        await published.next()
        file.unlink()
        await until(lambda: "its last lines are kept" in caplog.text)
        assert f"{file}: cannot be read: No such file or directory; its last lines are kept" in caplog.text
        file.write_text("192.0.2.1 again\n")
        assert await published.next() == "again"
        assert published.told.empty()
        await until(lambda: "fixed: " in caplog.text)


async def test_a_folder_that_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "hosts").write_text("192.0.2.1 web\n")
    async with running(folder / "hosts") as published:
        assert await published.next() == "web"
        folder.rename(tmp_path / "old")
        folder.mkdir()
        (folder / "hosts").write_text("192.0.2.1 again\n")
        assert await published.next() == "again"


async def test_what_is_wrong_is_said_once_with_its_line(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_text("192.0.2.1 web\nbogus\n")
    async with running(file) as published:
        assert await published.next() == "web"
        file.write_text("# moved\n192.0.2.1 web db\nbogus\n")
        assert await published.next() == "db web"
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [f"{file}:2: 'bogus' is no IP address: a line is an address, then its names"]


async def test_nothing_is_published_where_only_comments_change(file: Path) -> None:
    async with running(file) as published:
        await published.next()
        file.write_text("# a comment\n192.0.2.1 web\n")
        file.write_text("192.0.2.1 web last\n")
        assert await published.next() == "last web"


async def test_no_files_are_no_names() -> None:
    async with running() as published:
        assert await published.next() == ""


def unreadable(folder: Path) -> dict[str, Path]:
    os.mkfifo(folder / "pipe")
    with (folder / "large").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    return {
        "cannot be read: No such file or directory": folder / "none",
        "cannot be read: it is not a regular file": folder / "pipe",
        "cannot be read: it is larger than 4 MiB: divide it into several files": folder / "large",
    }


async def test_a_file_that_cannot_be_read_at_first_is_a_problem_beside_the_others(
    tmp_path: Path, file: Path
) -> None:
    paths_by_message = unreadable(tmp_path) | {"cannot be read: Is a directory": tmp_path}
    loaded = HostsFileSet([*paths_by_message.values(), file]).load()
    assert [line.names for line in loaded.lines] == [(names.from_text("web"),)]
    assert [str(problem) for problem in loaded.problems] == [
        f"{path}: {message}; its names are missing" for message, path in paths_by_message.items()
    ]


async def test_a_file_that_comes_later_is_read(tmp_path: Path) -> None:
    async with running(tmp_path / "later") as published:
        assert await published.next() == ""
        (tmp_path / "later").write_text("192.0.2.1 web\n")
        assert await published.next() == "web"


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - what is waited for is a line of the log
            await asyncio.sleep(0.01)
