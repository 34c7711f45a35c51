"""YAML as a stream of libyaml's events that goes on after a syntax error.

Both of its readers see the same documents with the same numbers: `yaml_documents` builds the values,
`yaml_positions` finds where a value stands. Events, not nodes: they are three times as fast as
`yaml.safe_load`, and how deep a document may nest is ours to say (`bounded_yaml`). A document that nests too
deeply ends there, like one with a syntax error: the documents after it are read.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from svcdns import bounded_yaml

MAX_DEPTH = 100
"""Levels of lists and mappings in a document; the objects that DNS needs have about ten."""

MAX_SYNTAX_ERRORS = 1_000
"""Syntax errors in a file after which nothing more of it is read: each costs a new parser."""

_DOCUMENT_START = re.compile(rb"^---(?=\s|$)", re.MULTILINE)


class YamlErrorEvent(NamedTuple):
    """A syntax error in the place of the rest of a document; `line` counts from 1."""

    line: int
    message: str


class YamlEventStream:
    """Iterates over the events of all documents, with a `YamlErrorEvent` for each syntax error.

    Add `first_line` to the lines of the event that came last: libyaml counts from where it began anew.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.first_line = 1
        self._last_line: int | None = None

    def __iter__(self) -> Iterator[Any]:
        start = 0
        error_count = 0
        # A stream, not slices: a file with an error in each document would be copied each time.
        stream = io.BytesIO(self.data)
        while start < len(self.data):
            stream.seek(start)
            # libyaml cannot go on after an error, so a new loader begins at the next document.
            loader = bounded_yaml.LOADER(stream)
            try:
                yield from bounded_yaml.bounded_events(loader, MAX_DEPTH)
                return
            except yaml.YAMLError as error:
                line, message = self._locate_error(error, start)
                error_count += 1
                if error_count == MAX_SYNTAX_ERRORS:
                    yield YamlErrorEvent(line, f"{message}; after {error_count} errors, the rest is not read")
                    return
                yield YamlErrorEvent(line, message)
                start = self._find_next_document(start, line)
            finally:
                loader.dispose()

    def _locate_error(self, error: yaml.YAMLError, start: int) -> tuple[int, str]:
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            message = ", ".join(part for part in (error.context, error.problem) if part)
            # What ends too early is reported below the last line, where nobody can see it.
            if self._last_line is None:
                self._last_line = self.data.rstrip().count(b"\n") + 1
            return min(self.first_line + error.problem_mark.line, self._last_line), message

        if isinstance(error, yaml.reader.ReaderError):
            before = self.data[start : start + error.position]
            return self.first_line + before.count(b"\n"), f"{error.reason}; expected UTF-8 text"

        return self.first_line, str(error)

    def _find_next_document(self, start: int, line: int) -> int:
        """Return the offset of the first `---` on the broken line or below it, else the end."""
        for match in _DOCUMENT_START.finditer(self.data, start + 1):
            match_line = self.first_line + self.data.count(b"\n", start, match.start())
            if match_line >= line:
                self.first_line = match_line
                return match.start()

        return len(self.data)


class TruncatedDocumentError(Exception):
    """A document ends within a value, because of a syntax error."""

    def __init__(self, syntax_error: YamlErrorEvent) -> None:
        super().__init__(syntax_error.message)
        self.syntax_error = syntax_error


def skip_value(events: Iterator[Any], event: Any) -> None:
    """Consume the rest of the value that begins with this event; raises TruncatedDocumentError."""
    depth = 0
    while True:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, YamlErrorEvent):
            raise TruncatedDocumentError(event)

        if depth == 0:
            return
        event = next(events)
