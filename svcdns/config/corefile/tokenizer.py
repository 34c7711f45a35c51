"""Splits a Corefile into words, with the line of each.

Words stand between spaces; in double quotes a word may have spaces and lines, and `\\"` is a quote. From
`#` to the end of the line is a comment, also within a word. `{$NAME}` and `{%NAME%}` are environment
variables. Source: caddyfile/lexer.go of coredns/caddy, which CoreDNS reads by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Token:
    """A word, its line, and whether it is the first word on that line."""

    text: str
    line: int
    is_first_on_line: bool


def tokenize(text: str, environ: Mapping[str, str]) -> Iterator[Token]:
    """The words in order. Raises CorefileError for an open quote, or a variable that is not set."""
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
            yield Token(_expand_variables(word, line, environ), line, first)
            first = False
        elif part["newline"]:
            first = True

        line += text.count("\n", at, part.end())
        at = part.end()


def _expand_variables(text: str, line: int, environ: Mapping[str, str]) -> str:
    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name not in environ:
            raise CorefileError(line, f"the environment variable {name} is not set")
        return environ[name]

    return _VARIABLE_PATTERN.sub(value, text)
