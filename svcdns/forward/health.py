"""Whether an upstream is worth a question; pure: times are parameters.

    up --- two failures in a row, or one refusal ---> down
    up <------------ any valid response ------------- down

A datagram may get lost, and many questions fail together when one upstream goes quiet. So a failure
counts only where nothing was heard from the upstream since its question was sent. And an answer that
was still on its way when the upstream ended does not bring it back.
"""

from msgspec import Struct

FAILURES = 2
"""In a row, after which an upstream is down."""


class Health(Struct, frozen=True):
    """What was seen of one upstream: failures in a row, and when it was last heard."""

    up: bool = True
    failures: int = 0
    heard: float = float("-inf")
    missed: float = float("-inf")
    """When the last question was sent that got no response."""

    def answered(self, sent: float, now: float) -> "Health":
        """After a valid response to a question of that time, whatever it says."""
        return self if not self.up and sent < self.missed else Health(heard=now)

    def failed(self, sent: float, refused: bool) -> "Health":
        """After a question of that time got no response; `refused` where nobody listens there."""
        if sent < self.heard and not refused:
            return self
        failures = self.failures + 1
        up = self.up and not refused and failures < FAILURES
        return Health(up, failures, self.heard, max(self.missed, sent))
