"""What a Corefile has come to so far: settings with their lines, and what is to be said of the lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from svcdns.config import error_messages
from svcdns.config.config_document import ConfigDocument, KeyPath
from svcdns.config.settings import Settings

DEFAULT_ZONES = ("cluster.local",)
"""What is served where no block has `kubernetes`."""

MAX_LIST_ITEMS = 1000
"""Of a list; more lines of hosts belong in a file."""

MAX_DIAGNOSTIC_LENGTH = 300
"""Characters of a remark: a Corefile may be one long word."""

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SECONDS_PER_UNIT = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


class NamedLine(Protocol):
    """A plugin, an option or a block, by whose name a remark begins."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that a line does not become; a `harmless` one changes no answer that was meant."""

    line: int
    text: str
    is_harmless: bool = False


@dataclass(frozen=True, slots=True)
class TranslatedCorefile:
    """A Corefile as settings; `document` has them as a file of ours would, with the Corefile's lines."""

    document: ConfigDocument
    coredns_defaults: frozenset[str] = frozenset()
    """Settings that are CoreDNS's defaults, and that no line gives."""
    diagnostics: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()

    def format_diagnostic(self, diagnostic: Diagnostic) -> str:
        """One line, as `Corefile:12: forward: force_tcp: not supported: ...`."""
        prefix = "note: " if diagnostic.is_harmless else ""
        return f"{self.document.path}:{diagnostic.line}: {prefix}{diagnostic.text}"


class Translation:
    """Grows as the blocks are read; the first value of a setting counts."""

    def __init__(self, wildcard_addresses: tuple[str, ...]) -> None:
        self.wildcard_addresses = wildcard_addresses
        """The addresses that mean all of this machine's."""
        self.values: dict[str, Any] = {}
        self.lines: dict[KeyPath, int] = {}
        self.coredns_defaults: set[str] = set()
        """Settings that no line gives, but CoreDNS's defaults."""
        self.route_lines: dict[str, int] = {}
        """Suffixes that servers are asked for, with the line of their `forward`."""
        self.excluded_suffixes: dict[str, tuple[NamedLine, str | None]] = {}
        """Suffixes that nobody is to be asked for, at least not the servers of the suffix behind them."""
        self.diagnostics: list[Diagnostic] = []
        self.errors: list[Diagnostic] = []

    @property
    def zones(self) -> tuple[str, ...]:
        """The cluster's own, whose names are answered here."""
        return tuple(self.values.get("zone", DEFAULT_ZONES))

    def set_value(self, cause: NamedLine, name: str, value: str, *, is_coredns_default: bool = False) -> None:
        """One setting; where another block has put another value, that counts."""
        if name not in self.values:
            self.values[name] = value
            self.lines[name,] = cause.line
            if is_coredns_default:
                self.coredns_defaults.add(name)
        elif self.values[name] != value:
            there = f"{self.values[name]} of line {self.lines[name,]}"
            self.report_difference(cause, f"one {name} is for all blocks: {there} counts, not {value}")

    def add_values(self, cause: NamedLine, name: str, *values: str) -> None:
        """Items of a list, each once."""
        items = self.values.setdefault(name, [])
        self.lines.setdefault((name,), cause.line)
        for value in values:
            if len(items) >= MAX_LIST_ITEMS:
                self.report_error(cause, f"more than {MAX_LIST_ITEMS} values of {name}")
            elif value not in items:
                self.lines[name, len(items)] = cause.line
                items.append(value)

    def report_difference(self, cause: NamedLine, text: str) -> None:
        """Answers are others than CoreDNS's, or something is not done at all."""
        self.diagnostics.append(_make_diagnostic(cause, text))

    def report_unsupported(self, cause: NamedLine, text: str = "left out") -> None:
        """The same, of what there is no setting for."""
        self.report_difference(cause, f"not supported: {text}")

    def report_note(self, cause: NamedLine, text: str) -> None:
        """The line is left out, or done in another way that harms nobody."""
        self.diagnostics.append(_make_diagnostic(cause, text, is_harmless=True))

    def report_error(self, cause: NamedLine, error: object) -> None:
        """It cannot be served so."""
        self.errors.append(_make_diagnostic(cause, str(error)))


def _make_diagnostic(cause: NamedLine, text: str, *, is_harmless: bool = False) -> Diagnostic:
    full_text = f"{cause.name[:40]}: {text}"
    if len(full_text) > MAX_DIAGNOSTIC_LENGTH:
        full_text = f"{full_text[: MAX_DIAGNOSTIC_LENGTH - 3]}..."

    return Diagnostic(
        cause.line, "".join(c if c.isprintable() else ascii(c)[1:-1] for c in full_text), is_harmless
    )


def single_argument(args: Sequence[str]) -> str:
    """The argument of an option with one; empty where there are none, or more: no setting is so."""
    return args[0] if len(args) == 1 else ""


def parse_count(text: str) -> int:
    """Read a whole number that is not negative; raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def parse_duration(text: str) -> float:
    """Read a duration of Go, as `1m30s`; raises ValueError."""
    if text == "0":
        return 0.0

    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 40:
        raise ValueError(f"{text!r} is no duration, as 5s, 1m30s or 500ms")

    return sum(float(number) * _SECONDS_PER_UNIT[unit] for number, unit in parts)


def clamp_to_text(key: str, number: float) -> str:
    """A whole number, rounded up, as near as the setting of this key allows."""
    least, greatest = error_messages.bounds(Settings.model_fields[key])
    return str(int(max(least, min(greatest, -(-number // 1)))))
