"""When the whole table is made again without a change: after a failed write, and where pieces are faulty."""

import asyncio
from collections.abc import Callable


class RepublishTimer:
    """Calls `publish` once, at the earliest time that was asked for since it was cancelled."""

    def __init__(self, publish: Callable[[], None]) -> None:
        self.has_failed_write = False
        """Whether changes wait for it that could not be written."""
        self._publish = publish
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self, delay: float) -> None:
        """Call in `delay` seconds, if no earlier call is due."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + delay:
                return
            self._timer.cancel()
        self._timer = loop.call_later(delay, self._publish)

    def cancel(self) -> None:
        """The table is made now, so nothing waits."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self.has_failed_write = False
