"""Server blocks of a Corefile: for which zones and ports, and their plugins with options.

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

from svcdns.config.corefile import lexer
from svcdns.config.corefile.lexer import CorefileError, Word

MAX_WORDS = 10_000
MAX_DEPTH = 8
"""Braces within braces; CoreDNS's own plugins have one."""

_GLOB = re.compile(r"[*?\[]")
"""In the name of a file to import: that there is none is no fault."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A plugin, or an option of one: its line, and what stands in its braces."""

    name: str
    args: tuple[str, ...]
    line: int
    body: "tuple[Directive, ...]" = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A server block; `keys` as they are written, with their lines."""

    keys: tuple[tuple[str, int], ...]
    plugins: tuple[Directive, ...]
    line: int


class Parsed(NamedTuple):
    """All of a Corefile; `imports` stand between the blocks."""

    blocks: tuple[Block, ...]
    imports: tuple[Directive, ...]


def parse(text: str, environ: Mapping[str, str]) -> Parsed:
    """Raises CorefileError where words or braces do not fit, and for `import` of files that must be there."""
    words = tuple(itertools.islice(lexer.words(text, environ), MAX_WORDS + 1))
    if len(words) > MAX_WORDS:
        raise CorefileError(words[-1].line, f"more than {MAX_WORDS} words")
    reader = _Reader(words)
    blocks, imports = [], []
    while reader.next is not None:
        if reader.next.text == "import":
            imports.append(reader.directive(MAX_DEPTH))
        else:
            blocks.append(reader.block())
    if not blocks:
        raise CorefileError(1, "there is no server block, as `.:53 { ... }`")
    return Parsed(tuple(blocks), tuple(imports))


class _Reader:
    def __init__(self, words: tuple[Word, ...]) -> None:
        self._words = words
        self._at = 0

    @property
    def next(self) -> Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _take(self) -> Word:
        self._at += 1
        return self._words[self._at - 1]

    def block(self) -> Block:
        keys = self._keys()
        line = keys[0][1]
        if self.next is not None and self.next.text == "{":
            return Block(keys, self._directives(self._take(), MAX_DEPTH), line)
        if line != self._words[0].line:
            raise CorefileError(line, f"a `{{` was expected behind {keys[-1][0]}")
        return Block(keys, self._directives(None, MAX_DEPTH), line)

    def _keys(self) -> tuple[tuple[str, int], ...]:
        """Those of one line; behind a comma, of the next one too."""
        keys: list[tuple[str, int]] = []
        more = True
        while self.next is not None and self.next.text != "{" and (more or not self.next.first):
            word = self._take()
            _refuse(word)
            more = word.text.endswith(",")
            keys.append((word.text.removesuffix(","), word.line))
        if not keys or more:
            at = self.next or self._words[-1]
            raise CorefileError(at.line, f"a zone was expected, as `.:53`, not {self._seen()}")
        return tuple(keys)

    def _directives(self, opened: Word | None, depth: int) -> tuple[Directive, ...]:
        """To the brace that closes, or to the end where none was opened."""
        found = []
        if not depth:
            raise CorefileError(opened.line if opened else 1, f"more than {MAX_DEPTH} braces in each other")
        while self.next is not None and self.next.text != "}":
            found.append(self.directive(depth))
        if (self.next is None) != (opened is None):
            at = opened or self._words[self._at]
            raise CorefileError(at.line, f"this `{at.text}` has no other one")
        if opened:
            self._take()
        return tuple(found)

    def directive(self, depth: int) -> Directive:
        word = self._take()
        if word.text == "{":
            raise CorefileError(word.line, "this `{` stands behind no plugin: it belongs to the line before")
        _refuse(word)
        args = []
        while self.next is not None and not self.next.first and self.next.text not in ("{", "}"):
            args.append(self._take().text)
        body: tuple[Directive, ...] = ()
        if self.next is not None and not self.next.first and self.next.text == "{":
            body = self._directives(self._take(), depth - 1)
        if word.text == "import" and not (args and all(map(_GLOB.search, args))):
            raise CorefileError(word.line, "import: one file is read: write here what it imports")
        return Directive(word.text, tuple(args), word.line, body)

    def _seen(self) -> str:
        return f"`{self.next.text}`" if self.next else "the end"


def _refuse(word: Word) -> None:
    if word.text.startswith("(") and word.text.endswith(")"):
        raise CorefileError(
            word.line, f"{word.text}: snippets are not read: write the lines where they count"
        )
