"""Whether an upstream is worth a question; pure: times are parameters.

    up --- two failures in a row, or one refusal ---> down
    up <------------ any valid response ------------- down

A datagram may get lost, and many questions fail together when one upstream goes quiet. So a failure
counts only where nothing was heard from the upstream since its question was sent. And an answer that
was still on its way when the upstream ended does not bring it back.
"""

from msgspec import Struct

# One may be a lost datagram.
FAILURES_UNTIL_DOWN = 2
"""In a row, after which an upstream is down."""


class UpstreamHealth(Struct, frozen=True):
    """What was seen of one upstream: failures in a row, and when it was last heard."""

    is_up: bool = True
    failures: int = 0
    last_response_at: float = float("-inf")
    last_unanswered_at: float = float("-inf")
    """When the last question was sent that got no response."""

    def after_answer(self, sent_at: float, now: float) -> "UpstreamHealth":
        """After a valid response to a question of that time, whatever it says."""
        return (
            self
            # It answers a question that is older than one it did not answer: no news.
            if not self.is_up and sent_at < self.last_unanswered_at
            else UpstreamHealth(last_response_at=now)
        )

    def after_failure(self, sent_at: float, is_refused: bool) -> "UpstreamHealth":
        """After a question of that time got no response; `refused` where nobody listens there."""
        # It has answered something since: it lives, and this question was lost. A refusal is always news.
        if sent_at < self.last_response_at and not is_refused:
            return self
        failures = self.failures + 1
        up = self.is_up and not is_refused and failures < FAILURES_UNTIL_DOWN
        return UpstreamHealth(up, failures, self.last_response_at, max(self.last_unanswered_at, sent_at))
