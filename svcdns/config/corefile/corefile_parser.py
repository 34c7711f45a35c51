"""Makes server blocks of a Corefile's words: their zones and ports, and their plugins with options.

    KEY[,] KEY ... {
        plugin ARGUMENT ... {
            option ARGUMENT ...
        }
    }

A file with one block may leave out the outer braces. `(name) { ... }` is a snippet, and no block (`imports`).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.imports import Imports
from svcdns.config.corefile.tokenizer import CorefileError, Origin, Token

MAX_TOKENS = 10_000
"""Words of a Corefile with all that it imports."""
MAX_DEPTH = 8
"""Levels of braces. CoreDNS's own plugins have one; the bound keeps the recursion small."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A plugin or an option: its arguments, its line, and the options within its braces."""

    name: str
    args: tuple[str, ...]
    line: int
    options: "tuple[Directive, ...]" = ()
    origin: Origin | None = None
    """Its place in a file that is imported; then `line` is that of the `import`."""


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """A server block. Its keys are as they are written, without commas."""

    keys: tuple[Token, ...]
    plugins: tuple[Directive, ...]


def parse_corefile(text: str, imports: Imports) -> tuple[ParsedBlock, ...]:
    """The server blocks of a Corefile, with what it imports.

    Raises CorefileError if words or braces are misplaced, or if something cannot be imported.
    """
    words = tokenizer.tokenize(text, imports.environ, imports.unset_variables)
    blocks = tuple(_BlockParser(words, imports).parse_blocks())
    if not blocks:
        raise CorefileError(1, "there is no server block, as `.:53 { ... }`")

    return blocks


class _BlockParser:
    def __init__(self, tokens: Iterator[Token], imports: Imports) -> None:
        self._tokens = list(itertools.islice(tokens, MAX_TOKENS + 1))
        self._imports = imports
        self._position = 0
        self._check_size()

    def parse_blocks(self) -> Iterator[ParsedBlock]:
        while self.next_token is not None:
            keys = self._parse_keys()
            if len(keys) == 1 and _is_snippet(keys[0]):
                self._imports.define(keys[0], self._take_body(keys[0]))
            else:
                yield self._parse_block(keys)

    @property
    def next_token(self) -> Token | None:
        self._expand_imports(is_at_directive=False)
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _expand_imports(self, *, is_at_directive: bool) -> None:
        """Put what is imported in the place of the line, if the next word is `import`."""
        tokens = self._tokens
        while self._position < len(tokens):
            word = tokens[self._position]
            if word.text != "import" or not (is_at_directive or word.is_first_on_line):
                return

            end = self._position + 1
            while (
                end < len(tokens) and not tokens[end].is_first_on_line and tokens[end].text not in ("{", "}")
            ):
                end += 1
            tokens[self._position : end] = self._imports.expand(word, tokens[self._position + 1 : end])
            self._check_size()

    def _check_size(self) -> None:
        if len(self._tokens) > MAX_TOKENS:
            raise CorefileError(self._tokens[-1].line, f"more than {MAX_TOKENS} words")

    def _take_body(self, name: Token) -> Iterator[Token]:
        """The words of a snippet as they are: an `import` in it is one where the snippet is used."""
        if self.next_token is None or self.next_token.text != "{":
            raise tokenizer.error_at(name, f"a `{{` was expected after {name.text}")

        opening_brace = self._take_token()
        depth = 1
        # The first word begins a line wherever the snippet is used.
        is_first = True
        while self._position < len(self._tokens):
            word = self._take_token()
            depth += {"{": 1, "}": -1}.get(word.text, 0)
            if not depth:
                return
            yield replace(word, is_first_on_line=word.is_first_on_line or is_first)
            is_first = False

        raise tokenizer.error_at(opening_brace, "this `{` has no counterpart")

    def _take_token(self) -> Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def _parse_block(self, keys: tuple[Token, ...]) -> ParsedBlock:
        if self.next_token is not None and self.next_token.text == "{":
            return ParsedBlock(keys, self._parse_directives(self._take_token(), MAX_DEPTH))
        # Only the first block of a file may stand without braces, and is then the only one.
        if keys[0].line != self._tokens[0].line:
            raise tokenizer.error_at(keys[0], f"a `{{` was expected after {keys[-1].text}")

        return ParsedBlock(keys, self._parse_directives(None, MAX_DEPTH))

    def _parse_keys(self) -> tuple[Token, ...]:
        """The keys of one line; after a comma, those of the next line too."""
        keys: list[Token] = []
        expects_key = True
        while (
            self.next_token is not None
            and self.next_token.text != "{"
            and (expects_key or not self.next_token.is_first_on_line)
        ):
            word = self._take_token()
            expects_key = word.text.endswith(",")
            keys.append(replace(word, text=word.text.removesuffix(",")))

        if not keys or expects_key:
            at = self.next_token or self._tokens[-1]
            raise tokenizer.error_at(at, f"a zone was expected, as `.:53`, not {self._describe_next()}")

        return tuple(keys)

    def _parse_directives(self, opening_brace: Token | None, allowed_depth: int) -> tuple[Directive, ...]:
        """The directives up to the closing brace, or to the end of the file if no brace was opened."""
        directives = []
        if not allowed_depth:
            raise CorefileError(
                opening_brace.line if opening_brace else 1, f"more than {MAX_DEPTH} braces in each other"
            )

        while self._begins_directive():
            directives.append(self._parse_directive(allowed_depth))

        if (self.next_token is None) != (opening_brace is None):
            at = opening_brace or self._tokens[self._position]
            raise tokenizer.error_at(at, f"this `{at.text}` has no counterpart")

        if opening_brace:
            self._take_token()

        return tuple(directives)

    def _begins_directive(self) -> bool:
        # Also `. { import x }`, where it does not begin a line.
        self._expand_imports(is_at_directive=True)
        return self.next_token is not None and self.next_token.text != "}"

    def _parse_directive(self, allowed_depth: int) -> Directive:
        word = self._take_token()
        if word.text == "{":
            message = "this `{` follows no plugin: put it at the end of the line before"
            raise tokenizer.error_at(word, message)

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

        return Directive(word.text, tuple(args), word.line, body, word.origin)

    def _describe_next(self) -> str:
        return f"`{self.next_token.text}`" if self.next_token else "the end"


def _is_snippet(key: Token) -> bool:
    return key.text.startswith("(") and key.text.endswith(")")
