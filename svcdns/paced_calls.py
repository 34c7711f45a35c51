"""Calls of which a few run in each turn of the event loop, however many become due at once.

The loop runs all that is due before it reads its sockets again. A hundred questions that are sent again, or
time out, in one moment would hold up every query for their sum.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class PacedCalls:
    """Calls in the order in which they were added."""

    def __init__(self, per_turn: int) -> None:
        """At most `per_turn` calls run before the loop looks at its sockets."""
        self._per_turn = per_turn
        self._calls: deque[Callable[[], None]] = deque()
        self._next_turn: asyncio.Handle | None = None

    def add(self, call: Callable[[], None]) -> None:
        """Run the call in one of the next turns; needs a running loop."""
        self._calls.append(call)
        if self._next_turn is None:
            self._next_turn = asyncio.get_running_loop().call_soon(self._run_turn)

    def clear(self) -> None:
        """Forget the calls that have not run."""
        self._calls.clear()
        if self._next_turn is not None:
            self._next_turn.cancel()
            self._next_turn = None

    def _run_turn(self) -> None:
        self._next_turn = None
        try:
            for _ in range(min(self._per_turn, len(self._calls))):
                self._calls.popleft()()
        finally:
            # Also after an error, which costs that call alone. What is scheduled now runs in the next turn.
            if self._calls and self._next_turn is None:
                self._next_turn = asyncio.get_running_loop().call_soon(self._run_turn)
