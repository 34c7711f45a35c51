"""What workers say of their upstreams, for the log: each has upstreams of its own, and sees the same."""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from svcdns.forward.notes import Kind, Note
from svcdns.rate_limited_log import RecentMessages

log = logging.getLogger("svcdns.forward")

QUIET = 60.0
"""Seconds in which the same is not said again."""
REMEMBERED = 1000

_INFO = ("up", "loop-ended")
_OPPOSITE: dict[Kind, Kind] = {"up": "down", "down": "up"}


class Hearsay:
    """Logs each note once, however many workers send it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._recent = RecentMessages[Note](QUIET, clock, REMEMBERED)

    def heard(self, note: Note) -> None:
        """A worker said this."""
        # The reasons why one is down differ by what each worker was just doing.
        same = replace(note, text="") if note.kind in _OPPOSITE else note
        if note.kind in _OPPOSITE:  # the last line that the log has of an upstream must be so
            self._recent.forget(replace(same, kind=_OPPOSITE[note.kind]))
        if not self._recent.is_new(same):
            return
        log.log(logging.INFO if note.kind in _INFO else logging.WARNING, "%s", note.text)
