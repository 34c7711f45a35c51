"""The zone files as they change: the first load, then each edit (`watch`)."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.sources import file_problems, file_watcher
from svcdns.sources.zonefiles import special_use
from svcdns.sources.zonefiles.zone_file_set import LoadedZones, ZoneFileSet

log = logging.getLogger("svcdns.zonefiles")

PublishZones: TypeAlias = Callable[[Sequence[FileZone], Sequence[bytes | None]], Awaitable[None]]
"""Takes all zones that are to be served from now on, and the origins of broken ones (`Loaded.broken`)."""


class ZoneFileSource:
    """Publishes the zones of some files and folders, and the special-use zones."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        self.file_set = ZoneFileSet(paths)
        self._special_use_zones = {zone.origin: zone for zone in special_use.build_zones()}
        self._problem_log = file_problems.ProblemLog(log)
        self._published: tuple[Sequence[FileZone], Sequence[bytes | None]] = (), ()

    @property
    def problem_count(self) -> int:
        """Mistakes in the files, as they are now."""
        return len(self._problem_log)

    async def run(self, publish: PublishZones) -> NoReturn:
        """Publish at once and at each change, until cancelled; raises ZoneFileError where a path is none."""
        await self._publish(await asyncio.to_thread(self.file_set.load), publish)

        async def look(touched: Sequence[str]) -> None:
            loaded = await asyncio.to_thread(self.file_set.reload, time.monotonic(), touched)
            if loaded is not None:
                await self._publish(loaded, publish)

        if not self.file_set.paths:
            await asyncio.Event().wait()
        await file_watcher.watch_files(self.file_set, look, log)

    async def _publish(self, loaded: LoadedZones, publish: PublishZones) -> None:
        self._problem_log.log_changes(loaded.problems)
        own = {zone.origin: zone for zone in loaded.zones}
        zones = tuple(
            zone
            for origin, zone in (self._special_use_zones | own).items()
            if origin not in loaded.broken_origins
        )
        if (zones, loaded.broken_origins) != self._published:
            self._published = zones, loaded.broken_origins
            if loaded.file_count:
                log.info("%d of %d zone files are served", len(own), loaded.file_count)
            await publish(zones, loaded.broken_origins)
