"""What workers say of their upstreams, for the log: each has upstreams of its own, and sees the same."""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from svcdns.forward.forward_events import ForwardEvent, ForwardEventKind
from svcdns.rate_limited_log import RecentMessages

log = logging.getLogger("svcdns.forward")

REPEAT_INTERVAL = 60.0
"""Seconds in which the same is not said again."""
MAX_REMEMBERED = 1000

_INFO_KINDS = ("up", "loop-ended")
_OPPOSITE_KIND: dict[ForwardEventKind, ForwardEventKind] = {"up": "down", "down": "up"}


class UpstreamLog:
    """Logs each note once, however many workers send it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._recent = RecentMessages[ForwardEvent](REPEAT_INTERVAL, clock, MAX_REMEMBERED)

    def log_event(self, event: ForwardEvent) -> None:
        """A worker said this."""
        # The reasons why one is down differ by what each worker was just doing.
        same = replace(event, text="") if event.kind in _OPPOSITE_KIND else event
        if event.kind in _OPPOSITE_KIND:  # the last line that the log has of an upstream must be so
            self._recent.forget(replace(same, kind=_OPPOSITE_KIND[event.kind]))
        if not self._recent.is_new(same):
            return
        log.log(logging.INFO if event.kind in _INFO_KINDS else logging.WARNING, "%s", event.text)
