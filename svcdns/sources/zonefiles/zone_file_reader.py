"""The files that one zone is made of: read within its folder and within bounds, and remembered.

A zone file may include what lies in its own folder, links followed. So nothing else that this process may
read can become an answer, nor a message: what cannot be read is not shown.
"""

import errno
import os
from pathlib import Path

from svcdns.errors import ZoneFileError
from svcdns.file_changes import Signature
from svcdns.sources import filesystem

MAX_ZONE_BYTES = 16 * 1024 * 1024
"""The largest zone, in bytes, with all that it includes."""


class ZoneFileReader:
    """Reads the files of one zone, once.

    `signatures` has each file as it was, None where there was none; `blank_paths` are those that say nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.signatures: dict[Path, Signature | None] = {}
        self.blank_paths: list[Path] = []
        self._bytes_left = MAX_ZONE_BYTES

    def read_zone_file(self) -> bytes:
        """Read the zone's own file; raises ZoneFileError."""
        # The signature comes before the bytes: a write between the two makes it differ at the next look.
        self.signatures[self.path] = filesystem.read_signature(self.path)
        return self._read_file(self.path, self.path)

    def read_include(self, parent: str, name: str) -> tuple[str, bytes]:
        """Read a file that the file `parent` includes by a name relative to its folder.

        Returns its path for messages, and its bytes; raises ZoneFileError.
        """
        relative_path = Path(name)
        if relative_path.is_absolute() or ".." in relative_path.parts:
            raise ZoneFileError(
                f"{name}: expected a file of the zone's folder, without / in front and without .."
            )

        path = Path(parent).parent / relative_path
        self.signatures[path] = filesystem.read_signature(path)

        # Links are followed first, since a link in the folder may lead anywhere.
        folder = Path(os.path.realpath(self.path.parent))
        real_path = Path(os.path.realpath(path))
        if not real_path.is_relative_to(folder):
            raise ZoneFileError(f"{path} leads out of the zone's folder")

        return str(path), self._read_file(path, real_path)

    def _read_file(self, path: Path, real_path: Path) -> bytes:
        try:
            data = filesystem.read_bounded(real_path, self._bytes_left)
        except OSError as error:
            if error.errno == errno.EFBIG:
                reason = f"a zone has at most {MAX_ZONE_BYTES >> 20} MiB, with all that it includes"
            else:
                # The message stands behind the path of the zone's own file.
                included_file = "" if path == self.path else f"{path} "
                reason = f"{included_file}cannot be read: {error.strerror}"
            raise ZoneFileError(reason) from None

        self._bytes_left -= len(data)
        if not data.strip():
            self.blank_paths.append(path)
        return data
