"""What a worker reports of its upstreams; the supervisor logs once what several workers report."""

from typing import Literal, TypeAlias

from msgspec import Struct

ForwardEventKind: TypeAlias = Literal["down", "up", "loop", "loop-ended", "disagree", "resolv-conf"]


class ForwardEvent(Struct, frozen=True):
    """One event; the events of all workers that saw the same thing are equal."""

    kind: ForwardEventKind
    subject: str
    """An upstream, a suffix or a file."""
    text: str
    """A sentence for the log, with the remedy where there is one."""
