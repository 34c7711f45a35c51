"""Makes server blocks of a Corefile's words: their zones and ports, and their plugins with options.

    KEY[,] KEY ... {
        plugin ARGUMENT ... {
            option ARGUMENT ...
        }
    }

A file with one block may leave out the outer braces.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.tokenizer import CorefileError, Token

MAX_TOKENS = 10_000
MAX_DEPTH = 8
"""Levels of braces. CoreDNS's own plugins have one; the bound keeps the recursion small."""

_GLOB = re.compile(r"[*?\[]")
"""A wildcard in a file name of `import`: CoreDNS accepts it if no file matches."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A plugin or an option: its arguments, its line, and the options within its braces."""

    name: str
    args: tuple[str, ...]
    line: int
    options: "tuple[Directive, ...]" = ()


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """A server block. Its keys are as they are written, each with its line."""

    keys: tuple[tuple[str, int], ...]
    plugins: tuple[Directive, ...]
    line: int


class ParsedCorefile(NamedTuple):
    """A whole Corefile. `imports` are those that stand between the blocks."""

    blocks: tuple[ParsedBlock, ...]
    imports: tuple[Directive, ...]


def parse_corefile(text: str, environ: Mapping[str, str]) -> ParsedCorefile:
    """Parse a Corefile.

    Raises CorefileError if words or braces are misplaced, or if `import` names a file without a wildcard.
    """
    words = tuple(itertools.islice(tokenizer.tokenize(text, environ), MAX_TOKENS + 1))
    if len(words) > MAX_TOKENS:
        raise CorefileError(words[-1].line, f"more than {MAX_TOKENS} words")

    reader = _BlockParser(words)
    blocks, imports = [], []

    while reader.next_token is not None:
        if reader.next_token.text == "import":
            imports.append(reader.parse_directive(MAX_DEPTH))
        else:
            blocks.append(reader.parse_block())

    if not blocks:
        raise CorefileError(1, "there is no server block, as `.:53 { ... }`")

    return ParsedCorefile(tuple(blocks), tuple(imports))


class _BlockParser:
    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def next_token(self) -> Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _take_token(self) -> Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def parse_block(self) -> ParsedBlock:
        keys = self._parse_keys()
        line = keys[0][1]
        if self.next_token is not None and self.next_token.text == "{":
            return ParsedBlock(keys, self._parse_directives(self._take_token(), MAX_DEPTH), line)
        # Only the first block of a file may stand without braces, and is then the only one.
        if line != self._tokens[0].line:
            raise CorefileError(line, f"a `{{` was expected after {keys[-1][0]}")

        return ParsedBlock(keys, self._parse_directives(None, MAX_DEPTH), line)

    def _parse_keys(self) -> tuple[tuple[str, int], ...]:
        """The keys of one line; after a comma, those of the next line too."""
        keys: list[tuple[str, int]] = []
        expects_key = True
        while (
            self.next_token is not None
            and self.next_token.text != "{"
            and (expects_key or not self.next_token.is_first_on_line)
        ):
            word = self._take_token()
            _refuse_snippet(word)
            expects_key = word.text.endswith(",")
            keys.append((word.text.removesuffix(","), word.line))

        if not keys or expects_key:
            at = self.next_token or self._tokens[-1]
            raise CorefileError(at.line, f"a zone was expected, as `.:53`, not {self._describe_next()}")

        return tuple(keys)

    def _parse_directives(self, opening_brace: Token | None, allowed_depth: int) -> tuple[Directive, ...]:
        """The directives up to the closing brace, or to the end of the file if no brace was opened."""
        directives = []
        if not allowed_depth:
            raise CorefileError(
                opening_brace.line if opening_brace else 1, f"more than {MAX_DEPTH} braces in each other"
            )

        while self.next_token is not None and self.next_token.text != "}":
            directives.append(self.parse_directive(allowed_depth))

        if (self.next_token is None) != (opening_brace is None):
            at = opening_brace or self._tokens[self._position]
            raise CorefileError(at.line, f"this `{at.text}` has no counterpart")

        if opening_brace:
            self._take_token()

        return tuple(directives)

    def parse_directive(self, allowed_depth: int) -> Directive:
        word = self._take_token()
        if word.text == "{":
            raise CorefileError(word.line, "this `{` follows no plugin: put it at the end of the line before")

        _refuse_snippet(word)
        args = []

        while (
            self.next_token is not None
            and not self.next_token.is_first_on_line
            and self.next_token.text not in ("{", "}")
        ):
            args.append(self._take_token().text)

        body: tuple[Directive, ...] = ()

        if (
            self.next_token is not None
            and not self.next_token.is_first_on_line
            and self.next_token.text == "{"
        ):
            body = self._parse_directives(self._take_token(), allowed_depth - 1)

        if word.text == "import" and not (args and all(map(_GLOB.search, args))):
            raise CorefileError(word.line, "import: only this file is read: write the imported lines here")

        return Directive(word.text, tuple(args), word.line, body)

    def _describe_next(self) -> str:
        return f"`{self.next_token.text}`" if self.next_token else "the end"


def _refuse_snippet(token: Token) -> None:
    if token.text.startswith("(") and token.text.endswith(")"):
        raise CorefileError(
            token.line, f"{token.text}: snippets are not supported: write the lines where they are used"
        )
