"""One zone file over time: its last good zone, and what is wrong with it now.

A file that is suddenly empty, or includes one that is, is being written: for a while all stays as it was
(`emptied`). `last_good_file` does not fit here, since a zone may be made of several files.
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

    def __init__(self, path: Path, stated_origin: bytes | None = None) -> None:
        """`stated_origin` is the folded origin that the settings give, if they do."""
        self.path = path
        self._stated_origin = stated_origin
        self.zone: FileZone | None = None
        """The last good zone; None before there was one."""
        self.origin: bytes | None = None
        """The origin of the zone, also of one with mistakes; None where it is not known."""
        self.problems: tuple[Problem, ...] = ()
        self.emptied = EmptiedFile()
        self._signatures: dict[Path, Signature | None] | None = None

    @property
    def watched_folders(self) -> frozenset[Path]:
        """The folders in which a change of the zone shows."""
        paths = (self.path, *(self._signatures or ()))
        return frozenset(folder for path in paths for folder in filesystem.find_watch_folders(path))

    def update(self, now: float, reported_paths: frozenset[str]) -> bool:
        """Read the zone again if a part of it may have changed; returns whether it says something else now.

        `now` is in seconds on a monotonic clock.
        """
        if not self.emptied.is_waiting and not self._may_have_changed(reported_paths):
            return False

        previous = self.zone, self.origin, self.problems
        reader = ZoneFileReader(self.path)
        result = _read_zone(reader, self._stated_origin)
        if self.emptied.is_being_written(self._is_emptied(reader), now):
            return False

        self._signatures = reader.signatures
        self._apply_result(result)
        return (self.zone, self.origin, self.problems) != previous

    def _may_have_changed(self, reported_paths: frozenset[str]) -> bool:
        if self._signatures is None:
            return True

        # A file that was missing is looked for each time: its signature says nothing.
        return any(
            signature is None
            or signature != filesystem.read_signature(path)
            or filesystem.to_reported_path(path) in reported_paths
            for path, signature in self._signatures.items()
        )

    def _is_emptied(self, reader: ZoneFileReader) -> bool:
        """Return whether a file of the zone is empty that was not, while there is a zone to keep."""
        if self.zone is None:
            return False

        signatures = self._signatures or {}
        previous_signatures = [signatures.get(path) for path in reader.blank_paths]
        return any(signature.size for signature in previous_signatures if signature)

    def _apply_result(self, result: "_ReadResult") -> None:
        self.problems = result.problems
        if result.zone:
            self.zone = result.zone
            self.origin = result.origin
        elif self.zone:
            # Under its old origin: that is the zone which is still served.
            self.problems += (self.make_problem("answered as it was before these mistakes"),)
        else:
            self.origin = result.origin or self.origin
            self.problems += (self.make_problem("not served until this is put right"),)

    def make_problem(self, message: str) -> Problem:
        """Return a problem of the zone as a whole."""
        origin = names.to_text(self.origin) if self.origin else ""
        return Problem(str(self.path), 0, origin, message)


class _ReadResult(NamedTuple):
    """The zone, where it breaks no rule; its origin as far as it is known, and all that is wrong."""

    zone: FileZone | None
    origin: bytes | None
    problems: tuple[Problem, ...]


def _read_zone(reader: ZoneFileReader, stated_origin: bytes | None) -> _ReadResult:
    result = _read_records(reader, stated_origin or _origin_of_file_name(reader.path))
    if stated_origin is None or result.zone is None or result.origin == stated_origin:
        return result

    apex, stated = names.to_text(result.zone.origin), names.to_text(stated_origin)
    message = f"its SOA stands at {apex}, but the settings give it as the file of {stated}"
    return _ReadResult(None, stated_origin, (Problem(str(reader.path), 0, "", message),))


def _read_records(reader: ZoneFileReader, default_origin: bytes | None) -> _ReadResult:
    """Return what the file says, its relative names below `default_origin`."""
    file = str(reader.path)

    try:
        data = reader.read_zone_file()
    except ZoneFileError as error:
        return _ReadResult(None, default_origin, (Problem(file, 0, "", str(error)),))

    master_file = MasterFileReader(reader.read_include)
    master_file.read(file, data, default_origin)
    errors = master_file.errors

    # Rules are checked only where every record was read: a missing one would break them again.
    if not errors:
        checked = zone_rules.check_zone(file, master_file.records)
        if checked.zone:
            return _ReadResult(checked.zone, checked.zone.origin, (*master_file.warnings, *checked.warnings))
        errors += checked.errors

    origin = _origin_of_soa(master_file.records) or default_origin
    return _ReadResult(None, origin, tuple(errors))


def _origin_of_soa(master_records: Sequence[MasterRecord]) -> bytes | None:
    """Return the origin of a zone with mistakes: the owner of its SOA."""
    return next((record.owner.lower() for record in master_records if record.type == records.SOA), None)


def _origin_of_file_name(path: Path) -> bytes | None:
    """Return the origin that a file is named after, as `example.org.zone`."""
    if not path.name.endswith(ZONE_FILE_SUFFIX):
        return None

    try:
        return names.from_text(path.name.removesuffix(ZONE_FILE_SUFFIX)).lower()
    except DomainNameError:
        return None
