"""Some hosts files: what they say now, or said before they could not be read any more.

A file that is not there is an error at the start; later its last lines stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from svcdns.dns.table import hosts_encoding
from svcdns.errors import HostsFileError
from svcdns.file_changes import Signature
from svcdns.sources import filesystem
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.file_problems import Problem

MAX_FILE_BYTES = 4 << 20
"""Bytes of a file: some 100,000 lines."""


class LoadedHosts(NamedTuple):
    """All lines, and all problems, in the order of the files."""

    lines: tuple[hosts_encoding.HostsLine, ...]
    problems: tuple[Problem, ...]


class HostsFileSet:
    """The hosts files at some paths, as they were last read, and some lines as such files have them."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], lines: Iterable[str] = ()) -> None:
        self._files = [_HostsFile(Path(path)) for path in dict.fromkeys(paths)]
        self._inline = hosts_encoding.parse_hosts("\n".join(lines).encode())

    @property
    def paths(self) -> Sequence[Path]:
        """The files."""
        return [file.path for file in self._files]

    @property
    def watched_folders(self) -> frozenset[Path]:
        """Where a change of the files shows itself."""
        return filesystem.resolve_folders(
            chain(*(filesystem.find_watch_folders(path) for path in self.paths))
        )

    @property
    def needs_polling(self) -> bool:
        """Whether an emptied file still keeps its lines, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._files)

    def load(self, now: float = 0.0) -> LoadedHosts:
        """Read them all; raises HostsFileError where one cannot be read. `now` is as in `reload`."""
        self.reload(now)
        for file in self._files:
            if file.read_error:
                raise HostsFileError(f"{file.path}: {file.read_error}; wanted is a file such as /etc/hosts")
        return self._collect()

    def reload(self, now: float, reported_paths: Iterable[str] = ()) -> LoadedHosts | None:
        """Read what changed, and the `touched` files; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        return (
            self._collect() if filesystem.read_until_stable(self._read_changes, now, reported_paths) else None
        )

    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        changed = [file.update(now, reported_paths) for file in self._files]
        return any(changed)

    def _collect(self) -> LoadedHosts:
        lines = chain(*(file.parsed.lines for file in self._files), self._inline.lines)
        given = (Problem("hosts", 0, "", message) for _, message in self._inline.problems)
        return LoadedHosts(tuple(lines), (*chain(*(file.problem_count() for file in self._files)), *given))


class _HostsFile:
    """One file over time; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parsed = hosts_encoding.ParsedHosts()
        self.read_error = ""
        self.emptied = EmptiedFile()
        self._signature: Signature | None = None

    def update(self, now: float, reported_paths: frozenset[str]) -> bool:
        """Read it again if it may have changed; returns whether it says something else now."""
        signature = filesystem.read_signature(self.path)
        same = signature and signature == self._signature and not self.emptied.is_waiting
        if same and filesystem.to_reported_path(self.path) not in reported_paths:
            return False
        self._signature = signature
        before = self.parsed, self.read_error
        try:
            data = filesystem.read_bounded(self.path, MAX_FILE_BYTES)
        except OSError as error:
            self.read_error = f"cannot be read: {error.strerror}"
        else:
            self.read_error = ""
            is_emptied = not data.strip() and bool(self.parsed.lines)
            if not self.emptied.is_being_written(is_emptied, now):
                self.parsed = hosts_encoding.parse_hosts(data)
        return (self.parsed, self.read_error) != before

    def problem_count(self) -> Iterable[Problem]:
        """What is wrong with it."""
        file = str(self.path)
        if self.read_error:
            yield Problem(file, 0, "", f"{self.read_error}; its last lines are kept")
        for line, message in self.parsed.problems:
            yield Problem(file, line, "", message)
