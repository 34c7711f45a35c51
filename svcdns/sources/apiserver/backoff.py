"""How long to wait before the next attempt: exponential, with full jitter.

Full jitter (a random time between nothing and the range) spreads the replicas of a server that all
lost the same API server in the same moment.
"""

from collections.abc import Callable


class Backoff:
    """Ranges `first`, 2 x `first`, 4 x `first`, ... up to `most`, in seconds."""

    __slots__ = ("_first", "_most", "_range", "_uniform")

    def __init__(self, first: float, most: float, uniform: Callable[[float, float], float]) -> None:
        self._first = first
        self._most = most
        self._range = first
        self._uniform = uniform

    def next(self) -> float:
        """Return the wait before the next attempt, and double the range of the one after."""
        wait = self._uniform(0.0, self._range)
        self._range = min(self._range * 2, self._most)
        return wait

    def reset(self) -> None:
        """Start again: the last attempt succeeded."""
        self._range = self._first
