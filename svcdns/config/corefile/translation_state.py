"""The result of a translation while it grows: settings with their lines, and remarks on lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from svcdns import printable_text
from svcdns.config import error_messages
from svcdns.config.config_document import ConfigDocument, KeyPath
from svcdns.config.corefile.tokenizer import Origin
from svcdns.config.settings import Settings

DEFAULT_ZONES = ("cluster.local",)
"""The zones that are served if no block has `kubernetes`."""

MAX_LIST_ITEMS = 1000
"""Items of a list. More lines of hosts belong in a file of their own."""

MAX_DIAGNOSTIC_LENGTH = 300
"""Characters of a remark, since a Corefile may be one long word."""

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SECONDS_PER_UNIT = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


class NamedLine(Protocol):
    """A plugin, an option or a block. A remark begins with its name."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def origin(self) -> Origin | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A remark on a line that is not translated fully. A harmless one changes no answer that is needed."""

    line: int
    text: str
    is_harmless: bool = False


@dataclass(frozen=True, slots=True)
class TranslatedCorefile:
    """A Corefile as settings. `document` has them like a YAML file, with the lines of the Corefile."""

    document: ConfigDocument
    coredns_defaults: frozenset[str] = frozenset()
    """Settings that no line gives, but that CoreDNS's defaults imply."""
    diagnostics: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    imported_paths: tuple[Path, ...] = ()
    """Files that it imports, and folders that it imports files of; these may change too."""

    def format_diagnostic(self, diagnostic: Diagnostic) -> str:
        """One line, as `Corefile:12: forward: force_tcp: not supported: ...`."""
        prefix = "note: " if diagnostic.is_harmless else ""
        return f"{self.document.path}:{diagnostic.line}: {prefix}{diagnostic.text}"


class Translation:
    """Collects settings and remarks while blocks are read. The first value of a setting counts."""

    def __init__(self, wildcard_addresses: tuple[str, ...]) -> None:
        self.wildcard_addresses = wildcard_addresses
        """The addresses that stand for all addresses of this machine."""
        self.values: dict[str, Any] = {}
        self.lines: dict[KeyPath, int] = {}
        self.coredns_defaults: set[str] = set()
        """Settings that no line gives, but that CoreDNS's defaults imply."""
        self.route_lines: dict[str, int] = {}
        """The suffixes that are forwarded, with the line of their `forward`."""
        self.excluded_suffixes: dict[str, tuple[NamedLine, str | None]] = {}
        """Suffixes that are not forwarded, each with its cause.

        The second value is the suffix whose servers are not asked; None stands for all servers.
        """
        self.diagnostics: list[Diagnostic] = []
        self.errors: list[Diagnostic] = []

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones of the cluster."""
        return tuple(self.values.get("zone", DEFAULT_ZONES))

    def set_value(self, cause: NamedLine, name: str, value: str, *, is_coredns_default: bool = False) -> None:
        """Set one setting. If another block has set another value, that one counts; a remark says so."""
        if name not in self.values:
            self.values[name] = value
            self.lines[name,] = cause.line
            if is_coredns_default:
                self.coredns_defaults.add(name)
        elif self.values[name] != value:
            there = f"{self.values[name]} of line {self.lines[name,]}"
            self.report_difference(cause, f"one {name} is for all blocks: {there} counts, not {value}")

    def add_values(self, cause: NamedLine, name: str, *values: str) -> None:
        """Append items to a list, each once."""
        items = self.values.setdefault(name, [])
        self.lines.setdefault((name,), cause.line)
        for value in values:
            if len(items) >= MAX_LIST_ITEMS:
                self.report_error(cause, f"more than {MAX_LIST_ITEMS} values of {name}")
            elif value not in items:
                self.lines[name, len(items)] = cause.line
                items.append(value)

    def report_difference(self, cause: NamedLine, text: str) -> None:
        """Add a remark: answers differ from CoreDNS's, or something is not done at all."""
        self.diagnostics.append(_make_diagnostic(cause, text))

    def report_unsupported(self, cause: NamedLine, text: str = "left out") -> None:
        """Add a remark: there is no setting for this."""
        self.report_difference(cause, f"not supported: {text}")

    def report_note(self, cause: NamedLine, text: str) -> None:
        """Add a note: the line is left out, or done in another way, and nobody is harmed."""
        self.diagnostics.append(_make_diagnostic(cause, text, is_harmless=True))

    def report_error(self, cause: NamedLine, error: object) -> None:
        """Add an error: the Corefile cannot be served like this."""
        self.errors.append(_make_diagnostic(cause, str(error)))


def _make_diagnostic(cause: NamedLine, text: str, *, is_harmless: bool = False) -> Diagnostic:
    place = f"{cause.origin}: " if cause.origin else ""
    full_text = f"{place}{cause.name[:40]}: {text}"
    if len(full_text) > MAX_DIAGNOSTIC_LENGTH:
        full_text = f"{full_text[: MAX_DIAGNOSTIC_LENGTH - 3]}..."

    return Diagnostic(cause.line, printable_text.escape(full_text), is_harmless)


def single_argument(args: Sequence[str]) -> str:
    """The argument of an option that takes one. Any other number gives "", which no setting accepts."""
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
    """A number as text, rounded up, and moved into the bounds of the setting with this key."""
    least, greatest = error_messages.bounds(Settings.model_fields[key])
    return str(int(max(least, min(greatest, -(-number // 1)))))
