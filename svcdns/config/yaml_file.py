"""Reads a YAML file as texts, lists and mappings, with the line of each value.

Scalars stay the text that is written. The type of each setting is known, so YAML's guesses (`no` as false,
`1:53` as 113) could only be wrong. An empty scalar and `null` are None.
"""

from pathlib import Path
from typing import Any

import yaml

from svcdns import bounded_yaml
from svcdns.config.config_document import ConfigDocument, KeyPath, quote_key
from svcdns.errors import ConfigError

MAX_DEPTH = 16
MAX_VALUES = 100_000
MAX_BYTES = 8 << 20
"""Bounds, so that no file takes all memory. Aliases can multiply few lines to very many values."""


def read_yaml(path: Path) -> ConfigDocument:
    """Read a file with one mapping; raises ConfigError with the line."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)

        if len(text) > MAX_BYTES:
            raise ConfigError(f"{path}: more than {MAX_BYTES >> 20} MiB: this is no configuration")

        # What composes nodes recurses, and no depth is too much for it until it crashes.
        bounded_yaml.check_depth(text, MAX_DEPTH)
        root = yaml.compose(text, Loader=bounded_yaml.LOADER)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(_describe_error(path, error)) from None

    if root is None:
        return ConfigDocument(path)
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(f"{path}:{_line_number(root)}: `key: value` lines were expected, as `ttl: 30`")

    reader = _NodeReader(path)

    return ConfigDocument(path, reader.read_mapping(root, ()), reader.lines)


def _line_number(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _describe_error(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    where = f"{path}:{mark.line + 1}" if mark else str(path)
    if isinstance(error, bounded_yaml.NestingError):
        return f"{where}: {problem}"
    return f"{where}: this is no YAML: {problem}"


class _NodeReader:
    """Turns nodes into values. A node that several aliases name is read again at each place, and counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {}
        self.value_count = 0

    def read_value(self, node: yaml.Node, key_path: KeyPath) -> Any:
        self.value_count += 1
        if len(key_path) > MAX_DEPTH or self.value_count > MAX_VALUES:
            raise ConfigError(
                f"{self.path}:{_line_number(node)}: more than {MAX_DEPTH} levels deep, or {MAX_VALUES} values"
            )

        if isinstance(node, yaml.MappingNode):
            return self.read_mapping(node, key_path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read_item(item, (*key_path, index)) for index, item in enumerate(node.value)]

        return None if node.tag == "tag:yaml.org,2002:null" else node.value

    def read_mapping(self, node: yaml.MappingNode, key_path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, _line_number(key_node)
            if not isinstance(key, str):
                raise ConfigError(f"{self.path}:{line}: a key is one word")

            if key in mapping:
                first = self.lines[*key_path, key]
                raise ConfigError(
                    f"{self.path}:{line}: {quote_key(key)}: is set twice, first in line {first}"
                )

            self.lines[*key_path, key] = line
            # The text begins in the line after the `|`.
            if isinstance(value_node, yaml.ScalarNode) and value_node.style == "|":
                self.lines[*key_path, key, 0] = _line_number(value_node) + 1

            mapping[key] = self.read_value(value_node, (*key_path, key))

        return mapping

    def read_item(self, node: yaml.Node, key_path: KeyPath) -> Any:
        self.lines[key_path] = _line_number(node)
        return self.read_value(node, key_path)
