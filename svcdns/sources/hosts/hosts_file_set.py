"""Some hosts files: the lines that they have now, or had before they could not be read any more.

A file that does not exist is an error at the start. Later its last lines stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from svcdns.dns.table import hosts_encoding
from svcdns.errors import HostsFileError
from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem
from svcdns.sources.file_set import FileSet
from svcdns.sources.last_good_file import LastGoodFile

MAX_FILE_BYTES = 4 << 20
"""The largest hosts file, in bytes: some 100,000 lines."""


class LoadedHosts(NamedTuple):
    """All lines and all problems, in the order of the files."""

    lines: tuple[hosts_encoding.HostsLine, ...]
    problems: tuple[Problem, ...]


class HostsFileSet(FileSet[LoadedHosts]):
    """The hosts files at some paths as they were last read, and lines that the settings add to them."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], lines: Iterable[str] = ()) -> None:
        self._files = [_HostsFile(Path(path)) for path in dict.fromkeys(paths)]
        self._inline = hosts_encoding.parse_hosts("\n".join(lines).encode())
        self.paths: Sequence[Path] = [file.path for file in self._files]

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

    def _require_paths(self) -> None:
        for file in self._files:
            if file.read_error:
                raise HostsFileError(f"{file.path}: {file.read_error}; expected a file such as /etc/hosts")

    def _collect(self) -> LoadedHosts:
        lines = [line for file in self._files for line in file.parsed.lines]
        problems = [problem for file in self._files for problem in file.iter_problems()]

        # The lines of the settings stand behind those of files, so that a file wins over them.
        lines += self._inline.lines
        problems += [Problem("hosts", 0, "", message) for _, message in self._inline.problems]

        return LoadedHosts(tuple(lines), tuple(problems))


class _HostsFile(LastGoodFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path, MAX_FILE_BYTES)
        self.parsed = hosts_encoding.ParsedHosts()

    @property
    def has_contents(self) -> bool:
        return bool(self.parsed.lines)

    def parse(self, data: bytes) -> bool:
        # Another comment is no change: what is published stays the same.
        previous = self.parsed
        self.parsed = hosts_encoding.parse_hosts(data)
        return self.parsed != previous

    def iter_problems(self) -> Iterator[Problem]:
        file = str(self.path)
        if self.read_error:
            yield Problem(file, 0, "", f"{self.read_error}; its last lines are kept")

        for line, message in self.parsed.problems:
            yield Problem(file, line, "", message)
