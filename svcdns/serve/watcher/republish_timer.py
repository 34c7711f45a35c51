"""When to try without a change: to write the table whole after a failed write, and to make what is faulty."""

import asyncio
from collections.abc import Callable

WRITE_DELAY = 1.0
"""Seconds after a failed write until the table is written whole: a full disk may have room by then."""
FAULTY_DELAY = 30.0
"""Seconds until faulty pieces that have changed are tried; a publication of all follows if any is well."""
HEALING_DELAY = 60.0
"""Seconds until all faulty pieces are tried, for the reason may lie elsewhere; likewise."""


class RepublishTimer:
    """Calls `on_time` once, at the earliest time that was asked for since it was cancelled."""

    def __init__(self, on_time: Callable[[], None]) -> None:
        self.has_failed_write = False
        """Whether changes wait for it that could not be written."""
        self._on_time = on_time
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self, delay: float) -> None:
        """Call in `delay` seconds, if no earlier call is due."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + delay:
                return
            self._timer.cancel()
        self._timer = loop.call_later(delay, self._on_time)

    def cancel(self) -> None:
        """The table is made now, so nothing waits."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self.has_failed_write = False
