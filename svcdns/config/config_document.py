"""The settings of a file, with the line of each. `yaml_file` makes one of YAML, `corefile` of a Corefile."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """The values of a file.

    `lines` has the line, from 1, of each key and item. For a block text (`|`), the path that ends with 0 has
    the line of its first line.
    """

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def location(self, key_path: KeyPath) -> str:
        """The place of a value as `svcdns.yaml:3`, or of the nearest value around it that has a line."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return f"{self.path}:{self.lines[key_path]}" if key_path else str(self.path)


def quote_key(key: str) -> str:
    """A key as a message shows it: on one line, and at most 40 characters."""
    return key if key.isprintable() and 0 < len(key) <= 40 else repr(key[:40])
