"""One manifest file over time: what it last said, and the lines of what is wrong in it.

What becomes of a file's objects when the file changes:

- cannot be parsed or read: its last good objects stay, and a problem says so;
- empty: it is being written, so its last objects stay for a while (`emptied`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from svcdns.file_changes import Signature
from svcdns.sources import disk
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.manifests import lines, reading
from svcdns.sources.manifests.lines import Spot
from svcdns.sources.problems import Problem

MAX_SIZE = 256 * 1024 * 1024  # bytes; 10,000 Services with 100,000 endpoints are 80 MB of JSON


class ManifestFile:
    """The last reading of a file; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reading = reading.Reading()
        self.emptied = EmptiedFile()
        self._trouble = ""  # why it could not be read the last time
        self._signature: Signature | None = None
        self._digest = b""
        self._lines: dict[Spot, int] = {}

    def update(self, signature: Signature, now: float, *, touched: bool) -> bool:
        """Read it again if it may have changed; returns whether it says something else now."""
        if signature == self._signature and not (touched or self._trouble or self.emptied.is_waiting):
            return False
        self._signature = signature
        trouble, self._trouble = self._trouble, ""
        try:
            data = disk.contents(self.path, MAX_SIZE)
        except OSError as error:
            self._trouble = f"cannot be read: {error.strerror}"
            return self._trouble != trouble
        return self._take(data, now) or trouble != ""

    def _take(self, data: bytes, now: float) -> bool:
        is_emptied = not data.strip() and bool(self.reading.declared)
        if self.emptied.is_being_written(is_emptied, now):
            return False
        digest = hashlib.blake2b(data).digest()
        if digest == self._digest:
            return False
        self._digest, self._lines = digest, {}
        self.reading = reading.after(self.reading, reading.read(str(self.path), data))
        return True

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the file itself; `Fault`s of its objects come from the reading."""
        kept = "; its last good objects are kept"
        if self._trouble:
            yield Problem(str(self.path), 0, "", self._trouble + (kept if self.reading.declared else ""))
        stale = any(one.place.document == reading.KEPT for one in self.reading.declared)
        for line, message in self.reading.broken:
            yield Problem(str(self.path), line, "", message + (kept if stale else ""))

    def locate(self, spots: Iterable[Spot]) -> dict[Spot, int]:
        """The lines of these spots; none where the file has changed since it was read."""
        wanted = {spot for spot in spots if spot[0] != reading.KEPT}
        if missing := wanted - self._lines.keys():
            try:
                data = disk.contents(self.path, MAX_SIZE)
            except OSError:
                return {}
            if hashlib.blake2b(data).digest() != self._digest:
                return {}
            self._lines |= lines.locate(data, missing)
        return {spot: self._lines[spot] for spot in wanted if spot in self._lines}
