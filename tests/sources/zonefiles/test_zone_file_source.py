"""Zone files as they change, on real files: what is published, and what the log says."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names
from svcdns.sources.zonefiles import special_use
from svcdns.sources.zonefiles.zone_file_source import ZoneFileSource
from tests.patience import PATIENCE
from tests.sources.zonefiles import APEX

BUILT_IN = {zone.origin for zone in special_use.build_zones()}


class Published:
    """What was published, one after the other."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[Sequence[FileZone], Sequence[bytes | None]]] = asyncio.Queue()

    async def __call__(self, zones: Sequence[FileZone], broken: Sequence[bytes | None]) -> None:
        self._queue.put_nowait((zones, broken))

    async def next(self) -> list[str]:
        """The zones but for the special ones, as `origin names`, and the broken ones."""
        zones, broken = await asyncio.wait_for(self._queue.get(), PATIENCE)
        found = {zone.origin: len(zone.rrsets) for zone in zones}
        right = [f"{names.to_text(one)} {count}" for one, count in found.items() if one not in BUILT_IN]
        return right + [f"{names.to_text(one) if one else 'unknown'} broken" for one in broken]

    @property
    def more(self) -> bool:
        return not self._queue.empty()


@contextlib.asynccontextmanager
async def running(*paths: Path) -> AsyncIterator[Published]:
    published = Published()
    task = asyncio.create_task(ZoneFileSource(paths).run(published))
    try:
        yield published
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_edits_new_files_and_removed_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.zone"
    path.write_text(APEX)
    async with running(tmp_path) as published:
        assert await published.next() == ["a. 2"]
        path.write_text(APEX + "www A 192.0.2.1\n$INCLUDE more.inc\n")
        await asyncio.sleep(0.1)
        (tmp_path / "more.inc").write_text("mail A 192.0.2.2\n")
        assert await published.next() == ["a. 4"]
        (tmp_path / "more.inc").write_text("mail A 192.0.2.2\nnews A 192.0.2.2\n")
        assert await published.next() == ["a. 5"]
        (tmp_path / "new").write_text(APEX)
        (tmp_path / "new").rename(tmp_path / "b.zone")
        assert await published.next() == ["a. 5", "b. 2"]
        path.unlink()
        assert await published.next() == ["b. 2"]
        (tmp_path / "b.zone").rename(tmp_path / "b.txt")
        assert await published.next() == []
        assert not published.more


async def test_a_linked_folder_is_followed_to_another_version(tmp_path: Path) -> None:
    for version in "12":
        (tmp_path / version).mkdir()
        (tmp_path / version / f"v{version}.zone").write_text(APEX)
    (tmp_path / "current").symlink_to("1")
    async with running(tmp_path / "current") as published:
        assert await published.next() == ["v1. 2"]
        (tmp_path / "next").symlink_to("2")
        (tmp_path / "next").rename(tmp_path / "current")
        assert await published.next() == ["v2. 2"]
        (tmp_path / "2" / "v2.zone").write_text(APEX + "www A 192.0.2.1")
        assert await published.next() == ["v2. 3"]


async def test_problems_are_told_once_and_again_when_fixed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "svcdns.zonefiles")
    path = tmp_path / "a.zone"
    path.write_text(APEX)
    async with running(tmp_path) as published:
        await published.next()
        path.write_text(APEX + "www A x")
        while "before these mistakes" not in caplog.text:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.01)
        assert not published.more
        path.write_text(APEX + "www A 192.0.2.1")
        assert await published.next() == ["a. 3"]
    told = [
        record.message.replace(f"{tmp_path}/", "") for record in caplog.records if "a.zone" in record.message
    ]
    wrong = "www.a. A: 'x' is not right; expected an IPv4 address, as 192.0.2.1"
    kept = "a.zone: a.: answered as it was before these mistakes"
    assert told == [f"a.zone:6: {wrong}", kept, f"fixed: {kept}", f"fixed: a.zone: {wrong}"]


async def test_a_zone_file_replaces_a_special_use_zone(tmp_path: Path) -> None:
    (tmp_path / "localhost.zone").write_text(APEX)
    serials: asyncio.Queue[dict[bytes, int | None]] = asyncio.Queue()

    async def publish(zones: Sequence[FileZone], broken: Sequence[bytes | None]) -> None:
        serials.put_nowait({zone.origin: zone.soa.serial for zone in zones})

    task = asyncio.create_task(ZoneFileSource([tmp_path]).run(publish))
    localhost = names.from_text("localhost.")
    found = await asyncio.wait_for(serials.get(), PATIENCE)
    assert found.keys() == BUILT_IN
    assert found[localhost] == 7
    task.cancel()
    (tmp_path / "localhost.zone").write_text("mistake")
    task = asyncio.create_task(ZoneFileSource([tmp_path]).run(publish))
    found = await asyncio.wait_for(serials.get(), PATIENCE)
    assert found.keys() == BUILT_IN - {localhost}, "what it would say is not known"
    task.cancel()


async def test_a_special_use_reverse_zone_yields_to_a_zone_file_above_it(tmp_path: Path) -> None:
    (tmp_path / "169.in-addr.arpa.zone").write_text(APEX)
    published: asyncio.Queue[set[bytes]] = asyncio.Queue()

    async def publish(zones: Sequence[FileZone], broken: Sequence[bytes | None]) -> None:
        published.put_nowait({zone.origin for zone in zones})

    task = asyncio.create_task(ZoneFileSource([tmp_path]).run(publish))
    origins = await asyncio.wait_for(published.get(), PATIENCE)
    task.cancel()
    assert BUILT_IN - origins == {names.from_text("254.169.in-addr.arpa")}


async def test_a_broken_zone_is_named(tmp_path: Path) -> None:
    """By its SOA, else by the file's name; both may be missing."""
    (tmp_path / "a.zone").write_text(APEX + "www A x")
    (tmp_path / "b.zone").write_text(APEX.replace("@", "other.example.") + "www A x")
    (tmp_path / "c.zone").write_text("")
    (tmp_path / "db").write_text("@ A 192.0.2.1")
    async with running(tmp_path, tmp_path / "db") as published:
        assert await published.next() == ["a. broken", "other.example. broken", "c. broken", "unknown broken"]
        (tmp_path / "a.zone").write_text(APEX)
        assert (await published.next())[0] == "a. 2"
        (tmp_path / "b.zone").unlink()
        assert await published.next() == ["a. 2", "c. broken", "unknown broken"]


async def test_without_paths_the_special_use_zones_are_there() -> None:
    async with running() as published:
        assert await published.next() == []


async def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    async with running(tmp_path / "later") as published:
        assert await published.next() == ["unknown broken"]
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "a.zone").write_text(APEX)
        assert await published.next() == ["a. 2"]
