"""What a Corefile has come to so far: settings with their lines, and what is to be said of the lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from svcdns.config import explain
from svcdns.config.document import Document, Place
from svcdns.config.settings import Settings

DEFAULT_ZONES = ("cluster.local",)
"""What is served where no block has `kubernetes`."""

MAX_ITEMS = 1000
"""Of a list; more lines of hosts belong in a file."""

MAX_SAID = 300
"""Characters of a remark: a Corefile may be one long word."""

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


class Named(Protocol):
    """A plugin, an option or a block, by whose name a remark begins."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a line does not become; a `harmless` one changes no answer that was meant."""

    line: int
    text: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Corefile:
    """A Corefile as settings; `document` has them as a file of ours would, with the Corefile's lines."""

    document: Document
    implied: frozenset[str] = frozenset()
    """Settings that are CoreDNS's defaults, and that no line gives."""
    remarks: tuple[Remark, ...] = ()
    errors: tuple[Remark, ...] = ()

    def say(self, remark: Remark) -> str:
        """One line, as `Corefile:12: forward: force_tcp: not supported: ...`."""
        return f"{self.document.path}:{remark.line}: {'note: ' if remark.harmless else ''}{remark.text}"


class Translation:
    """Grows as the blocks are read; the first value of a setting counts."""

    def __init__(self, everywhere: tuple[str, ...]) -> None:
        self.everywhere = everywhere
        """The addresses that mean all of this machine's."""
        self.values: dict[str, Any] = {}
        self.lines: dict[Place, int] = {}
        self.implied: set[str] = set()
        """Settings that no line gives, but CoreDNS's defaults."""
        self.routes: dict[str, int] = {}
        """Suffixes that servers are asked for, with the line of their `forward`."""
        self.closed: dict[str, tuple[Named, str | None]] = {}
        """Suffixes that nobody is to be asked for, at least not the servers of the suffix behind them."""
        self.remarks: list[Remark] = []
        self.errors: list[Remark] = []

    @property
    def zones(self) -> tuple[str, ...]:
        """The cluster's own, whose names are answered here."""
        return tuple(self.values.get("zone", DEFAULT_ZONES))

    def put(self, at: Named, name: str, value: str, *, implied: bool = False) -> None:
        """One setting; where another block has put another value, that counts."""
        if name not in self.values:
            self.values[name] = value
            self.lines[name,] = at.line
            if implied:
                self.implied.add(name)
        elif self.values[name] != value:
            there = f"{self.values[name]} of line {self.lines[name,]}"
            self.differs(at, f"one {name} is for all blocks: {there} counts, not {value}")

    def add(self, at: Named, name: str, *values: str) -> None:
        """Items of a list, each once."""
        items = self.values.setdefault(name, [])
        self.lines.setdefault((name,), at.line)
        for value in values:
            if len(items) >= MAX_ITEMS:
                self.wrong(at, f"more than {MAX_ITEMS} values of {name}")
            elif value not in items:
                self.lines[name, len(items)] = at.line
                items.append(value)

    def differs(self, at: Named, text: str) -> None:
        """Answers are others than CoreDNS's, or something is not done at all."""
        self.remarks.append(_remark(at, text))

    def unsupported(self, at: Named, text: str = "left out") -> None:
        """The same, of what there is no setting for."""
        self.differs(at, f"not supported: {text}")

    def note(self, at: Named, text: str) -> None:
        """The line is left out, or done in another way that harms nobody."""
        self.remarks.append(_remark(at, text, harmless=True))

    def wrong(self, at: Named, why: object) -> None:
        """It cannot be served so."""
        self.errors.append(_remark(at, str(why)))


def _remark(at: Named, text: str, *, harmless: bool = False) -> Remark:
    said = f"{at.name[:40]}: {text}"
    if len(said) > MAX_SAID:
        said = f"{said[: MAX_SAID - 3]}..."
    return Remark(at.line, "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said), harmless)


def only(args: Sequence[str]) -> str:
    """The argument of an option with one; empty where there are none, or more: no setting is so."""
    return args[0] if len(args) == 1 else ""


def count(text: str) -> int:
    """Read a whole number that is not negative; raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def seconds(text: str) -> float:
    """Read a duration of Go, as `1m30s`; raises ValueError."""
    if text == "0":
        return 0.0
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 40:
        raise ValueError(f"{text!r} is no duration, as 5s, 1m30s or 500ms")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def whole(key: str, number: float) -> str:
    """A whole number, rounded up, as near as the setting of this key allows."""
    least, greatest = explain.bounds(Settings.model_fields[key])
    return str(int(max(least, min(greatest, -(-number // 1)))))
