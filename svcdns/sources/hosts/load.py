"""Some hosts files: what they say now, or said before they could not be read any more.

A file that is not there is an error at the start; later its last lines stay, and a problem says so.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from svcdns.dns import hosts
from svcdns.errors import HostsFileError
from svcdns.file_changes import Signature
from svcdns.sources import disk
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.problems import Problem

MAX_SIZE = 4 << 20
"""Bytes of a file: some 100,000 lines."""


class Loaded(NamedTuple):
    """All lines, and all problems, in the order of the files."""

    lines: tuple[hosts.Line, ...]
    problems: tuple[Problem, ...]


class Hosts:
    """The hosts files at some paths, as they were last read, and some lines as such files have them."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], lines: Iterable[str] = ()) -> None:
        self._files = [_HostsFile(Path(path)) for path in dict.fromkeys(paths)]
        self._given = hosts.parse("\n".join(lines).encode())

    @property
    def paths(self) -> Sequence[Path]:
        """The files."""
        return [file.path for file in self._files]

    @property
    def folders(self) -> frozenset[Path]:
        """Where a change of the files shows itself."""
        return disk.real_folders(chain(*(disk.around(path) for path in self.paths)))

    @property
    def waiting(self) -> bool:
        """Whether an emptied file still keeps its lines, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._files)

    def load(self, now: float = 0.0) -> Loaded:
        """Read them all; raises HostsFileError where one cannot be read. `now` is as in `reload`."""
        self.reload(now)
        for file in self._files:
            if file.trouble:
                raise HostsFileError(f"{file.path}: {file.trouble}; wanted is a file such as /etc/hosts")
        return self._loaded()

    def reload(self, now: float, touched: Iterable[str] = ()) -> Loaded | None:
        """Read what changed, and the `touched` files; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        return self._loaded() if disk.settled(self._look, now, touched) else None

    def _look(self, now: float, touched: frozenset[str]) -> bool:
        changed = [file.update(now, touched) for file in self._files]
        return any(changed)

    def _loaded(self) -> Loaded:
        lines = chain(*(file.parsed.lines for file in self._files), self._given.lines)
        given = (Problem("hosts", 0, "", message) for _, message in self._given.problems)
        return Loaded(tuple(lines), (*chain(*(file.problems() for file in self._files)), *given))


class _HostsFile:
    """One file over time; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parsed = hosts.Parsed()
        self.trouble = ""
        self.emptied = EmptiedFile()
        self._signature: Signature | None = None

    def update(self, now: float, touched: frozenset[str]) -> bool:
        """Read it again if it may have changed; returns whether it says something else now."""
        signature = disk.signature(self.path)
        same = signature and signature == self._signature and not self.emptied.is_waiting
        if same and disk.reported(self.path) not in touched:
            return False
        self._signature = signature
        before = self.parsed, self.trouble
        try:
            data = disk.contents(self.path, MAX_SIZE)
        except OSError as error:
            self.trouble = f"cannot be read: {error.strerror}"
        else:
            self.trouble = ""
            is_emptied = not data.strip() and bool(self.parsed.lines)
            if not self.emptied.is_being_written(is_emptied, now):
                self.parsed = hosts.parse(data)
        return (self.parsed, self.trouble) != before

    def problems(self) -> Iterable[Problem]:
        """What is wrong with it."""
        file = str(self.path)
        if self.trouble:
            yield Problem(file, 0, "", f"{self.trouble}; its last lines are kept")
        for line, message in self.parsed.problems:
            yield Problem(file, line, "", message)
