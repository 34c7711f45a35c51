"""Words that warnings share."""

import itertools
from collections.abc import Iterable

_MAX_SHOWN = 3


def abbreviate(texts: Iterable[str], total: int | None = None) -> str:
    """The first ones by name, and how many more; `count` of them there are, where that is known."""
    if total is None:
        texts = list(texts)
        total = len(texts)
    more = f" and {total - _MAX_SHOWN} more" if total > _MAX_SHOWN else ""
    return ", ".join(itertools.islice(texts, _MAX_SHOWN)) + more
