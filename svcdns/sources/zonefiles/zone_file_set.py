"""The zone files under some paths: what they say now, and what they said while they were right.

    paths -> files -> records (`master`) -> zone, or what is wrong with it (`rules`)

A file with an error keeps its last good zone; a file that is gone from a folder takes its zone along.
A given path that is gone is an error at the start; later its last zones stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.errors import ZoneFileError
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles.master_file import MAX_RECORDS
from svcdns.sources.zonefiles.zone_file import ZONE_FILE_SUFFIX, ZoneFile

MAX_ZONES = 10_000


class LoadedZones(NamedTuple):
    """The zones that can be served, and all problems, in the order of the files."""

    zones: tuple[FileZone, ...]
    zone_paths: tuple[Path, ...]
    """Of their files."""
    broken_origins: tuple[bytes | None, ...]
    """The origins of files that have no zone that can be, None where that is not known."""
    problems: tuple[Problem, ...]
    file_count: int


class ZoneFileSet:
    """The zone files under some paths, as they were last read."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        self.paths: Sequence[Path] = tuple(dict.fromkeys(Path(path) for path in paths))
        self.watched_folders: frozenset[Path] = frozenset()
        """Where a change of the files shows itself."""
        self._files: dict[Path, dict[Path, ZoneFile]] = {path: {} for path in self.paths}
        self._missing_paths: dict[Path, str] = {}

    @property
    def needs_polling(self) -> bool:
        """Whether a file is being written, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._iter_files())

    def load(self, now: float = 0.0) -> LoadedZones:
        """Read everything; raises ZoneFileError where a path does not exist. `now` is as in `reload`."""
        filesystem.read_until_stable(self._read_changes, now)
        for path, why in self._missing_paths.items():
            raise ZoneFileError(
                f"{path}: {why}; wanted are zone files, or folders of *{ZONE_FILE_SUFFIX} files"
            )
        return self._collect()

    def reload(self, now: float, reported_paths: Iterable[str] = ()) -> LoadedZones | None:
        """Read what changed, and the `touched` files; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        return (
            self._collect() if filesystem.read_until_stable(self._read_changes, now, reported_paths) else None
        )

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        changed = False
        missing: dict[Path, str] = {}
        seen: set[Path] = set()
        for path, known in self._files.items():
            try:
                listed = [one for one in _list_zone_files(path) if one.absolute() not in seen]
            except OSError as error:
                missing[path] = error.strerror or str(error)
                continue
            seen.update(one.absolute() for one in listed)
            inside = {one: known.get(one) or ZoneFile(one) for one in listed}
            changed |= inside.keys() != known.keys()
            self._files[path] = inside
            for file in inside.values():
                changed |= file.update(now, reported_paths)
        changed |= missing != self._missing_paths
        self._missing_paths = missing
        self.watched_folders = filesystem.resolve_folders(
            chain(
                *((path, *filesystem.find_watch_folders(path)) for path in self.paths),
                *(f.watched_folders for f in self._iter_files()),
            )
        )
        return changed

    def _iter_files(self) -> Iterator[ZoneFile]:
        return (file for files in self._files.values() for file in files.values())

    def _collect(self) -> LoadedZones:
        """Of several files of one zone the first is served."""
        owners: dict[bytes, ZoneFile] = {}
        problems: list[Problem] = []
        left = MAX_RECORDS
        for file in self._iter_files():
            problems += file.problems
            if file.zone is None:
                continue
            first = owners.get(file.zone.origin)
            if first:
                problems.append(file.make_problem(f"left out: {first.path} is this zone already"))
            elif len(owners) >= MAX_ZONES:
                problems.append(file.make_problem(f"left out: there are more than {MAX_ZONES} zones"))
            elif left < (size := _count_records(file.zone)):
                problems.append(
                    file.make_problem(f"left out: all zones together have more than {MAX_RECORDS} records")
                )
            else:
                left -= size
                owners[file.zone.origin] = file
        problems += [
            Problem(str(path), 0, "", f"{why}; its last zones are kept")
            for path, why in self._missing_paths.items()
        ]
        zones = tuple(file.zone for file in owners.values() if file.zone)
        paths = tuple(file.path for file in owners.values())
        broken = dict.fromkeys(file.origin for file in self._iter_files() if file.origin not in owners)
        return LoadedZones(zones, paths, tuple(broken), tuple(problems), sum(1 for _ in self._iter_files()))


def _list_zone_files(path: Path) -> list[Path]:
    """The zone files that a path means; raises OSError where it is none."""
    try:
        with os.scandir(path) as found:
            inside = [one.name for one in found if one.name.endswith(ZONE_FILE_SUFFIX) and one.name[0] != "."]
    except NotADirectoryError:
        return [path]
    return [path / name for name in sorted(inside)]


def _count_records(zone: FileZone) -> int:
    return sum(len(rrset.rdata) for rrsets in zone.rrsets.values() for rrset in rrsets.values())
