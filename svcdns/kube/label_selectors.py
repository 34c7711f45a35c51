"""Label selectors, as `kubectl get -l` takes them.

    selector     = [ requirement *( "," requirement ) ]
    requirement  = key | "!" key | key op value | key ( "in" | "notin" ) "(" value *( "," value ) ")"
    op           = "=" | "==" | "!=" | ">" | "<"

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from svcdns import name_syntax

Operator: TypeAlias = Literal["exists", "absent", "in", "notin", ">", "<"]

_TOKEN_PATTERN = re.compile(r"\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)")
_PUNCTUATION = frozenset(("==", "!=", "=", "!", "<", ">", "(", ")", ",", ""))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label. `=` becomes `in` with one value, and `!=` becomes `notin`."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def is_met_by(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the condition. `notin` also holds if the label is absent."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
            case _:
                return self._compare(value)

    def _compare(self, value: str | None) -> bool:
        try:
            number = int(value or "")
            (bound,) = map(int, self.values)
        except ValueError:  # as in Kubernetes, what is no number is neither greater nor less
            return False

        return number > bound if self.operator == ">" else number < bound


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Requirements that must all hold; without any, every object is selected. `str()` gives its text."""

    text: str = ""
    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected."""
        return all(requirement.is_met_by(labels or {}) for requirement in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def __str__(self) -> str:
        return self.text


def parse_selector(text: str) -> LabelSelector:
    """Read a selector. The ValueError that it raises names the wrong part and says what would be right."""
    if not text.strip():
        return LabelSelector()
    return LabelSelector(text.strip(), tuple(_SelectorParser(text).parse_requirements()))


class _SelectorParser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = [*_TOKEN_PATTERN.findall(text), ""]
        self.position = 0

    def parse_requirements(self) -> list[Requirement]:
        requirements = [self.parse_requirement()]
        while self.take() == ",":
            requirements.append(self.parse_requirement())

        if self.position < len(self.tokens):
            raise self.make_error("a `,` or the end was expected", self.tokens[self.position - 1])

        return requirements

    def parse_requirement(self) -> Requirement:
        if self.peek() == "!":
            self.take()
            return Requirement(self.parse_key(), "absent")

        key = self.parse_key()
        operator = self.peek()
        if operator in (",", ""):
            return Requirement(key, "exists")

        self.take()
        if operator == "in":
            return Requirement(key, "in", self.parse_values())
        if operator == "notin":
            return Requirement(key, "notin", self.parse_values())
        if operator in ("=", "=="):
            return Requirement(key, "in", frozenset((self.parse_value(),)))
        if operator == "!=":
            return Requirement(key, "notin", frozenset((self.parse_value(),)))
        if operator in ("<", ">"):
            return Requirement(key, ">" if operator == ">" else "<", frozenset((self.parse_number(),)))

        raise self.make_error("one of `=`, `!=`, `in`, `notin`, `<`, `>` was expected", operator)

    def peek(self) -> str:
        return self.tokens[self.position]

    def take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1]

    def parse_key(self) -> str:
        key = self.take()
        if key in _PUNCTUATION or not name_syntax.is_label_key(key):
            raise self.make_error("a label's key was expected, as app or example.com/tier", key)
        return key

    def parse_value(self) -> str:
        # An empty value is valid: `tier=` selects labels whose value is empty.
        if self.peek() in (",", ")", ""):
            return ""

        value = self.take()
        if value in _PUNCTUATION or not name_syntax.is_label_value(value):
            raise self.make_error(
                "a label's value was expected: at most 63 of A-Z, a-z, 0-9, -, _ and .", value
            )

        return value

    def parse_number(self) -> str:
        value = self.take()
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise self.make_error("a whole number was expected", value)
        return value

    def parse_values(self) -> frozenset[str]:
        if (opening := self.take()) != "(":
            raise self.make_error("a `(` was expected", opening)

        values = {self.parse_value()}
        while (sign := self.take()) == ",":
            values.add(self.parse_value())

        if sign != ")":
            raise self.make_error("a `,` or `)` was expected", sign)

        return frozenset(values)

    def make_error(self, message: str, token: str) -> ValueError:
        seen = repr(token) if token else "the end"
        return ValueError(f"{self.text!r} is no label selector: {message}, not {seen}")
