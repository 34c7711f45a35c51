"""A YAML file as plain texts, lists and mappings, with the line of each.

Scalars stay the text that stands there: a setting's type is known, so YAML's guesses (`no` as false,
`1:53` as 113) can only be wrong. Empty ones and `null` are None.
"""

from pathlib import Path
from typing import Any

import yaml

from svcdns.config.document import Document, Place, shown
from svcdns.errors import ConfigError

MAX_DEPTH = 16
MAX_VALUES = 100_000
MAX_BYTES = 8 << 20
"""What aliases may multiply a file to."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Document:
    """Read a file with one mapping; raises ConfigError with the line."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ConfigError(f"{path}: more than {MAX_BYTES >> 20} MiB: this is no configuration")
        root = yaml.compose(text, Loader=_LOADER)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(_explain(path, error)) from None
    if root is None:
        return Document(path)
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(f"{path}:{_line(root)}: `key: value` lines were expected, as `ttl: 30`")
    reader = _Reader(path)
    return Document(path, reader.mapping(root, ()), reader.lines)


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _explain(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    where = f"{path}:{mark.line + 1}" if mark else str(path)
    return f"{where}: this is no YAML: {problem}"


class _Reader:
    """Turns nodes into values; a node that several aliases name is read at each place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.count = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.count += 1
        if len(place) > MAX_DEPTH or self.count > MAX_VALUES:
            raise ConfigError(
                f"{self.path}:{_line(node)}: more than {MAX_DEPTH} levels deep, or {MAX_VALUES} values"
            )
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.item(item, (*place, index)) for index, item in enumerate(node.value)]
        return None if node.tag == "tag:yaml.org,2002:null" else node.value

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, _line(key_node)
            if not isinstance(key, str):
                raise ConfigError(f"{self.path}:{line}: a key is one word")
            if key in found:
                first = self.lines[*place, key]
                raise ConfigError(f"{self.path}:{line}: {shown(key)}: is set twice, first in line {first}")
            self.lines[*place, key] = line
            if isinstance(value_node, yaml.ScalarNode) and value_node.style == "|":
                self.lines[*place, key, 0] = _line(value_node) + 1
            found[key] = self.value(value_node, (*place, key))
        return found

    def item(self, node: yaml.Node, place: Place) -> Any:
        self.lines[place] = _line(node)
        return self.value(node, place)
