"""Folders that only this user can use, also inside a folder that others may write.

The mount of a volume is often open to its group or to everybody: an emptyDir has the mode 2777. There, others
can put a folder or a link under any name before us, so a folder is checked after it was opened, and its files
are opened relative to that descriptor (openat(2)).
"""

import errno
import os
import stat
from pathlib import Path


def make(path: Path) -> None:
    """Make the folder, and those above it, where they are missing; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.mkdir(exist_ok=True, mode=0o700)


def open_folder(path: Path) -> int:
    """A descriptor of a folder that exists; its mode is 0700 afterwards.

    Raises OSError if it is a link, belongs to another user, or was open to everybody. Root is no exception:
    it would read what a user without rights wrote.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        # Linux has ENOTDIR for a link, other systems ELOOP.
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and path.is_symlink():
            raise OSError(error.errno, "it is a symbolic link, and no folder of its own") from error
        raise

    try:
        _claim(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_file(folder: int, name: str, flags: int) -> int:
    """A descriptor of a file in the folder: never of what a link leads to. Raises OSError."""
    return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)


def _claim(descriptor: int) -> None:
    status = os.fstat(descriptor)
    user = os.geteuid()
    if status.st_uid != user:
        raise OSError(errno.EPERM, f"it belongs to the user {status.st_uid}, and this one is {user}")

    # Anybody may have put files there before it is closed.
    if status.st_mode & stat.S_IWOTH:
        raise OSError(errno.EPERM, "everybody may write there: remove it, or `chmod 700` it if nobody did")
    # The kubelet opens whole volumes to the Pod's own group (fsGroup), each time it mounts them.
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        os.fchmod(descriptor, stat.S_IRWXU)
