"""The zone files under some paths: the zones that they hold now, or held while they were right.

    paths -> files (`zone_file`) -> records (`master_file`) -> zone, or what is wrong with it (`zone_rules`)

A file with an error keeps its last good zone. A file that is gone from a folder takes its zone along. A path
of the settings that is not there is a problem and no more: its last zones stay, and it is looked for again.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from svcdns import value_types
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem, hide_foreign
from svcdns.sources.file_set import FileSet
from svcdns.sources.zonefiles.master_file import MAX_RECORDS
from svcdns.sources.zonefiles.zone_file import ZONE_FILE_SUFFIX, ZoneFile
from svcdns.value_types import ZonePath

MAX_ZONES = 10_000
"""The most zones that are served: every process holds the origins of all."""


class LoadedZones(NamedTuple):
    """The zones that can be served, and all problems, in the order of the files."""

    zones: tuple[FileZone, ...]
    zone_paths: tuple[Path, ...]
    """The file of each zone."""
    broken_origins: tuple[bytes | None, ...]
    """The origin of each file whose zone cannot be served, None where the origin is not known."""
    problems: tuple[Problem, ...]
    file_count: int


class ZoneFileSet(FileSet[LoadedZones]):
    """The zone files under some paths, as they were last read."""

    def __init__(self, paths: Iterable[ZonePath | str | os.PathLike[str]]) -> None:
        """A text is as in the settings (`[ZONE=]PATH`)."""
        entries = dict.fromkeys(map(value_types.to_zone_path, paths))
        self.paths = tuple(dict.fromkeys(entry.path for entry in entries))
        self._files: dict[ZonePath, dict[Path, ZoneFile]] = {entry: {} for entry in entries}
        self._missing_paths: dict[Path, str] = {}
        self._watched_folders: frozenset[Path] = frozenset()

    @property
    def watched_folders(self) -> frozenset[Path]:
        """The folders in which a change of the files shows."""
        return self._watched_folders

    def _iter_files(self) -> Iterator[ZoneFile]:
        return (file for files in self._files.values() for file in files.values())

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        has_changed = False
        missing_paths: dict[Path, str] = {}
        seen: set[tuple[Path, str | None]] = set()

        for entry, previous_files in self._files.items():
            try:
                listed = [
                    file for file in _list_zone_files(entry) if (file.absolute(), entry.origin) not in seen
                ]
            except OSError as error:
                # Its files stay as they are.
                missing_paths[entry.path] = error.strerror or str(error)
                continue

            seen.update((file.absolute(), entry.origin) for file in listed)
            files = {file: previous_files.get(file) or _make_zone_file(file, entry) for file in listed}
            has_changed |= files.keys() != previous_files.keys()
            self._files[entry] = files
            for zone_file in files.values():
                has_changed |= zone_file.update(now, reported_paths)

        has_changed |= missing_paths != self._missing_paths
        self._missing_paths = missing_paths
        self._watched_folders = self._find_watched_folders()
        return has_changed

    def _find_watched_folders(self) -> frozenset[Path]:
        folders: set[Path] = set()
        for path in self.paths:
            folders.add(path)
            folders.update(filesystem.find_watch_folders(path))
        for file in self._iter_files():
            folders |= file.watched_folders

        return filesystem.resolve_folders(folders)

    def _collect(self) -> LoadedZones:
        file_by_origin: dict[bytes, ZoneFile] = {}
        problems: list[Problem] = []
        records_left = MAX_RECORDS

        for file in self._iter_files():
            problems += file.problems
            if file.zone is None:
                continue

            # Of several files with one zone, the first is served.
            first = file_by_origin.get(file.zone.origin)
            record_count = _count_records(file.zone)
            if first:
                problems.append(file.make_problem(f"left out: {first.path} is this zone already"))
            elif len(file_by_origin) >= MAX_ZONES:
                problems.append(file.make_problem(f"left out: there are more than {MAX_ZONES} zones"))
            elif records_left < record_count:
                problems.append(
                    file.make_problem(f"left out: all zones together have more than {MAX_RECORDS} records")
                )
            else:
                records_left -= record_count
                file_by_origin[file.zone.origin] = file

        problems += self._iter_missing_problems()
        files = list(self._iter_files())
        broken_origins = dict.fromkeys(file.origin for file in files if file.origin not in file_by_origin)
        if self._missing_paths:
            # Its zones are not known, and may be those that the table has from before the start.
            broken_origins[None] = None

        return LoadedZones(
            tuple(file.zone for file in file_by_origin.values() if file.zone),
            tuple(file.path for file in file_by_origin.values()),
            tuple(broken_origins),
            tuple(hide_foreign(problems, self.paths)),
            len(files) + len(self._missing_paths),
        )

    def _iter_missing_problems(self) -> Iterator[Problem]:
        for entry, files in self._files.items():
            if reason := self._missing_paths.get(entry.path):
                consequence = (
                    "its last zones are kept"
                    if files
                    else f"expected a zone file, or a folder of *{ZONE_FILE_SUFFIX} files"
                )
                yield Problem(str(entry.path), 0, "", f"{reason}; {consequence}")


def _make_zone_file(file: Path, entry: ZonePath) -> ZoneFile:
    return ZoneFile(file, None if entry.origin is None else names.from_text(entry.origin).lower())


def _list_zone_files(entry: ZonePath) -> list[Path]:
    """Return the zone files that a path means; raises OSError where the path is none.

    A file counts before it exists if its zone is known: the zone's names must not leave the house.
    """
    path = entry.path
    is_zone_known = entry.origin is not None or (path.suffix == ZONE_FILE_SUFFIX and not path.exists())
    if is_zone_known:
        return [path]

    try:
        with os.scandir(path) as entries:
            file_names = [
                entry.name
                for entry in entries
                # A name with a dot in front is an editor's backup, or `..data` of a ConfigMap.
                if entry.name.endswith(ZONE_FILE_SUFFIX) and entry.name[0] != "."
            ]
    except NotADirectoryError:
        return [path]

    return [path / name for name in sorted(file_names)]


def _count_records(zone: FileZone) -> int:
    return sum(len(rrset.rdata) for rrsets in zone.rrsets.values() for rrset in rrsets.values())
