"""How long to wait before the next attempt at what failed: twice as long each time, up to a bound.

Full jitter (a random time between nothing and the wait) spreads those who all lost the same server in
the same moment: replicas, workers. Pure: randomness and the time that something lived are parameters.
"""

from collections.abc import Callable
from typing import TypeAlias

Uniform: TypeAlias = Callable[[float, float], float]
"""As `random.uniform`."""

_MOST_DOUBLINGS = 60
"""Far beyond any bound; 2.0 ** 1024 would be an OverflowError."""


def exponential(attempt: int, first: float, most: float) -> float:
    """Seconds before an attempt (the first one is 0): `first`, doubled with each, up to `most`."""
    return min(first * 2.0 ** min(attempt, _MOST_DOUBLINGS), most)


def jittered(attempt: int, first: float, most: float, uniform: Uniform) -> float:
    """The same with full jitter."""
    return uniform(0.0, exponential(attempt, first, most))


class Backoff:
    """The waits of one thing that is tried again and again; all times in seconds."""

    __slots__ = ("_attempts", "_first", "_immediate", "_most", "_steady", "_uniform")

    def __init__(
        self,
        first: float,
        most: float,
        uniform: Uniform | None = None,
        *,
        immediate: int = 0,
        steady: float = float("inf"),
    ) -> None:
        """Waits of `first`, 2 x `first`, 4 x `first`, ... up to `most`.

        With `uniform` they have full jitter. So many attempts come before these without any wait
        (`immediate`). What lived for `steady` seconds did not fail at once: see `after`.
        """
        self._first = first
        self._most = most
        self._uniform = uniform
        self._immediate = immediate
        self._steady = steady
        self._attempts = 0

    def next(self) -> float:
        """Return the wait before the next attempt; the one after will be longer."""
        doublings, self._attempts = self._attempts - self._immediate, self._attempts + 1
        if doublings < 0:
            return 0.0
        if self._uniform is None:
            return exponential(doublings, self._first, self._most)
        return jittered(doublings, self._first, self._most, self._uniform)

    def after(self, lifetime: float) -> float:
        """Return the wait after something lived so long: none after a steady life, which starts over."""
        if lifetime >= self._steady:
            self.reset()
            return 0.0
        return self.next()

    def reset(self) -> None:
        """Start over: the last attempt succeeded."""
        self._attempts = 0
