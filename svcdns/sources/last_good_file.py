"""One file over time: read again when it may have changed, with what it said while it could be read.

- cannot be read: its last good contents stay, and `read_error` says why; each look tries again;
- suddenly empty: it is being written, so its last contents stay for a while (`emptied`).

Hosts files and manifests are such files. A zone file is not: it may include others, and is as good as all
of them together (`zonefiles.zone_file`).
"""

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path

from svcdns.file_changes import Signature
from svcdns.sources import filesystem
from svcdns.sources.emptied import EmptiedFile


class LastGoodFile(ABC):
    """The last good contents of a file, which a subclass holds; changes only in `update`."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """A file of more than `max_bytes` is one that cannot be read."""
        self.path = path
        self.read_error = ""
        """Why the file could not be read the last time; empty if it could."""
        self.emptied = EmptiedFile()
        self.digest = b""
        """The hash of the bytes that were parsed last."""
        self._max_bytes = max_bytes
        self._signature: Signature | None = None

    @property
    @abstractmethod
    def has_contents(self) -> bool:
        """Whether the file said anything when it was parsed last."""

    @abstractmethod
    def parse(self, data: bytes) -> bool:
        """Parse new bytes and hold the result; returns whether it differs from the last one."""

    def update(self, signature: Signature | None, now: float, *, is_reported: bool) -> bool:
        """Read the file again if it may have changed; returns whether it says something else now.

        `signature` is the file's at this moment, None where there is none. `now` is in seconds on a
        monotonic clock.
        """
        # What could not be read is tried again though it looks the same: opening a file also fails for
        # reasons outside of it, such as a process with too many open files (EMFILE).
        must_read = is_reported or self.read_error != "" or self.emptied.is_waiting
        if not must_read and signature is not None and signature == self._signature:
            return False
        self._signature = signature

        previous_error = self.read_error
        try:
            data = filesystem.read_bounded(self.path, self._max_bytes)
        except OSError as error:
            self.read_error = f"cannot be read: {error.strerror}"
            return self.read_error != previous_error

        self.read_error = ""
        has_changed = self._parse_if_changed(data, now)
        return has_changed or previous_error != ""

    def _parse_if_changed(self, data: bytes, now: float) -> bool:
        is_emptied = self.has_contents and not data.strip()
        if self.emptied.is_being_written(is_emptied, now):
            return False

        digest = hashlib.blake2b(data).digest()
        if digest == self.digest:
            return False

        self.digest = digest
        return self.parse(data)
