"""Whether a file has changed since the last look, without reading it.

Files are followed by their paths, through links: a mounted ConfigMap or Secret swaps a link, and then the
path leads to another inode.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

StrPath: TypeAlias = str | os.PathLike[str]


class Identity(NamedTuple):
    """Differs when a file was written or replaced."""

    inode: int
    size: int
    modified: int
    """Nanoseconds since 1970."""


class Signature(NamedTuple):
    """Differs also when only the mode or the owner changed, or when the time was set back after a write."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int
    """Nanoseconds since 1970; unlike `modified` it cannot be set back (inode(7), ctime)."""

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        """The signature of a file with this status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


Identities: TypeAlias = tuple[Identity | None, ...]


def identity(path: StrPath) -> Identity | None:
    """The identity of the file at a path; None if there is no file, or none that we may see."""
    status = _status(path)
    return status and Identity(status.st_ino, status.st_size, status.st_mtime_ns)


def identities(paths: Iterable[StrPath]) -> Identities:
    """The identities of several files, to compare with earlier ones."""
    return tuple(identity(path) for path in paths)


def signature(path: StrPath) -> Signature | None:
    """The signature of the file at a path, or None as for `identity`."""
    status = _status(path)
    return status and Signature.of(status)


class FileWatch:
    """Some files, and their identities at the last look."""

    def __init__(
        self, paths: Iterable[StrPath], identify: Callable[[StrPath], tuple[int, ...] | None] = identity
    ) -> None:
        self._paths = tuple(paths)
        self._identify = identify
        self._last: tuple[tuple[int, ...] | None, ...] | None = None

    def changed(self) -> bool:
        """Look: whether any file has changed since the last look; at the first look each has.

        Call it before the files are read: what is written meanwhile is then seen at the next look.
        """
        before = self._last
        self._last = tuple(self._identify(path) for path in self._paths)
        return self._last != before


def _status(path: StrPath) -> os.stat_result | None:
    try:
        return Path(path).stat()
    except OSError:
        return None
