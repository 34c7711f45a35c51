"""What a worker has to say of its upstreams; the supervisor logs what several workers say once."""

from typing import Literal, TypeAlias

from msgspec import Struct

ForwardEventKind: TypeAlias = Literal["down", "up", "loop", "loop-ended", "disagree", "resolv-conf"]


class ForwardEvent(Struct, frozen=True):
    """Equal for all workers that saw the same; `about` is an upstream, a suffix or a file."""

    kind: ForwardEventKind
    subject: str
    text: str
    """A sentence for the log; where there is something to do, it says what."""
