"""In which order upstreams are asked; pure: the turn and the randomness are parameters."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from svcdns.forward.options import Policy

T = TypeVar("T")


def order_candidates(
    policy: Policy,
    up: Sequence[T],
    down: Sequence[T],
    round_robin_index: int,
    shuffle: Callable[[Sequence[T]], list[T]],
) -> list[T]:
    """Those to ask, best first: the ones that are up; all the others, in any order, where none is.

    That all are down is a guess, and a guess must not be an outage.
    """
    # Whatever the policy: none is known to be better than another, and a shuffle spreads the load.
    if not up:
        return shuffle(down)
    if policy == "sequential":
        return list(up)
    if policy == "round_robin":
        start = round_robin_index % len(up)
        return [*up[start:], *up[:start]]
    return shuffle(up)
