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

from svcdns.config import beginnings
from svcdns.config.beginnings import REPEATS, Chars, Item, UncountableError

MAX_PATTERN = 255
"""Characters."""
MAX_NAME = 253
"""Characters of the longest name that is tried: 255 bytes as labels."""
MAX_COST = 2_000_000
"""Steps on one name, of all patterns together: at worst 2 ms, and 0.2 ms for two `.*`."""

FLAGS = re.IGNORECASE | re.ASCII

_DOT = frozenset(".")

_MANY = 10**9
"""More than any limit: what is greater need not be known."""


class Checked(NamedTuple):
    """A pattern that may be tried on any name."""

    groups: int
    cost: int
    """The most steps that it takes on one name."""


@functools.lru_cache(maxsize=1024)
def check(pattern: str) -> Checked:
    """Raises ValueError where it is no pattern, or one that may take too long."""
    tree = _parse(pattern)
    try:
        steps = _sequence(tree, frozenset()).steps
    except UncountableError as error:
        raise ValueError(f"{pattern!r}: {error}") from None
    if steps > MAX_COST:
        raise ValueError(
            f"{pattern!r} may take too long on some names, as a repeat within a repeat does, or several "
            "that may end anywhere: write [^.]+ for a label, not .*"
        )
    return Checked(tree.state.groups - 1, steps)


def _parse(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern has at most {MAX_PATTERN} characters, this one has {len(pattern)}")
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
    return _ends_with_dot(_parse(pattern))


def _ends_with_dot(items: Sequence[Item]) -> bool:
    """Whether each match does."""
    last = next((item for item in reversed(items) if item[0] is not op.AT), None)
    if last is None:
        return False
    kind, argument = last
    if kind in REPEATS:
        return bool(argument[0]) and _ends_with_dot(argument[2])
    if kind is op.SUBPATTERN:
        return _ends_with_dot(argument[3])
    if kind is op.BRANCH:
        return all(map(_ends_with_dot, argument[1]))
    return beginnings.characters(last) == _DOT


class _Effort(NamedTuple):
    """How many steps a part takes at most, and in how many ways it can match at one place."""

    steps: int
    ways: int


def _sequence(items: Sequence[Item], after: Chars) -> _Effort:
    """One item after the other; `after` is what may begin behind them, nothing being the name's end."""
    steps, ways = 1, 1
    for number, item in enumerate(items, 1):
        own = _item(item, beginnings.begins(items[number:], after))
        steps, ways = min(steps + ways * own.steps, _MANY), min(ways * own.ways, _MANY)
    return _Effort(steps, ways)


def _item(item: Item, after: Chars) -> _Effort:
    kind, argument = item
    if kind in REPEATS:
        least, most, body = argument
        return _repeat(least, most, body, after)
    if kind is op.SUBPATTERN:
        if argument[1] or argument[2]:
            raise UncountableError("flags as (?x: ) are not for names, whose case never counts")
        return _sequence(argument[3], after)
    if kind is op.BRANCH:
        found = [_sequence(branch, after) for branch in argument[1]]
        begins = [beginnings.begins(branch, after) for branch in argument[1]]
        apart = sum(map(len, begins)) == len(frozenset().union(*begins))
        ways = [branch.ways for branch in found]
        return _Effort(sum(branch.steps for branch in found), max(ways) if apart else sum(ways))
    if kind is not op.AT and not beginnings.characters(item):
        raise UncountableError("it wants a character that is in no name")
    return _Effort(1, 1)


def _repeat(least: int, most: int, body: Sequence[Item], after: Chars) -> _Effort:
    most = min(most, MAX_NAME)
    begin = beginnings.begins(body, frozenset())
    once = _sequence(body, begin | after if most > 1 else after)
    rounds = once.ways**most if once.ways == 1 or most < 30 else _MANY
    ends_at_one_place = not begin & after and not beginnings.may_be_empty(body)
    ends = 1 if ends_at_one_place else max(1, most - least + 1)
    return _Effort(once.steps * most * rounds + 1, rounds * ends)
