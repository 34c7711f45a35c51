"""Bounds on log lines that somebody else causes, or that repeat what was just logged.

RateLimitedLogger   at most so many lines in a while; the next one says how many are missing
RecentMessages      the same message once in a while, for callers that have a key for "the same"
LastingFault        a fault that is tried again and again: its begin, reminders while it lasts, its end
StandingWarnings    what is wrong with each of many things: once when it is new, once when it is fixed
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

# Enough to see what goes on, and not enough to fill a disk: 30,000 lines a day.
LINES = 20
"""Lines that a RateLimitedLogger writes in SECONDS."""
SECONDS = 60.0

_MOST_TEXTS = 100
"""Texts of one fault that are remembered: some have a port or a time in them."""

Message = TypeVar("Message", bound=Hashable)


class RateLimitedLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger that writes at most LINES lines in SECONDS; the next line says how many it left out."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logger)
        self._clock = clock
        self._begin = -SECONDS
        self._written = self._left_out = 0

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line, or count it as left out."""
        if not self.isEnabledFor(level):
            return  # lines that nobody would see do not count

        now = self._clock()
        if now - self._begin >= SECONDS:
            self._begin = now
            self._written = 0

        if self._written >= LINES:
            self._left_out += 1
            return

        self._written += 1
        if self._left_out:
            msg = f"{msg} (lines left out before: {self._left_out})"
            self._left_out = 0
        self.logger.log(level, msg, *args, **kwargs)


class RecentMessages(Generic[Message]):
    """The messages that were logged in the last `seconds`, and shall not be logged again."""

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic, most: int | None = None
    ) -> None:
        """With more than `most` messages the oldest is forgotten; without `most` there is no bound."""
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._logged_at: OrderedDict[Message, float] = OrderedDict()
        """When each message was logged, the oldest first."""

    def is_new(self, message: Message) -> bool:
        """Whether to log the message; if so, it is not new again until the time is over."""
        now = self._clock()
        self._forget_old(now)
        if message in self._logged_at:
            return False

        self._logged_at[message] = now
        if self._most is not None and len(self._logged_at) > self._most:
            self._logged_at.popitem(last=False)
        return True

    def forget(self, message: Message) -> None:
        """Take the message for new when it comes next."""
        self._logged_at.pop(message, None)

    def clear(self) -> None:
        """Take every message for new when it comes next."""
        self._logged_at.clear()

    def _forget_old(self, now: float) -> None:
        # Messages are in the order of their times, so the first that is young enough ends this.
        while self._logged_at:
            oldest = next(iter(self._logged_at))
            if now - self._logged_at[oldest] < self._seconds:
                return
            del self._logged_at[oldest]


class LastingFault:
    """Logs a fault when it begins, again once in `seconds` while it lasts, and when it is over.

    It is for what is tried again and again. If the fault comes and goes all the time, it is one pair of lines
    in `seconds`.
    """

    def __init__(
        self,
        logger: logging.Logger | RateLimitedLogger,
        end_text: str,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`end_text` is what is right again, as in "the table is written again"."""
        self._logger = logger
        self._end_text = end_text
        self._clock = clock
        self._recent = RecentMessages[str](seconds, clock, most=_MOST_TEXTS)
        self._since: float | None = None
        """When the first attempt failed; None while all is well."""
        self._last_text: str | None = None
        """What was logged last of this fault; None if nothing was."""

    def begin(self, text: str, level: int = logging.WARNING, cause: BaseException | None = None) -> None:
        """An attempt failed for this reason; with `cause`, its traceback is logged too."""
        now = self._clock()
        if self._since is None:
            self._since = now
        if not self._recent.is_new(text):
            return

        lasting = f" (for {now - self._since:.0f} s)" if text == self._last_text else ""
        self._last_text = text
        self._logger.log(level, "%s%s", text, lasting, exc_info=cause)

    def end(self) -> None:
        """An attempt succeeded; does nothing if the last one did, too."""
        if self._since is not None and self._last_text is not None:
            self._logger.info("%s, after %.0f s", self._end_text, self._clock() - self._since)
        self._since = None
        self._last_text = None


class StandingWarnings(Generic[Message]):
    """What is wrong with each of many things, by a key: logged when it is new, and when it is fixed."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._texts: dict[Message, str] = {}

    def update(self, key: Message, text: str | None) -> None:
        """What is wrong with this thing now; None for nothing."""
        previous = self._texts.get(key)
        if text == previous:
            return

        if text is None:
            del self._texts[key]
            self._logger.info("fixed: %s", previous)
        else:
            self._texts[key] = text
            self._logger.warning("%s", text)

    def replace(self, texts: Mapping[Message, str]) -> None:
        """What is wrong with all things now."""
        for key in self._texts.keys() - texts.keys():
            self.update(key, None)
        for key, text in texts.items():
            self.update(key, text)
