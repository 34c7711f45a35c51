"""One manifest file over time: its last good objects, and the lines of what is wrong in it.

A file that cannot be read, or is empty while it is being written, keeps its objects (`last_good_file`). A
file with a syntax error keeps those that it does not speak of any more (`manifest_parser`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from svcdns.sources import filesystem
from svcdns.sources.file_problems import Problem
from svcdns.sources.last_good_file import LastGoodFile
from svcdns.sources.manifests import manifest_parser, yaml_positions
from svcdns.sources.manifests.manifest_parser import LAST_GOOD_DOCUMENT
from svcdns.sources.manifests.yaml_positions import YamlPosition

MAX_FILE_BYTES = 256 * 1024 * 1024
"""The largest manifest, in bytes: 10,000 Services with 100,000 endpoints are 80 MB of JSON."""


class ManifestFile(LastGoodFile):
    """The last reading of a manifest; changes only in `update`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, MAX_FILE_BYTES)
        self.parsed = manifest_parser.ParsedManifest()
        self._line_cache: dict[YamlPosition, int] = {}

    @property
    def has_contents(self) -> bool:
        """Whether the file has objects; one with comments alone may become empty at once."""
        return bool(self.parsed.declared_objects)

    def parse(self, data: bytes) -> bool:
        """Parse new bytes; other bytes always count as a change, for their lines are others too."""
        self._line_cache = {}
        current = manifest_parser.parse_manifest(str(self.path), data)
        self.parsed = manifest_parser.keep_last_good(self.parsed, current)
        return True

    def iter_problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the file itself; `parsed.faults` has what is wrong with its objects."""
        file = str(self.path)
        suffix = "; its last good objects are kept"
        objects = self.parsed.declared_objects

        if self.read_error:
            yield Problem(file, 0, "", self.read_error + (suffix if objects else ""))

        has_last_good = any(declared.location.document == LAST_GOOD_DOCUMENT for declared in objects)
        for line, message in self.parsed.syntax_errors:
            yield Problem(file, line, "", message + (suffix if has_last_good else ""))

    def find_lines(self, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
        """Return the lines of these positions; none where the file has changed since it was read."""
        # An object that the file does not show any more has no line.
        shown = {position for position in positions if position[0] != LAST_GOOD_DOCUMENT}

        if uncached := shown - self._line_cache.keys():
            try:
                data = filesystem.read_bounded(self.path, self._max_bytes)
            except OSError:
                return {}
            # Lines of other bytes would be wrong; the next look brings the new ones.
            if hashlib.blake2b(data).digest() != self.digest:
                return {}
            self._line_cache |= yaml_positions.find_lines(data, uncached)

        return {position: self._line_cache[position] for position in shown if position in self._line_cache}
