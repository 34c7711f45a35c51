"""The files that one zone is made of: read within its folder and within bounds, and remembered.

What a zone file may include is what lies in the folder of the zone file, links followed: nothing
else that this process may read can become an answer (nor a message: what cannot be read is not shown).
"""

import errno
import os
from pathlib import Path

from svcdns.errors import ZoneFileError
from svcdns.file_changes import Signature
from svcdns.sources import filesystem

MAX_ZONE_BYTES = 16 * 1024 * 1024
"""Bytes of one zone with all that it includes."""


class ZoneFileReader:
    """Reads the files of one zone, once.

    `looked_at` has each file as it was, None where there was none; `blank` are those that say nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.signatures: dict[Path, Signature | None] = {}
        self.blank_paths: list[Path] = []
        self._bytes_left = MAX_ZONE_BYTES

    def read_zone_file(self) -> bytes:
        """The zone's own file; raises ZoneFileError."""
        self.signatures[self.path] = filesystem.read_signature(self.path)
        return self._read_file(self.path, self.path)

    def read_include(self, parent: str, name: str) -> tuple[str, bytes]:
        """A file that another names, relative to its folder, and how it is called; raises ZoneFileError."""
        wanted = Path(name)
        if wanted.is_absolute() or ".." in wanted.parts:
            raise ZoneFileError(
                f"{name}: wanted is a file of the zone's folder, without / in front and without .."
            )
        path = Path(parent).parent / wanted
        self.signatures[path] = filesystem.read_signature(path)
        folder, real = Path(os.path.realpath(self.path.parent)), Path(os.path.realpath(path))
        if not real.is_relative_to(folder):
            raise ZoneFileError(f"{path} leads out of the zone's folder")
        return str(path), self._read_file(path, real)

    def _read_file(self, path: Path, real_path: Path) -> bytes:
        try:
            data = filesystem.read_bounded(real_path, self._bytes_left)
        except OSError as error:
            if error.errno == errno.EFBIG:
                why = f"a zone has at most {MAX_ZONE_BYTES >> 20} MiB, with all that it includes"
            else:
                why = f"{path} cannot be read: {error.strerror}"
            raise ZoneFileError(why) from None
        self._bytes_left -= len(data)
        if not data.strip():
            self.blank_paths.append(path)
        return data
