"""What a match of a part of a pattern can begin with, and whether it can be empty; for `patterns`.

Pure. A part is a sequence of items, as Python's own parser makes them.
"""

import re
from collections.abc import Sequence
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, TypeAlias

CharacterSet: TypeAlias = frozenset[str]
ParsedItem: TypeAlias = tuple[Any, Any]
"""An operation of the parser, and its argument."""

REPEAT_OPS = (op.MAX_REPEAT, op.MIN_REPEAT)

_NAME_CHARACTERS: CharacterSet = frozenset(chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper())
"""What a folded name in presentation format is made of."""
_CATEGORY_PATTERNS = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


class UnsupportedPatternError(Exception):
    """A part of the pattern whose steps are not counted."""


def first_set(items: Sequence[ParsedItem], follow_set: CharacterSet) -> CharacterSet:
    """The characters that a match of all these, or what is behind an empty one, can begin with."""
    found: CharacterSet = frozenset()
    for item in items:
        found |= _item_first_set(item)
        if not is_nullable((item,)):
            return found
    return found | follow_set


def _item_first_set(item: ParsedItem) -> CharacterSet:
    kind, argument = item
    if kind in REPEAT_OPS:
        return first_set(argument[2], frozenset())
    if kind is op.SUBPATTERN:
        return first_set(argument[3], frozenset())
    if kind is op.BRANCH:
        return frozenset().union(*(first_set(branch, frozenset()) for branch in argument[1]))
    if kind is op.AT:
        return frozenset()
    return matched_characters(item)


def is_nullable(items: Sequence[ParsedItem]) -> bool:
    """Whether all these can match nothing."""
    return all(_is_item_nullable(*item) for item in items)


def _is_item_nullable(kind: Any, argument: Any) -> bool:
    if kind in REPEAT_OPS:
        return not argument[0] or is_nullable(argument[2])
    if kind is op.SUBPATTERN:
        return is_nullable(argument[3])
    if kind is op.BRANCH:
        return any(map(is_nullable, argument[1]))
    return bool(kind is op.AT)


def matched_characters(item: ParsedItem) -> CharacterSet:
    """What one character may be."""
    kind, argument = item
    if kind is op.LITERAL:
        return matched_characters((op.RANGE, (argument, argument)))
    if kind is op.NOT_LITERAL:
        return _NAME_CHARACTERS - matched_characters((op.LITERAL, argument))
    if kind is op.ANY:
        return _NAME_CHARACTERS
    if kind is op.RANGE:
        return (
            frozenset(map(str.lower, map(chr, range(argument[0], min(argument[1], 0x7F) + 1))))
            & _NAME_CHARACTERS
        )
    if kind is op.CATEGORY:
        return frozenset(filter(re.compile(_CATEGORY_PATTERNS[argument], re.ASCII).match, _NAME_CHARACTERS))
    if kind is op.IN:
        negated = argument[0][0] is op.NEGATE
        chars = frozenset().union(*map(matched_characters, argument[negated:]))
        return _NAME_CHARACTERS - chars if negated else chars
    raise UnsupportedPatternError(
        f"{str(kind).lower()} is not for names: write it with [ ], ( ), |, ?, * and +"
    )
