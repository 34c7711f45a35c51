r"""Regular expressions for hostile names: only those that no name can keep busy.

Python tries one way after the other, so a pattern such as `(a+)+` takes for ever on some names. Here
the steps are counted that a pattern can take on the longest name: repeats that may end at several
places multiply, those that end at one place alone (`[^.]+` before `\.`) add up. What would exceed
MAX_COST is refused when the settings are read. What cannot be counted so is refused too: references
back, looking ahead and behind, flags; nothing of it is missed on names.

Pure; the pattern's tree is that of Python's own parser.
"""

import functools
import re
import warnings
from collections.abc import Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from svcdns.config import first_sets
from svcdns.config.first_sets import (
    REPEAT_OPS,
    CharacterSet,
    ParsedItem,
    UnsupportedPatternError,
)

MAX_PATTERN_LENGTH = 255
"""Characters."""
MAX_NAME_LENGTH = 253
"""Characters of the longest name that is tried: 255 bytes as labels."""
MAX_COST = 2_000_000
"""Steps on one name, of all patterns together: at worst 2 ms, and 0.2 ms for two `.*`."""

FLAGS = re.IGNORECASE | re.ASCII

_DOT_ONLY = frozenset(".")

_UNBOUNDED = 10**9
"""More than any limit: what is greater need not be known."""


class CheckedPattern(NamedTuple):
    """A pattern that may be tried on any name."""

    groups: int
    cost: int
    """The most steps that it takes on one name."""


@functools.lru_cache(maxsize=1024)
def check_pattern(pattern: str) -> CheckedPattern:
    """Raises ValueError where it is no pattern, or one that may take too long."""
    tree = _parse_pattern(pattern)
    try:
        steps = _sequence_cost(tree, frozenset()).steps
    except UnsupportedPatternError as error:
        raise ValueError(f"{pattern!r}: {error}") from None
    if steps > MAX_COST:
        raise ValueError(
            f"{pattern!r} may take too long on some names, as a repeat within a repeat does, or several "
            "that may end anywhere: write [^.]+ for a label, not .*"
        )
    return CheckedPattern(tree.state.groups - 1, steps)


def _parse_pattern(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(
            f"a pattern has at most {MAX_PATTERN_LENGTH} characters, this one has {len(pattern)}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            tree = _parser.parse(pattern, FLAGS)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    if tree.state.flags & ~FLAGS:
        raise ValueError(f"{pattern!r}: flags as (?x) are not for names, whose case never counts")
    return tree


def ends_with_dot(pattern: str) -> bool:
    """Whether each match of a pattern that `check` lets pass does: names are tried without their last dot."""
    return _items_end_with_dot(_parse_pattern(pattern))


def _items_end_with_dot(items: Sequence[ParsedItem]) -> bool:
    """Whether each match does."""
    last = next((item for item in reversed(items) if item[0] is not op.AT), None)
    if last is None:
        return False
    kind, argument = last
    if kind in REPEAT_OPS:
        return bool(argument[0]) and _items_end_with_dot(argument[2])
    if kind is op.SUBPATTERN:
        return _items_end_with_dot(argument[3])
    if kind is op.BRANCH:
        return all(map(_items_end_with_dot, argument[1]))
    return first_sets.matched_characters(last) == _DOT_ONLY


class _MatchCost(NamedTuple):
    """How many steps a part takes at most, and in how many ways it can match at one place."""

    steps: int
    ways: int


def _sequence_cost(items: Sequence[ParsedItem], follow_set: CharacterSet) -> _MatchCost:
    """One item after the other; `after` is what may begin behind them, nothing being the name's end."""
    steps, ways = 1, 1
    for number, item in enumerate(items, 1):
        own = _item_cost(item, first_sets.first_set(items[number:], follow_set))
        steps, ways = min(steps + ways * own.steps, _UNBOUNDED), min(ways * own.ways, _UNBOUNDED)
    return _MatchCost(steps, ways)


def _item_cost(item: ParsedItem, follow_set: CharacterSet) -> _MatchCost:
    kind, argument = item
    if kind in REPEAT_OPS:
        least, most, body = argument
        return _repeat_cost(least, most, body, follow_set)
    if kind is op.SUBPATTERN:
        if argument[1] or argument[2]:
            raise UnsupportedPatternError("flags as (?x: ) are not for names, whose case never counts")
        return _sequence_cost(argument[3], follow_set)
    if kind is op.BRANCH:
        found = [_sequence_cost(branch, follow_set) for branch in argument[1]]
        begins = [first_sets.first_set(branch, follow_set) for branch in argument[1]]
        apart = sum(map(len, begins)) == len(frozenset().union(*begins))
        ways = [branch.ways for branch in found]
        return _MatchCost(sum(branch.steps for branch in found), max(ways) if apart else sum(ways))
    if kind is not op.AT and not first_sets.matched_characters(item):
        raise UnsupportedPatternError("it wants a character that is in no name")
    return _MatchCost(1, 1)


def _repeat_cost(
    min_count: int, max_count: int, body: Sequence[ParsedItem], follow_set: CharacterSet
) -> _MatchCost:
    max_count = min(max_count, MAX_NAME_LENGTH)
    begin = first_sets.first_set(body, frozenset())
    once = _sequence_cost(body, begin | follow_set if max_count > 1 else follow_set)
    rounds = once.ways**max_count if once.ways == 1 or max_count < 30 else _UNBOUNDED
    ends_at_one_place = not begin & follow_set and not first_sets.is_nullable(body)
    ends = 1 if ends_at_one_place else max(1, max_count - min_count + 1)
    return _MatchCost(once.steps * max_count * rounds + 1, rounds * ends)
