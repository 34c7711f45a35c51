"""The zone files as they change: the first load, then each edit (`watch`)."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns.zone import StaticZone
from svcdns.sources import problems, watch
from svcdns.sources.zonefiles import special_use
from svcdns.sources.zonefiles.load import Loaded, Zones

log = logging.getLogger("svcdns.zonefiles")

Publish: TypeAlias = Callable[[Sequence[StaticZone], Sequence[bytes | None]], Awaitable[None]]
"""Takes all zones that are to be served from now on, and the origins of broken ones (`Loaded.broken`)."""


class ZoneFiles:
    """Publishes the zones of some files and folders, and the special-use zones."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        self.zones = Zones(paths)
        self._special = {zone.origin: zone for zone in special_use.zones()}
        self._told = problems.Told(log)
        self._published: tuple[Sequence[StaticZone], Sequence[bytes | None]] = (), ()

    @property
    def problems(self) -> int:
        """Mistakes in the files, as they are now."""
        return len(self._told)

    async def run(self, publish: Publish) -> NoReturn:
        """Publish at once and at each change, until cancelled; raises ZoneFileError where a path is none."""
        await self._publish(await asyncio.to_thread(self.zones.load), publish)

        async def look(touched: Sequence[str]) -> None:
            loaded = await asyncio.to_thread(self.zones.reload, time.monotonic(), touched)
            if loaded is not None:
                await self._publish(loaded, publish)

        if not self.zones.paths:
            await asyncio.Event().wait()
        await watch.follow(self.zones, look, log)

    async def _publish(self, loaded: Loaded, publish: Publish) -> None:
        self._told.tell(loaded.problems)
        own = {zone.origin: zone for zone in loaded.zones}
        zones = tuple(zone for origin, zone in (self._special | own).items() if origin not in loaded.broken)
        if (zones, loaded.broken) != self._published:
            self._published = zones, loaded.broken
            if loaded.files:
                log.info("%d of %d zone files are served", len(own), loaded.files)
            await publish(zones, loaded.broken)
