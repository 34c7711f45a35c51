"""What a match of a part of a pattern can begin with, and whether it can be empty; for `patterns`.

Pure. A part is a sequence of items, as Python's own parser makes them.
"""

import re
from collections.abc import Sequence
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, TypeAlias

Chars: TypeAlias = frozenset[str]
Item: TypeAlias = tuple[Any, Any]
"""An operation of the parser, and its argument."""

REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)

_ALL: Chars = frozenset(chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper())
"""What a folded name in presentation format is made of."""
_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


class UncountableError(Exception):
    """A part of the pattern whose steps are not counted."""


def begins(items: Sequence[Item], after: Chars) -> Chars:
    """The characters that a match of all these, or what is behind an empty one, can begin with."""
    found: Chars = frozenset()
    for item in items:
        found |= _begin(item)
        if not may_be_empty((item,)):
            return found
    return found | after


def _begin(item: Item) -> Chars:
    kind, argument = item
    if kind in REPEATS:
        return begins(argument[2], frozenset())
    if kind is op.SUBPATTERN:
        return begins(argument[3], frozenset())
    if kind is op.BRANCH:
        return frozenset().union(*(begins(branch, frozenset()) for branch in argument[1]))
    if kind is op.AT:
        return frozenset()
    return characters(item)


def may_be_empty(items: Sequence[Item]) -> bool:
    """Whether all these can match nothing."""
    return all(_item_may_be_empty(*item) for item in items)


def _item_may_be_empty(kind: Any, argument: Any) -> bool:
    if kind in REPEATS:
        return not argument[0] or may_be_empty(argument[2])
    if kind is op.SUBPATTERN:
        return may_be_empty(argument[3])
    if kind is op.BRANCH:
        return any(map(may_be_empty, argument[1]))
    return bool(kind is op.AT)


def characters(item: Item) -> Chars:
    """What one character may be."""
    kind, argument = item
    if kind is op.LITERAL:
        return characters((op.RANGE, (argument, argument)))
    if kind is op.NOT_LITERAL:
        return _ALL - characters((op.LITERAL, argument))
    if kind is op.ANY:
        return _ALL
    if kind is op.RANGE:
        return frozenset(map(str.lower, map(chr, range(argument[0], min(argument[1], 0x7F) + 1)))) & _ALL
    if kind is op.CATEGORY:
        return frozenset(filter(re.compile(_CATEGORIES[argument], re.ASCII).match, _ALL))
    if kind is op.IN:
        negated = argument[0][0] is op.NEGATE
        chars = frozenset().union(*map(characters, argument[negated:]))
        return _ALL - chars if negated else chars
    raise UncountableError(f"{str(kind).lower()} is not for names: write it with [ ], ( ), |, ?, * and +")
