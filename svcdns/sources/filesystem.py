"""Files that may be replaced at any time: what tells that one changed, and where that shows itself."""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from svcdns.file_changes import Signature

_MAX_LINKS = 40  # Linux's own limit
_MAX_REREADS = 3  # at files that change all the time: the next report mends what is read then


def read_signature(path: Path | os.DirEntry[str]) -> Signature | None:
    """None where there is no regular file (a pipe would block its reader)."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Signature.of(found)


def find_watch_folders(path: Path) -> Iterable[Path]:
    """The folders in which an entry on the way to the path can be replaced: each link's and its own."""
    yield path.parent
    links = 0
    resolved = Path(path.anchor or ".")
    todo = list(reversed(path.parts[1:] if path.anchor else path.parts))
    while todo and links < _MAX_LINKS:
        step = resolved / todo.pop()
        if not step.is_symlink():
            resolved = step
            continue
        links += 1
        yield step.parent
        target = step.readlink()
        if target.is_absolute():
            resolved = Path(target.anchor)
        todo.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
    yield resolved.parent


def resolve_folders(paths: Iterable[Path]) -> frozenset[Path]:
    """Those that are folders, links resolved: a link that is set to another folder makes another set."""
    return frozenset(Path(os.path.realpath(path)) for path in paths if path.is_dir())


def to_reported_path(path: Path) -> str:
    """How a watcher of `real_folders` calls the entry at a path."""
    return f"{os.path.realpath(path.parent)}/{path.name}"


def read_until_stable(
    read_changes: Callable[[float, frozenset[str]], bool], now: float, reported_paths: Iterable[str] = ()
) -> bool:
    """Look until nothing differs from the last look; returns whether anything did.

    `look` is given the time and the files that were `touched`: it reads them and what may have changed, and
    returns whether anything says something else. A ConfigMap swaps all its files at once (`..data`), and a
    look that begins before that and ends after it has some of them old and some new.
    """
    changed = read_changes(now, frozenset(reported_paths))
    left = _MAX_REREADS if changed else 0
    while left and read_changes(now, frozenset()):
        left -= 1
    return changed


def read_bounded(path: Path, limit: int) -> bytes:
    """A regular file of at most so many bytes: a pipe or a device would have no end.

    Raises OSError; EFBIG where it is larger.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MiB: divide it into several files")
    return data
