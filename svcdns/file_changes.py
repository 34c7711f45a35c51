"""Whether a file is another one than it was when it was last looked at, told without reading it.

Files are followed by their paths, through links: a mounted ConfigMap or Secret swaps a link, and what
it leads to has another inode then.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

StrPath: TypeAlias = str | os.PathLike[str]


class Identity(NamedTuple):
    """Differs when a file was written or replaced; `modified` is in nanoseconds."""

    inode: int
    size: int
    modified: int


class Signature(NamedTuple):
    """Differs also when only its mode or owner is another, or when its time was set back after a write."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        """That of a file with this status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


Identities: TypeAlias = tuple[Identity | None, ...]


def identity(path: StrPath) -> Identity | None:
    """That of the file at a path; None where there is none, or none that we may see."""
    status = _status(path)
    return status and Identity(status.st_ino, status.st_size, status.st_mtime_ns)


def identities(paths: Iterable[StrPath]) -> Identities:
    """Those of several files, to be compared with what they were."""
    return tuple(identity(path) for path in paths)


def signature(path: StrPath) -> Signature | None:
    """As `identity`, for a file that is read at each change of any kind."""
    status = _status(path)
    return status and Signature.of(status)


class FileWatch:
    """Some files, and what they were at the last look."""

    def __init__(
        self, paths: Iterable[StrPath], identify: Callable[[StrPath], tuple[int, ...] | None] = identity
    ) -> None:
        self._paths = tuple(paths)
        self._identify = identify
        self._last: tuple[tuple[int, ...] | None, ...] | None = None

    def changed(self) -> bool:
        """Look: whether any of them is another one than at the last look; so it is at the first.

        To be asked before the files are read, or what is written meanwhile would never be read.
        """
        before, self._last = self._last, tuple(self._identify(path) for path in self._paths)
        return self._last != before


def _status(path: StrPath) -> os.stat_result | None:
    try:
        return Path(path).stat()
    except OSError:
        return None
