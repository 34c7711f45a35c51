"""A log that does not repeat itself."""

import logging
from collections.abc import Callable


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
