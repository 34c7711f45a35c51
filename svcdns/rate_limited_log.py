"""Log lines that somebody else causes, or that say again what was just said: a log stays readable.

RateLimitedLogger   so many lines in a while, whatever they say; the next one says how many are missing
RecentMessages      the same message once in a while, for who has a key by which messages are the same
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

LINES = 20
SECONDS = 60.0

Message = TypeVar("Message", bound=Hashable)


class RateLimitedLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger that writes LINES lines in SECONDS; the next one says how many it left out."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logger)
        self._clock = clock
        self._begin = -SECONDS
        self._written = self._left_out = 0

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line, or count it."""
        if not self.isEnabledFor(level):
            return
        now = self._clock()
        if now - self._begin >= SECONDS:
            self._begin, self._written = now, 0
        if self._written >= LINES:
            self._left_out += 1
            return
        self._written += 1
        if self._left_out:
            msg, self._left_out = f"{msg} (lines left out before: {self._left_out})", 0
        self.logger.log(level, msg, *args, **kwargs)


class RecentMessages(Generic[Message]):
    """The messages of the last `seconds`, of which none is to be logged again."""

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic, most: int | None = None
    ) -> None:
        """Of more than `most` the oldest is forgotten; without it there is no bound."""
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._logged_at: OrderedDict[Message, float] = OrderedDict()
        """In the order of these times."""

    def is_new(self, message: Message) -> bool:
        """Whether to log it; then it is not new until the time is over."""
        now = self._clock()
        self._forget_old(now)
        if message in self._logged_at:
            return False
        self._logged_at[message] = now
        if self._most is not None and len(self._logged_at) > self._most:
            self._logged_at.popitem(last=False)
        return True

    def forget(self, message: Message) -> None:
        """It is new, whenever it comes."""
        self._logged_at.pop(message, None)

    def clear(self) -> None:
        """All are new."""
        self._logged_at.clear()

    def _forget_old(self, now: float) -> None:
        while self._logged_at:
            oldest = next(iter(self._logged_at))
            if now - self._logged_at[oldest] < self._seconds:
                return
            del self._logged_at[oldest]
