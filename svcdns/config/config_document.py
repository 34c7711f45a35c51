"""What a file of settings says, and in which lines: as `yamlfile` reads it, and what a Corefile comes to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """What a file says; `lines` has the line (from 1) of each key and item, and as 0 a `|` text's first."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def location(self, key_path: KeyPath) -> str:
        """`svcdns.yaml:3`, of the value or of the nearest one around it."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return f"{self.path}:{self.lines[key_path]}" if key_path else str(self.path)


def quote_key(key: str) -> str:
    """A key in a message, which is one line."""
    return key if key.isprintable() and 0 < len(key) <= 40 else repr(key[:40])
