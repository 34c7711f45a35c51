"""Label selectors as Kubernetes writes them: `a=b, c!=d, x in (a,b), y notin (c), z, !w`.

Used for the options that limit what is served. A Service's own selector is a plain mapping and
needs none of this. Source: Kubernetes "Labels and Selectors"; every requirement must hold.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from svcdns.errors import ConfigError
from svcdns.kube import fields

_TOKEN = re.compile(r"\s*([^\s,()=!<>]+|==|!=|[,()=!<>])")
_SIGNS = frozenset({"", ",", "(", ")", "=", "==", "!=", "!", "<", ">"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """`key in values`, or `key exists` where `values` is None; the opposite where `negated`."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it holds; a label that is absent is not in any set (so `notin` holds)."""
        found = self.key in labels
        if self.values is not None:
            found = found and labels[self.key] in self.values
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class Selector:
    """All of its requirements; without any it matches everything."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected."""
        return all(requirement.matches(labels or {}) for requirement in self.requirements)


def parse(text: str) -> Selector:
    """Read a selector; raises ConfigError with the place of what is wrong."""
    return Selector(tuple(_Parser(text).requirements()))


class _Token(NamedTuple):
    """A word or sign with its column, from 1; the text is empty at the end."""

    text: str
    column: int


class _Parser:
    """Recursive descent with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.ahead = next(self.tokens)

    def requirements(self) -> Iterator[Requirement]:
        if not self.ahead.text:
            return
        yield self._requirement()
        while self.ahead.text:
            self._sign(",")
            yield self._requirement()

    def _requirement(self) -> Requirement:
        if self.ahead.text == "!":
            self._next()
            return Requirement(self._word("a label's key", fields.label_key), None, True)
        key = self._word("a label's key", fields.label_key)
        if self.ahead.text in ("", ","):
            return Requirement(key, None, False)
        operator = self._next()
        if operator.text in ("in", "notin"):
            return Requirement(key, self._values(), operator.text == "notin")
        if operator.text in ("=", "==", "!="):
            return Requirement(key, frozenset({self._value()}), operator.text == "!=")
        raise self._error("'=', '!=', 'in', 'notin' or ','", operator)

    def _values(self) -> frozenset[str]:
        self._sign("(")
        if self.ahead.text == ")":
            raise self._error("a value", self.ahead)
        values = {self._value()}
        while self.ahead.text == ",":
            self._next()
            values.add(self._value())
        self._sign(")")
        return frozenset(values)

    def _value(self) -> str:
        if self.ahead.text in ("", ",", ")"):
            return ""
        return self._word("a value", fields.label_value)

    def _word(self, wanted: str, rule: fields.Check) -> str:
        token = self._next()
        if token.text in _SIGNS:
            raise self._error(wanted, token)
        if message := rule(token.text):
            raise ConfigError(f"label selector {self.text!r}: {token.text!r}: {message}")
        return token.text

    def _sign(self, wanted: str) -> None:
        token = self._next()
        if token.text != wanted:
            raise self._error(repr(wanted), token)

    def _next(self) -> _Token:
        token = self.ahead
        if token.text:
            self.ahead = next(self.tokens)
        return token

    def _error(self, wanted: str, token: _Token) -> ConfigError:
        found = repr(token.text) if token.text else "the end"
        return ConfigError(
            f"label selector {self.text!r}: {wanted} expected at column {token.column}, found {found}"
        )


def _tokens(text: str) -> Iterator[_Token]:
    text = text.rstrip()
    for match in _TOKEN.finditer(text):  # it matches everywhere: each character is a word's or a sign
        yield _Token(match[1], match.start(1) + 1)
    yield _Token("", len(text) + 1)
