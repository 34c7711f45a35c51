"""One manifest file over time: what it last said, and the lines of what is wrong in it.

What becomes of a file's objects when the file changes:

- cannot be parsed or read: its last good objects stay, and a problem says so;
- empty: it is being written, so its last objects stay for a while (`emptied`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from svcdns.file_changes import Signature
from svcdns.sources import filesystem
from svcdns.sources.emptied import EmptiedFile
from svcdns.sources.file_problems import Problem
from svcdns.sources.manifests import manifest_parser, yaml_positions
from svcdns.sources.manifests.yaml_positions import YamlPosition

MAX_FILE_BYTES = 256 * 1024 * 1024  # bytes; 10,000 Services with 100,000 endpoints are 80 MB of JSON


class ManifestFile:
    """The last reading of a file; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parsed = manifest_parser.ParsedManifest()
        self.emptied = EmptiedFile()
        self._read_error = ""  # why it could not be read the last time
        self._signature: Signature | None = None
        self._digest = b""
        self._line_cache: dict[YamlPosition, int] = {}

    def update(self, signature: Signature, now: float, *, is_reported: bool) -> bool:
        """Read it again if it may have changed; returns whether it says something else now."""
        if signature == self._signature and not (is_reported or self._read_error or self.emptied.is_waiting):
            return False
        self._signature = signature
        trouble, self._read_error = self._read_error, ""
        try:
            data = filesystem.read_bounded(self.path, MAX_FILE_BYTES)
        except OSError as error:
            self._read_error = f"cannot be read: {error.strerror}"
            return self._read_error != trouble
        return self._parse_if_changed(data, now) or trouble != ""

    def _parse_if_changed(self, data: bytes, now: float) -> bool:
        is_emptied = not data.strip() and bool(self.parsed.declared_objects)
        if self.emptied.is_being_written(is_emptied, now):
            return False
        digest = hashlib.blake2b(data).digest()
        if digest == self._digest:
            return False
        self._digest, self._line_cache = digest, {}
        self.parsed = manifest_parser.keep_last_good(
            self.parsed, manifest_parser.parse_manifest(str(self.path), data)
        )
        return True

    def problem_count(self) -> Iterator[Problem]:
        """What is wrong with the file itself; `Fault`s of its objects come from the reading."""
        kept = "; its last good objects are kept"
        if self._read_error:
            yield Problem(
                str(self.path), 0, "", self._read_error + (kept if self.parsed.declared_objects else "")
            )
        stale = any(
            one.location.document == manifest_parser.LAST_GOOD_DOCUMENT
            for one in self.parsed.declared_objects
        )
        for line, message in self.parsed.syntax_errors:
            yield Problem(str(self.path), line, "", message + (kept if stale else ""))

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        """The lines of these spots; none where the file has changed since it was read."""
        wanted = {spot for spot in positions if spot[0] != manifest_parser.LAST_GOOD_DOCUMENT}
        if missing := wanted - self._line_cache.keys():
            try:
                data = filesystem.read_bounded(self.path, MAX_FILE_BYTES)
            except OSError:
                return {}
            if hashlib.blake2b(data).digest() != self._digest:
                return {}
            self._line_cache |= yaml_positions.find_lines(data, missing)
        return {spot: self._line_cache[spot] for spot in wanted if spot in self._line_cache}
