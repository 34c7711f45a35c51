"""Splits a Corefile into words, with the line of each.

Words stand between spaces; in double quotes a word may have spaces and lines, and `\\"` is a quote. From
`#` to the end of the line is a comment, also within a word. `{$NAME}` and `{%NAME%}` are environment
variables; one that is not set is empty. Source: caddyfile/lexer.go of coredns/caddy, which CoreDNS reads by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_CHARACTERS = 1 << 20
"""A ConfigMap holds no more."""

_TOKEN_PATTERN = re.compile(
    r'(?P<newline>\n)|(?P<skipped>[^\S\n]+|#[^\n]*)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>(?!")[^\s#]+)',
    re.DOTALL,
)
_VARIABLE_PATTERN = re.compile(r"\{\$([^{}]+)\}|\{%([^{}%]+)%\}")


class CorefileError(ValueError):
    """A Corefile that cannot be parsed; `line` is the line in its text, from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Origin(NamedTuple):
    """The place of a word in a file that is imported."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class UnsetVariable(NamedTuple):
    """A reference to a variable that is not set, with its line as in `Token`."""

    line: int
    name: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A word, its line, and whether it is the first word on that line.

    Within a file that is imported, `line` is that of the `import`, and `origin` the place in the file.
    """

    text: str
    line: int
    is_first_on_line: bool
    origin: Origin | None = None


def error_at(token: Token, message: str) -> CorefileError:
    """The error that names the place of a word."""
    return CorefileError(token.line, f"{token.origin}: {message}" if token.origin else message)


def tokenize(text: str, environ: Mapping[str, str], unset_variables: list[UnsetVariable]) -> Iterator[Token]:
    """The words in order; adds to `unset_variables`. Raises CorefileError for an open quote."""
    if len(text) > MAX_CHARACTERS:
        raise CorefileError(1, f"more than {MAX_CHARACTERS} characters")

    # Some editors put a byte order mark in front.
    text = text.removeprefix("\ufeff")
    at = 0
    line = 1
    first = True

    while at < len(text):
        part = _TOKEN_PATTERN.match(text, at)
        if part is None:
            raise CorefileError(line, "a quote is opened here and not closed")

        if part.lastgroup in ("quoted", "word"):
            word = part["word"] or part["quoted"].replace('\\"', '"')
            yield Token(_expand_variables(word, line, environ, unset_variables), line, first)
            first = False
        elif part["newline"]:
            first = True

        line += text.count("\n", at, part.end())
        at = part.end()


def _expand_variables(
    text: str, line: int, environ: Mapping[str, str], unset_variables: list[UnsetVariable]
) -> str:
    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name not in environ:
            unset_variables.append(UnsetVariable(line, name))
        return environ.get(name, "")

    return _VARIABLE_PATTERN.sub(value, text)
