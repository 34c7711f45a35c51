"""Words that warnings share."""

import itertools
from collections.abc import Iterable

_NAMED = 3


def some(things: Iterable[str], count: int | None = None) -> str:
    """The first ones by name, and how many more; `count` of them there are, where that is known."""
    if count is None:
        things = list(things)
        count = len(things)
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    return ", ".join(itertools.islice(things, _NAMED)) + more
