"""Where a value stands in a manifest file: the second reading, done only for what is wrong.

Most files have no problem, so their values are built without lines. JSON is read as YAML here.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

import yaml

from svcdns.kube.manifests.manifest_decoder import FieldPath
from svcdns.sources.manifests.yaml_events import (
    TruncatedDocumentError,
    YamlErrorEvent,
    YamlEventStream,
    skip_value,
)

YamlPosition: TypeAlias = tuple[int, FieldPath]
"""A document's number, from 0, and the path of a value in the document."""


def find_lines(data: bytes, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
    """Return the line, from 1, of each position; where the file lacks a value, that of what would hold it."""
    positions = set(positions)

    # The way to a value passes all that holds it.
    visited = {(number, path[:end]) for number, path in positions for end in range(len(path) + 1)}
    finder = _LineFinder(visited)
    lines = finder.find(YamlEventStream(data.removeprefix(b"\xef\xbb\xbf")))

    line_by_position: dict[YamlPosition, int] = {}
    for number, path in positions:
        for end in range(len(path), -1, -1):
            if line := lines.get((number, path[:end])):
                line_by_position[number, path] = line
                break

    return line_by_position


class _LineFinder:
    """Descends along the paths of `positions` only, and passes over everything else."""

    def __init__(self, positions: set[YamlPosition]) -> None:
        self.positions = positions
        self.lines: dict[YamlPosition, int] = {}

    def find(self, stream: YamlEventStream) -> dict[YamlPosition, int]:
        self.stream = stream
        self.events = iter(stream)
        self.document_number = -1

        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.document_number += 1
                try:
                    first = next(self.events)
                    self._visit_value(first, (), self._line_of(first))
                except TruncatedDocumentError:
                    continue  # what was visited before the syntax error has its line

        return self.lines

    def _visit_value(self, event: Any, path: FieldPath, line: int) -> None:
        if isinstance(event, YamlErrorEvent) or (self.document_number, path) not in self.positions:
            skip_value(self.events, event)
            return

        self.lines[self.document_number, path] = line
        if isinstance(event, yaml.MappingStartEvent):
            self._visit_mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._visit_sequence(path)

    def _visit_mapping(self, path: FieldPath) -> None:
        # A value counts as standing where its key does: that is the line a person looks for.
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            line = self._line_of(key)
            skip_value(self.events, key)

            # A key that is no scalar matches no path, and neither does an empty name.
            name = key.value if isinstance(key, yaml.ScalarEvent) else ""
            self._visit_value(next(self.events), (*path, name), line)

    def _visit_sequence(self, path: FieldPath) -> None:
        index = 0
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            self._visit_value(item, (*path, index), self._line_of(item))
            index += 1

    def _line_of(self, event: Any) -> int:
        if isinstance(event, YamlErrorEvent):
            raise TruncatedDocumentError(event)

        return int(event.start_mark.line) + self.stream.first_line
