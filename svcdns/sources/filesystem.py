"""Files that may be replaced at any time: what tells that one changed, and in which folders that shows."""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from svcdns.file_changes import Signature

_MAX_LINKS = 40  # Linux's own limit
_MAX_REREADS = 3  # for files that change all the time: the next report brings what is missed then


def read_signature(path: Path | os.DirEntry[str]) -> Signature | None:
    """Return the signature of a regular file, else None: a pipe would block its reader."""
    try:
        status = path.stat()
    except OSError:
        return None

    if not stat.S_ISREG(status.st_mode):
        return None
    return Signature.of(status)


def find_watch_folders(path: Path) -> Iterable[Path]:
    """Find the folders in which an entry on the way to the path can be replaced: its own and each link's."""
    yield path.parent

    # Each link is resolved by hand, since `realpath` names only the end of the way.
    link_count = 0
    resolved = Path(path.anchor or ".")
    remaining_parts = list(reversed(path.parts[1:] if path.anchor else path.parts))
    while remaining_parts and link_count < _MAX_LINKS:
        step = resolved / remaining_parts.pop()
        if not step.is_symlink():
            resolved = step
            continue

        link_count += 1
        yield step.parent

        target = step.readlink()
        if target.is_absolute():
            resolved = Path(target.anchor)
        remaining_parts.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))

    yield resolved.parent


def resolve_folders(paths: Iterable[Path]) -> frozenset[Path]:
    """Return the paths that are folders, links resolved: a link that is set anew makes another set."""
    return frozenset(Path(os.path.realpath(path)) for path in paths if path.is_dir())


def to_reported_path(path: Path) -> str:
    """Return the name by which a watcher of `resolve_folders` reports the entry at a path."""
    return f"{os.path.realpath(path.parent)}/{path.name}"


def read_until_stable(
    read_changes: Callable[[float, frozenset[str]], bool], now: float, reported_paths: Iterable[str] = ()
) -> bool:
    """Call `read_changes` until nothing differs from the last call; returns whether anything did.

    `read_changes` gets the time and the paths that were reported. It reads these files and all that may
    have changed, and returns whether any says something else.
    """
    changed = read_changes(now, frozenset(reported_paths))

    # A ConfigMap swaps all its files at once (`..data`). A look that begins before that and ends after it
    # has read some of the old files and some of the new ones.
    rereads_left = _MAX_REREADS if changed else 0
    while rereads_left and read_changes(now, frozenset()):
        rereads_left -= 1

    return changed


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes: a pipe or a device would have no end.

    Raises OSError; EFBIG where the file is larger.
    """
    # O_NONBLOCK: opening a pipe that nobody writes would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")

        # One byte more than the limit tells a file that is too large from one that just fits.
        data = file.read(limit + 1)

    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MiB: divide it into several files")
    return data
