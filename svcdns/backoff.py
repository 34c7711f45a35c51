"""How long to wait before the next attempt at what failed: twice as long each time, up to a bound.

Full jitter is a random time between 0 and the wait. It spreads the attempts of replicas and workers, which
all lost the same server in the same moment. Pure: randomness and lifetimes are parameters.
"""

from collections.abc import Callable
from typing import TypeAlias

Uniform: TypeAlias = Callable[[float, float], float]
"""`random.uniform`, or a test's function of the same parameters."""

_MOST_DOUBLINGS = 60
"""Far beyond any bound: 2.0 ** 1024 would be an OverflowError."""


def exponential(attempt: int, first: float, most: float) -> float:
    """Seconds before an attempt, counted from 0: `first`, doubled for each, at most `most`."""
    return min(first * 2.0 ** min(attempt, _MOST_DOUBLINGS), most)


def jittered(attempt: int, first: float, most: float, uniform: Uniform) -> float:
    """A random time between 0 and what `exponential` returns, in seconds: full jitter."""
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

        With `uniform` they have full jitter. The first `immediate` attempts have no wait at all. What lived
        for `steady` seconds counts as a success: see `after`.
        """
        self._first = first
        self._most = most
        self._uniform = uniform
        self._immediate = immediate
        self._steady = steady
        self._attempts = 0

    def next(self) -> float:
        """Return the wait before the next attempt; the one after will be longer."""
        doublings = self._attempts - self._immediate
        self._attempts += 1

        if doublings < 0:  # one of the immediate attempts
            return 0.0
        if self._uniform is None:
            return exponential(doublings, self._first, self._most)
        return jittered(doublings, self._first, self._most, self._uniform)

    def after(self, lifetime: float) -> float:
        """Return the wait after something lived for so many seconds; after a steady life it is 0."""
        if lifetime >= self._steady:
            self.reset()
            return 0.0
        return self.next()

    def reset(self) -> None:
        """Start over: the last attempt succeeded."""
        self._attempts = 0
