"""A server block with its keys read: which names it is for, and where it listens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from svcdns.config import forward_entries
from svcdns.config.corefile import block_keys
from svcdns.config.corefile.block_keys import BlockKey
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.tokenizer import Origin
from svcdns.config.corefile.translation_state import NamedLine, Translation


@dataclass(frozen=True, slots=True)
class ServerBlock:
    """One block; its name is its first key. `zones` are domain names, `.` for all names."""

    name: str
    line: int
    keys: tuple[BlockKey, ...]
    zones: tuple[str, ...]
    plugins: tuple[Directive, ...]
    origin: Origin | None = None
    """Its place in a file that is imported."""

    def plugins_named(self, name: str) -> tuple[Directive, ...]:
        """Its plugins of this name."""
        return tuple(plugin for plugin in self.plugins if plugin.name == name)

    def zones_or_default(
        self, cause: NamedLine, args: Iterable[str], translation: Translation
    ) -> tuple[str, ...]:
        """The zones that a plugin names, or those of the block if it names none."""
        return read_zones(cause, args, translation) or self.zones


def read_zones(cause: NamedLine, args: Iterable[str], translation: Translation) -> tuple[str, ...]:
    """The zones in the arguments, each once. An invalid one is reported as an error."""
    read: dict[str, None] = {}
    for arg in args:
        try:
            read.update(dict.fromkeys(block_keys.parse_zones(arg)))
        except ValueError as error:
            translation.report_error(cause, error)

    return tuple(read)


def enclosing_zones(candidates: Iterable[str], name: str) -> Iterator[str]:
    """The candidates that a domain equals or lies below."""
    return (zone for zone in candidates if forward_entries.is_below(name, zone))


def contains_name(candidates: Iterable[str], name: str) -> bool:
    """Whether a domain equals or lies below one of the candidates."""
    return next(enclosing_zones(candidates, name), None) is not None
