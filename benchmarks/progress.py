"""How far a run is: on standard error, so that the tables can be piped."""

import sys
import time

_INTERVAL_SECONDS = 20.0
"""Seconds between lines where there is no terminal."""


class Progress:
    """One line on a terminal that is written over; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._last_shown = -_INTERVAL_SECONDS

    def show(self, text: str) -> None:
        """What is going on now."""
        now = time.monotonic() - self._begin
        line = f"[{now:4.0f} s] {text}"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif now - self._last_shown >= _INTERVAL_SECONDS:
            self._last_shown = now
            print(line, file=sys.stderr, flush=True)

    def end(self, text: str) -> None:
        """The last line, which stays."""
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{clear}{text} ({time.monotonic() - self._begin:.0f} s)", file=sys.stderr, flush=True)
