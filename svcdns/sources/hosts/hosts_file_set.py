"""Some hosts files: the lines that they have now, or had before they could not be read any more.

A file may be for some zones only: what of it lies in none of them is left out. A file that cannot be read is
a problem and no more: its last lines stay, and it is looked for again.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from svcdns import value_types
from svcdns.dns.table import hosts_encoding
from svcdns.dns.wire import names
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem
from svcdns.sources.file_set import FileSet
from svcdns.sources.last_good_file import LastGoodFile
from svcdns.value_types import ZonePath

MAX_FILE_BYTES = 4 << 20
"""The largest hosts file, in bytes: some 100,000 lines."""


class LoadedHosts(NamedTuple):
    """All lines and all problems, in the order of the files."""

    lines: tuple[hosts_encoding.HostsLine, ...]
    problems: tuple[Problem, ...]


class HostsFileSet(FileSet[LoadedHosts]):
    """The hosts files at some paths as they were last read, and lines that the settings add to them."""

    def __init__(self, paths: Iterable[ZonePath | str | os.PathLike[str]], lines: Iterable[str] = ()) -> None:
        """A text is as in the settings (`[ZONE=]PATH`)."""
        origins_by_path: dict[Path, set[bytes]] = {}
        for entry in map(value_types.to_zone_path, paths):
            origins_by_path.setdefault(entry.path, set()).add(names.from_text(entry.origin or "."))

        self._files = [_HostsFile(path, frozenset(origins)) for path, origins in origins_by_path.items()]
        self._inline_lines = tuple(lines)
        self._inline = hosts_encoding.parse_hosts("\n".join(self._inline_lines).encode())
        self.paths: Sequence[Path] = tuple(origins_by_path)

    @property
    def watched_folders(self) -> frozenset[Path]:
        """The folders in which a change of the files shows."""
        return filesystem.resolve_folders(
            chain(*(filesystem.find_watch_folders(path) for path in self.paths))
        )

    def _iter_files(self) -> Sequence["_HostsFile"]:
        return self._files

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        has_changed = False
        for file in self._files:
            signature = filesystem.read_signature(file.path)
            is_reported = filesystem.to_reported_path(file.path) in reported_paths
            has_changed |= file.update(signature, now, is_reported=is_reported)

        return has_changed

    def _collect(self) -> LoadedHosts:
        lines = [line for file in self._files for line in file.parsed.lines]
        problems = [problem for file in self._files for problem in file.iter_problems()]

        # The lines of the settings stand behind those of files, so that a file wins over them.
        lines += self._inline.lines
        problems += [
            Problem("hosts", 0, self._inline_lines[number - 1], message)
            for number, message in self._inline.problems
        ]

        return LoadedHosts(tuple(lines), tuple(problems))


class _HostsFile(LastGoodFile):
    def __init__(self, path: Path, origins: frozenset[bytes]) -> None:
        super().__init__(path, MAX_FILE_BYTES)
        self._origins = origins
        self.parsed = hosts_encoding.ParsedHosts()

    @property
    def has_contents(self) -> bool:
        return bool(self.parsed.lines)

    def parse(self, data: bytes) -> bool:
        # Another comment is no change: what is published stays the same.
        previous = self.parsed
        lines, problems = hosts_encoding.parse_hosts(data)
        if names.ROOT not in self._origins:
            restricted = (line.restrict(self._origins) for line in lines)
            lines = tuple(line for line in restricted if line.names or line.canonical_name)

        self.parsed = hosts_encoding.ParsedHosts(lines, problems)
        return self.parsed != previous

    def iter_problems(self) -> Iterator[Problem]:
        file = str(self.path)
        if self.read_error:
            consequence = "its last lines are kept" if self.has_contents else "its names are missing"
            yield Problem(file, 0, "", f"{self.read_error}; {consequence}")

        for line, message in self.parsed.problems:
            yield Problem(file, line, "", message)
