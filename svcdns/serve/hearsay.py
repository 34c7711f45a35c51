"""What workers say of their upstreams, for the log: each has upstreams of its own, and sees the same."""

import logging
from collections import OrderedDict
from collections.abc import Callable

from msgspec.structs import replace

from svcdns.forward.notes import Kind, Note

log = logging.getLogger("svcdns.forward")

QUIET = 60.0
"""Seconds in which the same is not said again."""
REMEMBERED = 1000

_INFO = ("up", "loop-ended")
_OPPOSITE: dict[Kind, Kind] = {"up": "down", "down": "up"}


class Hearsay:
    """Logs each note once, however many workers send it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: OrderedDict[Note, float] = OrderedDict()

    def heard(self, note: Note) -> None:
        """A worker said this."""
        # The reasons why one is down differ by what each worker was just doing.
        same = replace(note, text="") if note.kind in _OPPOSITE else note
        now, said = self._clock(), self._said.get(same)
        if said is not None and now < said + QUIET:
            return
        self._said[same] = now
        self._said.move_to_end(same)
        if note.kind in _OPPOSITE:  # the last line that the log has of an upstream must be so
            self._said.pop(replace(same, kind=_OPPOSITE[note.kind]), None)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        log.log(logging.INFO if note.kind in _INFO else logging.WARNING, "%s", note.text)
