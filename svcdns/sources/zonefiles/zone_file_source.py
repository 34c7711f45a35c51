"""The zone files as they change: all zones at the first load, then at each edit."""

import functools
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.sources import file_problems, file_watcher
from svcdns.sources.zonefiles import special_use
from svcdns.sources.zonefiles.zone_file_set import LoadedZones, ZoneFileSet
from svcdns.value_types import ZonePath

log = logging.getLogger("svcdns.zonefiles")

PublishZones: TypeAlias = Callable[[Sequence[FileZone], Sequence[bytes | None]], Awaitable[None]]
"""Takes all zones that are served from now on, and the origins of broken ones (`LoadedZones`)."""


class ZoneFileSource:
    """Publishes the zones of some files and folders, and the special-use zones."""

    def __init__(
        self,
        paths: Iterable[ZonePath | str | os.PathLike[str]],
        routes: Iterable[tuple[bytes, bool]] = (),
    ) -> None:
        """`routes` are those that special-use zones yield to (`special_use.build_zones`)."""
        self.file_set = ZoneFileSet(paths)
        self._special_use_zones = {zone.origin: zone for zone in special_use.build_zones(routes)}
        self.problem_log = file_problems.ProblemLog(log)
        """The mistakes in the files, as they are now."""
        self._published: tuple[Sequence[FileZone], Sequence[bytes | None]] = (), ()

    @property
    def problem_count(self) -> int:
        """The number of mistakes in the files, as they are now."""
        return len(self.problem_log)

    async def run(self, publish: PublishZones) -> NoReturn:
        """Publish at once and at each change, until cancelled."""
        await file_watcher.follow_files(self.file_set, functools.partial(self._publish, publish), log)

    async def _publish(self, publish: PublishZones, loaded: LoadedZones) -> None:
        self.problem_log.log_changes(loaded.problems)

        # A file replaces a special-use zone of its origin, even a broken file: what it is meant to say
        # is not known, and the special-use zone is certainly not it.
        file_zones = {zone.origin: zone for zone in loaded.zones}
        special_use_zones = {
            origin: zone
            for origin, zone in self._special_use_zones.items()
            if not special_use.yields_to(origin, file_zones)
        }
        zones = tuple(
            zone
            for origin, zone in (special_use_zones | file_zones).items()
            if origin not in loaded.broken_origins
        )
        if (zones, loaded.broken_origins) == self._published:
            return

        self._published = zones, loaded.broken_origins
        if loaded.file_count:
            log.info("%d of %d zone files are served", len(file_zones), loaded.file_count)
        await publish(zones, loaded.broken_origins)
