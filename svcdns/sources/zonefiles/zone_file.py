"""One zone file over time: its last good zone, and what is wrong with it now.

A file that is empty all at once, or one that it includes, is being written: for a while all stays as it
was (`emptied`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.errors import DomainNameError, ZoneFileError
from svcdns.file_changes import Signature
from svcdns.sources import filesystem
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles import zone_rules
from svcdns.sources.zonefiles.master_file import MasterFileReader, MasterRecord
from svcdns.sources.zonefiles.zone_file_reader import ZoneFileReader

ZONE_FILE_SUFFIX = ".zone"


class ZoneFile:
    """One file over time; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zone: FileZone | None = None
        self.origin: bytes | None = None
        """Of its zone, also of one that is not right; None where that is not known."""
        self.problems: tuple[Problem, ...] = ()
        self.emptied = EmptiedFile()
        self._signatures: dict[Path, Signature | None] | None = None

    @property
    def watched_folders(self) -> frozenset[Path]:
        """Where a change of the zone shows itself."""
        looked_at = (self.path, *(self._signatures or ()))
        return frozenset(folder for path in looked_at for folder in filesystem.find_watch_folders(path))

    def update(self, now: float, reported_paths: frozenset[str]) -> bool:
        """Read it again if a part of it may have changed; returns whether it says something else now.

        `now` is in seconds on a monotonic clock.
        """
        if not self.emptied.is_waiting and not self._may_have_changed(reported_paths):
            return False
        before = self.zone, self.origin, self.problems
        files = ZoneFileReader(self.path)
        found = _read_zone(files)
        if self.emptied.is_being_written(self._is_emptied(files), now):
            return False
        self._signatures = files.signatures
        self._apply_result(found)
        return (self.zone, self.origin, self.problems) != before

    def _may_have_changed(self, reported_paths: frozenset[str]) -> bool:
        return self._signatures is None or any(
            signature is None
            or signature != filesystem.read_signature(path)
            or filesystem.to_reported_path(path) in reported_paths
            for path, signature in self._signatures.items()
        )

    def _is_emptied(self, files: ZoneFileReader) -> bool:
        """Whether any of its files is empty that was not, while there is a zone to be kept."""
        known = self._signatures or {}
        return self.zone is not None and any(
            was.size for path in files.blank_paths if (was := known.get(path))
        )

    def _apply_result(self, result: "_ReadResult") -> None:
        self.problems = result.problems
        if result.zone:
            self.zone = result.zone
            self.origin = result.origin
        elif self.zone:
            self.problems += (self.make_problem("answered as it was before these mistakes"),)
        else:
            self.origin = result.origin or self.origin
            self.problems += (self.make_problem("not served until this is put right"),)

    def make_problem(self, message: str) -> Problem:
        """Something about the zone as a whole."""
        origin = names.to_text(self.origin) if self.origin else ""
        return Problem(str(self.path), 0, origin, message)


class _ReadResult(NamedTuple):
    """The zone as it stands, where it breaks no rule; its origin, and all that is wrong with it."""

    zone: FileZone | None
    origin: bytes | None
    problems: tuple[Problem, ...]


def _read_zone(reader: ZoneFileReader) -> _ReadResult:
    file, by_name = str(reader.path), _origin_of_file_name(reader.path)
    try:
        data = reader.read_zone_file()
    except ZoneFileError as error:
        return _ReadResult(None, by_name, (Problem(file, 0, "", str(error)),))
    parsed = MasterFileReader(reader.read_include)
    parsed.read(file, data, by_name)
    if not parsed.errors:
        judged = zone_rules.check_zone(file, parsed.records)
        if judged.zone:
            return _ReadResult(judged.zone, judged.zone.origin, judged.warnings)
        parsed.errors += judged.errors
    return _ReadResult(None, _origin_of_soa(parsed.records) or by_name, tuple(parsed.errors))


def _origin_of_soa(master_records: Sequence[MasterRecord]) -> bytes | None:
    """The origin of a zone that is not right: where its SOA stands."""
    return next((record.owner.lower() for record in master_records if record.type == records.SOA), None)


def _origin_of_file_name(path: Path) -> bytes | None:
    """The origin that a file is named after, as `example.org.zone`."""
    if not path.name.endswith(ZONE_FILE_SUFFIX):
        return None
    try:
        return names.from_text(path.name.removesuffix(ZONE_FILE_SUFFIX)).lower()
    except DomainNameError:
        return None
