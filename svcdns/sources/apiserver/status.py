"""What /ready and the metrics want to know of each kind, and a log that does not repeat itself."""

import logging
from collections.abc import Callable

from msgspec import Struct


class KindStatus(Struct, frozen=True):
    """One kind as it stands; times are of `time.monotonic`, the same clock in every process."""

    waiting_since: float | None
    """Since when it has not been fresh; None while it is."""

    error: str | None = None
    """Why the last attempt failed; None once one succeeded."""

    last_event: float | None = None
    last_list: float | None = None
    events: int = 0
    """Events of watches that were read, without bookmarks."""

    lists: int = 0
    drift: int = 0
    """Differences that a resync found and the watch had not told: should stay 0."""

    undecodable: int = 0
    """Objects that cannot be read now."""

    @property
    def synced(self) -> bool:
        """It has been listed whole, and its watch is alive."""
        return self.waiting_since is None


class Troubles:
    """Logs a warning when its text is new, then once per `repeat` seconds while it lasts.

    All kinds of a source share one, so an API server that is gone is one line, not four.
    """

    def __init__(self, log: logging.Logger, repeat: float, clock: Callable[[], float]) -> None:
        self._log = log
        self._repeat = repeat
        self._clock = clock
        self._logged: dict[str, float] = {}

    def warn(self, text: str) -> None:
        """Log `text`, unless it was within the last `repeat` seconds."""
        now = self._clock()
        self._logged = {old: at for old, at in self._logged.items() if now - at < self._repeat}
        if text not in self._logged:
            self._logged[text] = now
            self._log.warning("%s", text)

    def over(self) -> None:
        """An attempt succeeded: whatever comes next is new."""
        self._logged.clear()
