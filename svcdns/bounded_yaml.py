"""Events of a YAML text with a bound on nesting, which libyaml itself lacks.

libyaml needs time in the square of the open brackets, and PyYAML's composer recurses in C: 30,000 levels in
60 KB end the process by SIGSEGV. Events come one by one, so nothing behind the bound is read. Brackets in
quotes, in comments and in block scalars are no levels.
"""

from collections.abc import Iterator
from typing import Any

import yaml

# The C loader is several times as fast; some builds of PyYAML lack it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DEPTH_CHANGES = {
    yaml.MappingStartEvent: 1,
    yaml.SequenceStartEvent: 1,
    yaml.MappingEndEvent: -1,
    yaml.SequenceEndEvent: -1,
}


class NestingError(yaml.MarkedYAMLError):
    """More levels of lists and mappings than the bound; `problem_mark` is where the first too many begins."""

    def __str__(self) -> str:
        mark = self.problem_mark
        return f"line {mark.line + 1}: {self.problem}" if mark else str(self.problem)


def bounded_events(loader: Any, max_depth: int) -> Iterator[Any]:
    """The events of a loader up to the end of its stream; raises NestingError, or another yaml.YAMLError."""
    depth = 0
    event = None
    while not isinstance(event, yaml.StreamEndEvent):
        event = loader.get_event()
        depth += _DEPTH_CHANGES.get(type(event), 0)
        if depth > max_depth:
            raise NestingError(
                problem=f"nested more than {max_depth} levels deep", problem_mark=event.start_mark
            )
        yield event


def check_depth(text: bytes, max_depth: int) -> None:
    """Raise NestingError for a text that is nested too deeply, or another yaml.YAMLError."""
    loader = LOADER(text)
    try:
        for _ in bounded_events(loader, max_depth):
            pass
    finally:
        loader.dispose()
