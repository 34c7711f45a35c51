"""The state folder: who may use it, and a live table that is safe to map.

LMDB has no checksums and reads through a memory map: a truncated file or a full disk is a SIGBUS, a
flipped bit a wrong answer. So the live table is never one that was left behind, only a copy of a
snapshot whose sum was checked, or empty; and its lock file is allocated before it is mapped.
"""

import fcntl
import os
import shutil
from pathlib import Path

import lmdb

from svcdns import private_folder
from svcdns.errors import TableDamagedError, TableError
from svcdns.table import damage

MAP_SIZE = 4 << 30
"""Bytes of address space, the same in every process; the file is only as large as its content."""

MAX_READERS = 126
"""Reader slots; LMDB's own default."""
LOCK_FILE_SIZE = 8192
"""Bytes of LMDB's lock file with so many slots of 64 bytes."""


class StateFolder:
    """The folder of one running server; holds its lock until closed or the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the folder, making it where missing; raises TableError."""
        self.path = path
        self.live_path = path / "live"
        self.spare_path = path / "live.other"
        """Where a table is made while another one is served."""

        try:
            private_folder.make(path)
            _refuse_unsafe(path)
            folder = private_folder.open_folder(path)
            try:
                self._lock_fd = private_folder.open_file(folder, "lock", os.O_RDWR | os.O_CREAT)
            finally:
                os.close(folder)
        except OSError as error:
            raise TableError(
                f"the state folder {path} cannot be used: {error.strerror}; choose another with --state-dir"
            ) from error

        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise TableError(
                f"the state folder {path} is in use by another svcdns; stop it, "
                "or give this one another --listen, and another --state-dir if you set it"
            ) from error

    def create_live(self, snapshot: Path | None, live_path: Path | None = None) -> None:
        """Make a new live table, in `self.live_path` unless another path is named; raises TableError.

        It is a copy of the snapshot, or empty.
        """
        live_path = live_path or self.live_path
        self.remove_live(live_path)

        try:
            live_path.mkdir(mode=0o700)
            if snapshot is not None:
                shutil.copyfile(snapshot, live_path / "data.mdb")
            _allocate_lock_file(live_path)
        except OSError as error:
            raise TableError(
                f"the table cannot be made in {live_path}: {error.strerror}; "
                "free some space, or choose another folder with --state-dir"
            ) from error

    def remove_live(self, live_path: Path) -> None:
        """Remove a live table that is not served any more."""
        shutil.rmtree(live_path, ignore_errors=True)

    def close(self) -> None:
        """Release the folder's lock."""
        os.close(self._lock_fd)


def _allocate_lock_file(folder: Path) -> None:
    """Have the disk's blocks before LMDB maps the file: on a full disk, a write to a hole is a SIGBUS."""
    with (folder / "lock.mdb").open("wb") as lock:
        os.posix_fallocate(lock.fileno(), 0, LOCK_FILE_SIZE)


def open_environment(live_path: Path, is_readonly: bool) -> lmdb.Environment:
    """Map the live table; once per process, and never before a fork.

    Raises TableError; TableDamagedError if it is damaged.
    """
    try:
        # Nothing is synced: after a crash of the machine the live table is not used again.
        return lmdb.open(
            str(live_path),
            map_size=MAP_SIZE,
            readonly=is_readonly,
            create=not is_readonly,
            sync=False,
            metasync=False,
            readahead=False,
            max_readers=MAX_READERS,
            max_spare_txns=1,
        )
    except damage.DamageError as error:
        raise TableDamagedError(f"the table in {live_path} cannot be opened: {error}") from error
    except lmdb.Error as error:
        raise TableError(f"the table in {live_path} cannot be opened: {error}") from error


def _refuse_unsafe(path: Path) -> None:
    """LMDB reads without locks on a read-only mount, and wrong data over NFS."""
    if os.statvfs(path).f_flag & os.ST_RDONLY or not os.access(path, os.W_OK):
        raise TableError(f"the state folder {path} is read-only; choose another with --state-dir")

    kind = _filesystem_type(path)
    if kind.startswith("nfs") or kind in ("cifs", "smb3", "9p"):
        raise TableError(
            f"the state folder {path} is on {kind}, where memory maps are not safe; "
            "choose a local one with --state-dir"
        )


def _filesystem_type(path: Path) -> str:
    """The file system type of the mount that holds the path, where /proc tells."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return ""

    # Of the mounts above the path, the one with the longest path holds it; spaces are written as \040.
    real_path = path.resolve()
    mounts_above = [
        (len(target), kind)
        for _, target, kind, *_ in mounts
        if real_path.is_relative_to(Path(target.replace("\\040", " ")))
    ]
    return max(mounts_above)[1] if mounts_above else ""
