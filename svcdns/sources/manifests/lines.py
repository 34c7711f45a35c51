"""Where a value stands in a manifest file: the second reading, done only for what is wrong.

Most files have no problem, so their values are built without lines. JSON is read as YAML here.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

import yaml

from svcdns.kube.decode import Path
from svcdns.sources.manifests.yamlstream import Broken, Cut, Stream, pass_over

Spot: TypeAlias = tuple[int, Path]
"""A document's number, from 0, and the path of a value in it."""


def locate(data: bytes, wanted: Iterable[Spot]) -> dict[Spot, int]:
    """The line, from 1, of each spot; of what holds it, where the file does not have it."""
    spots = set(wanted)
    finder = _Finder({(number, path[:end]) for number, path in spots for end in range(len(path) + 1)})
    lines = finder.find(Stream(data.removeprefix(b"\xef\xbb\xbf")))
    found: dict[Spot, int] = {}
    for number, path in spots:
        held = (lines.get((number, path[:end])) for end in range(len(path), -1, -1))
        if line := next((line for line in held if line), None):
            found[number, path] = line
    return found


class _Finder:
    """Descends along the wanted paths only and passes over everything else."""

    def __init__(self, wanted: set[Spot]) -> None:
        self.wanted = wanted
        self.lines: dict[Spot, int] = {}

    def find(self, stream: Stream) -> dict[Spot, int]:
        self.stream, self.events, self.number = stream, iter(stream), -1
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.number += 1
                try:
                    first = next(self.events)
                    self._visit(first, (), self._line(first))
                except Cut:
                    continue
        return self.lines

    def _visit(self, event: Any, path: Path, line: int) -> None:
        if isinstance(event, Broken) or (self.number, path) not in self.wanted:
            pass_over(self.events, event)
            return
        self.lines[self.number, path] = line
        if isinstance(event, yaml.MappingStartEvent):
            self._mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._sequence(path)

    def _mapping(self, path: Path) -> None:
        """A value stands where its key does."""
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            line = self._line(key)
            pass_over(self.events, key)
            name = key.value if isinstance(key, yaml.ScalarEvent) else ""
            self._visit(next(self.events), (*path, name), line)

    def _sequence(self, path: Path) -> None:
        index = 0
        while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
            self._visit(item, (*path, index), self._line(item))
            index += 1

    def _line(self, event: Any) -> int:
        if isinstance(event, Broken):
            raise Cut(event)
        return int(event.start_mark.line) + self.stream.first_line
