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
"""A document's number, from 0, and the path of a value in it."""


def find_lines(data: bytes, positions: Iterable[YamlPosition]) -> dict[YamlPosition, int]:
    """The line, from 1, of each spot; of what holds it, where the file does not have it."""
    spots = set(positions)
    finder = _LineFinder({(number, path[:end]) for number, path in spots for end in range(len(path) + 1)})
    lines = finder.find(YamlEventStream(data.removeprefix(b"\xef\xbb\xbf")))
    found: dict[YamlPosition, int] = {}
    for number, path in spots:
        held = (lines.get((number, path[:end])) for end in range(len(path), -1, -1))
        if line := next((line for line in held if line), None):
            found[number, path] = line
    return found


class _LineFinder:
    """Descends along the wanted paths only and passes over everything else."""

    def __init__(self, wanted: set[YamlPosition]) -> None:
        self.positions = wanted
        self.lines: dict[YamlPosition, int] = {}

    def find(self, stream: YamlEventStream) -> dict[YamlPosition, int]:
        self.stream, self.events, self.document_number = stream, iter(stream), -1
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.document_number += 1
                try:
                    first = next(self.events)
                    self._visit_value(first, (), self._line_of(first))
                except TruncatedDocumentError:
                    continue
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
        """A value stands where its key does."""
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            line = self._line_of(key)
            skip_value(self.events, key)
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
