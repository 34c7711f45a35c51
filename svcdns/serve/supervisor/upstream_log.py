"""Logs what workers report of their upstreams, each event once.

Every worker has connections to the upstreams of its own, and all of them notice the same.
"""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from svcdns.forward.forward_events import ForwardEvent, ForwardEventKind
from svcdns.rate_limited_log import RecentMessages

log = logging.getLogger("svcdns.forward")

REPEAT_INTERVAL = 60.0
"""Seconds for which the same event is not logged again."""
MAX_REMEMBERED = 1000
"""Events that are remembered, so that any number of different ones takes bounded memory."""

_INFO_KINDS = ("up", "loop-ended")
"""Kinds of events that are good news; all others are warnings."""
_OPPOSITE_KIND: dict[ForwardEventKind, ForwardEventKind] = {"up": "down", "down": "up"}


class UpstreamLog:
    """Logs each event once, however many workers send it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` returns seconds (time.monotonic)."""
        self._recent = RecentMessages[ForwardEvent](REPEAT_INTERVAL, clock, MAX_REMEMBERED)

    def log_event(self, event: ForwardEvent) -> None:
        """Log an event of a worker, unless it was logged a moment ago."""
        same = event
        # Other kinds are compared with their texts: two different problems of one file are two lines.
        if event.kind in _OPPOSITE_KIND:
            # Workers give different reasons, depending on what each was just doing.
            same = replace(event, text="")
            # The last line that the log has of an upstream must be true: a "down" after an "up" is news.
            self._recent.forget(replace(same, kind=_OPPOSITE_KIND[event.kind]))

        if self._recent.is_new(same):
            log.log(logging.INFO if event.kind in _INFO_KINDS else logging.WARNING, "%s", event.text)
