"""A server block whose keys have been read: for which names it is, and where it listens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from svcdns.config import forwards
from svcdns.config.corefile import keys
from svcdns.config.corefile.keys import Key
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.translation import Named, Translation


@dataclass(frozen=True, slots=True)
class Scope:
    """One block, called by its first key; `zones` are domain names, `.` for all."""

    name: str
    line: int
    keys: tuple[Key, ...]
    zones: tuple[str, ...]
    plugins: tuple[Directive, ...]

    def named(self, name: str) -> tuple[Directive, ...]:
        """Its plugins of this name."""
        return tuple(plugin for plugin in self.plugins if plugin.name == name)

    def zones_or_own(self, at: Named, args: Iterable[str], found: Translation) -> tuple[str, ...]:
        """The zones that a plugin names; where it names none, those of the block."""
        return zones(at, args, found) or self.zones


def zones(at: Named, args: Iterable[str], found: Translation) -> tuple[str, ...]:
    """The zones that are written there, each once; what is none is an error."""
    read: dict[str, None] = {}
    for arg in args:
        try:
            read.update(dict.fromkeys(keys.zones(arg)))
        except ValueError as error:
            found.wrong(at, error)
    return tuple(read)


def above(candidates: Iterable[str], name: str) -> Iterator[str]:
    """The zones that a domain is, or lies below."""
    return (zone for zone in candidates if forwards.is_below(name, zone))


def covers(candidates: Iterable[str], name: str) -> bool:
    """Whether there is one."""
    return next(above(candidates, name), None) is not None
