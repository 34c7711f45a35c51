"""The files under some paths: loaded once by the commands, followed at each edit by `file_watcher`.

A set reads only the files that may have changed. It knows which folders a change shows in, and keeps the
last good contents of what cannot be read. What is read, and what becomes of it, is for the subclasses.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from svcdns.sources import filesystem
from svcdns.sources.emptied import EmptiedFile

Contents = TypeVar("Contents")
"""What all files of a set say together."""


class FollowedFile(Protocol):
    """One file of a set."""

    @property
    def emptied(self) -> EmptiedFile:
        """Whether the file is being written."""
        ...


class FileSet(ABC, Generic[Contents]):
    """The files under some paths, as they were last read."""

    paths: Sequence[Path]

    @property
    @abstractmethod
    def watched_folders(self) -> frozenset[Path]:
        """The folders in which a change of the files shows."""

    @property
    def needs_polling(self) -> bool:
        """Whether an emptied file keeps its contents for now, so that time alone brings a change."""
        return any(file.emptied.is_waiting for file in self._iter_files())

    def load(self, now: float = 0.0) -> Contents:
        """Read everything; `now` is as in `reload`. Manifests raise a SvcdnsError where a path is missing."""
        filesystem.read_until_stable(self._read_changes, now)
        return self._collect()

    def reload(self, now: float, reported_paths: Iterable[str] = ()) -> Contents | None:
        """Read what changed, and the files that were reported; None where all say the same as before.

        `now` is in seconds on a monotonic clock.
        """
        changed = filesystem.read_until_stable(self._read_changes, now, reported_paths)
        return self._collect() if changed else None

    @abstractmethod
    def _iter_files(self) -> Iterable[FollowedFile]:
        """All files, in order."""

    @abstractmethod
    def _read_changes(self, now: float, reported_paths: frozenset[str]) -> bool:
        """Look once; returns whether anything says something else (`filesystem.read_until_stable`)."""

    @abstractmethod
    def _collect(self) -> Contents:
        """Put together what all files say."""
