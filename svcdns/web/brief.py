"""Log lines that others cause by what they send: at most so many a minute, so that a log stays readable."""

import logging
import time
from typing import Any

LINES = 20
SECONDS = 60.0


class Brief(logging.LoggerAdapter[logging.Logger]):
    """A logger that writes LINES lines in SECONDS; the next one says how many it left out."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self._begin = -SECONDS
        self._written = self._left_out = 0

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line, or count it."""
        if not self.isEnabledFor(level):
            return
        now = time.monotonic()
        if now - self._begin >= SECONDS:
            self._begin, self._written = now, 0
        if self._written >= LINES:
            self._left_out += 1
            return
        self._written += 1
        if self._left_out:
            msg, self._left_out = f"{msg} (lines left out before: {self._left_out})", 0
        self.logger.log(level, msg, *args, **kwargs)
