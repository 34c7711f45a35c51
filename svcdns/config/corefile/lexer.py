"""The words of a Corefile, with the line of each.

Words stand between spaces; in double quotes a word may have spaces and lines, and `\\"` is a quote. From
`#` to the end of the line is a comment, also within a word. `{$NAME}` and `{%NAME%}` are environment
variables. Source: caddyfile/lexer.go of coredns/caddy, which CoreDNS reads by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_TEXT = 1 << 20
"""Characters: a ConfigMap holds no more."""

_PART = re.compile(
    r'(?P<newline>\n)|(?P<skipped>[^\S\n]+|#[^\n]*)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>(?!")[^\s#]+)',
    re.DOTALL,
)
_VARIABLE = re.compile(r"\{\$([^{}]+)\}|\{%([^{}%]+)%\}")


class CorefileError(ValueError):
    """What cannot be read at all; `line` is that of the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Word:
    """A word; `first` where nothing stands before it on its line."""

    text: str
    line: int
    first: bool


def words(text: str, environ: Mapping[str, str]) -> Iterator[Word]:
    """Raises CorefileError for a quote that is not closed, or a variable that is not set."""
    if len(text) > MAX_TEXT:
        raise CorefileError(1, f"more than {MAX_TEXT} characters")
    text = text.removeprefix("\ufeff")
    at, line, first = 0, 1, True
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise CorefileError(line, "a quote is opened here and not closed")
        if part.lastgroup in ("quoted", "word"):
            found = part["word"] or part["quoted"].replace('\\"', '"')
            yield Word(_filled(found, line, environ), line, first)
            first = False
        elif part["newline"]:
            first = True
        line += text.count("\n", at, part.end())
        at = part.end()


def _filled(text: str, line: int, environ: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environ:
            raise CorefileError(line, f"the environment variable {name} is not set")
        return environ[name]

    return _VARIABLE.sub(value, text)
