"""One zone file over time: its last good zone, and what is wrong with it now.

A file that is empty all at once, or one that it includes, is being written: for a while all stays as it
was (`emptied`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from svcdns.dns import names, records
from svcdns.dns.zone import StaticZone
from svcdns.errors import DomainNameError, ZoneFileError
from svcdns.file_changes import Signature
from svcdns.sources import disk
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.problems import Problem
from svcdns.sources.zonefiles import rules
from svcdns.sources.zonefiles.master import MasterRecord, Reader
from svcdns.sources.zonefiles.reading import ZoneReader

SUFFIX = ".zone"


class ZoneFile:
    """One file over time; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zone: StaticZone | None = None
        self.origin: bytes | None = None
        """Of its zone, also of one that is not right; None where that is not known."""
        self.problems: tuple[Problem, ...] = ()
        self.emptied = EmptiedFile()
        self._looked_at: dict[Path, Signature | None] | None = None

    @property
    def folders(self) -> frozenset[Path]:
        """Where a change of the zone shows itself."""
        looked_at = (self.path, *(self._looked_at or ()))
        return frozenset(folder for path in looked_at for folder in disk.around(path))

    def update(self, now: float, touched: frozenset[str]) -> bool:
        """Read it again if a part of it may have changed; returns whether it says something else now.

        `now` is in seconds on a monotonic clock.
        """
        if not self.emptied.is_waiting and not self._may_differ(touched):
            return False
        before = self.zone, self.origin, self.problems
        files = ZoneReader(self.path)
        found = _read(files)
        if self.emptied.is_being_written(self._is_emptied(files), now):
            return False
        self._looked_at = files.looked_at
        self._take(found)
        return (self.zone, self.origin, self.problems) != before

    def _may_differ(self, touched: frozenset[str]) -> bool:
        return self._looked_at is None or any(
            signature is None or signature != disk.signature(path) or disk.reported(path) in touched
            for path, signature in self._looked_at.items()
        )

    def _is_emptied(self, files: ZoneReader) -> bool:
        """Whether any of its files is empty that was not, while there is a zone to be kept."""
        known = self._looked_at or {}
        return self.zone is not None and any(was.size for path in files.blank if (was := known.get(path)))

    def _take(self, found: "_Read") -> None:
        self.problems = found.problems
        if found.zone:
            self.zone = found.zone
            self.origin = found.origin
        elif self.zone:
            self.problems += (self.problem("answered as it was before these mistakes"),)
        else:
            self.origin = found.origin or self.origin
            self.problems += (self.problem("not served until this is put right"),)

    def problem(self, message: str) -> Problem:
        """Something about the zone as a whole."""
        origin = names.to_text(self.origin) if self.origin else ""
        return Problem(str(self.path), 0, origin, message)


class _Read(NamedTuple):
    """The zone as it stands, where it breaks no rule; its origin, and all that is wrong with it."""

    zone: StaticZone | None
    origin: bytes | None
    problems: tuple[Problem, ...]


def _read(files: ZoneReader) -> _Read:
    file, by_name = str(files.path), _origin(files.path)
    try:
        data = files.zone_file()
    except ZoneFileError as error:
        return _Read(None, by_name, (Problem(file, 0, "", str(error)),))
    parsed = Reader(files.include)
    parsed.read(file, data, by_name)
    if not parsed.errors:
        judged = rules.judge(file, parsed.records)
        if judged.zone:
            return _Read(judged.zone, judged.zone.origin, judged.warnings)
        parsed.errors += judged.errors
    return _Read(None, _meant(parsed.records) or by_name, tuple(parsed.errors))


def _meant(found: Sequence[MasterRecord]) -> bytes | None:
    """The origin of a zone that is not right: where its SOA stands."""
    return next((record.owner.lower() for record in found if record.type == records.SOA), None)


def _origin(path: Path) -> bytes | None:
    """The origin that a file is named after, as `example.org.zone`."""
    if not path.name.endswith(SUFFIX):
        return None
    try:
        return names.from_text(path.name.removesuffix(SUFFIX)).lower()
    except DomainNameError:
        return None
