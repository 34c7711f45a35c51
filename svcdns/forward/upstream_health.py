"""Whether an upstream is worth a question; pure: times are parameters.

    up ------ a refusal ---------------------------------------> down
    up ------ two silences in a row --> suspect -- a probe fails --> down
    suspect - a probe is answered ----> up, unless several names were silent and none answered since: down
    down ---- any valid response -----> up

A datagram may get lost, and many questions fail together when one upstream goes quiet. So a silence counts
only where nothing was heard from the upstream since its question was sent. A name may be silent too, where
its own servers are: an upstream that passes this on is well, and a probe shows it. And an answer that was
still on its way when the upstream ended does not bring it back.
"""

from msgspec import Struct, structs

# One may be a lost datagram.
SILENCES_UNTIL_SUSPECT = 2
"""In a row, after which a probe decides."""
MAX_SILENT_NAMES = 8
"""Names that were silent without an answer to any: an upstream that answers probes alone is of no use."""


class UpstreamHealth(Struct, frozen=True):
    """What was seen of one upstream: failures in a row, and when it was last heard."""

    is_up: bool = True
    failures: int = 0
    last_response_at: float = float("-inf")
    last_unanswered_at: float = float("-inf")
    """When the last question was sent that got no response."""
    silent_names: frozenset[bytes] = frozenset()
    """The names that got no response since a user's question had one."""

    @property
    def is_suspect(self) -> bool:
        """Whether a probe has to tell if it is the upstream or the names that are silent."""
        return self.is_up and self.failures >= SILENCES_UNTIL_SUSPECT

    def after_answer(self, sent_at: float, now: float) -> "UpstreamHealth":
        """After a valid response to a question of that time, whatever it says."""
        return self if self._is_old_news(sent_at) else UpstreamHealth(last_response_at=now)

    def after_probe_answer(self, sent_at: float, now: float) -> "UpstreamHealth":
        """After a valid response to a probe: the names that were silent are not forgotten."""
        if self._is_old_news(sent_at):
            return self
        is_useless = self.is_suspect and len(self.silent_names) >= MAX_SILENT_NAMES
        if is_useless:
            return structs.replace(self, is_up=False)
        return UpstreamHealth(last_response_at=now, silent_names=self.silent_names)

    def after_probe_failure(self, sent_at: float) -> "UpstreamHealth":
        """After a probe of that time got no response."""
        return self if sent_at < self.last_response_at else structs.replace(self, is_up=False)

    def after_failure(self, sent_at: float, is_refused: bool, name: bytes) -> "UpstreamHealth":
        """After a question of that time for a name got no response; `is_refused` where nobody listens."""
        # It has answered something since: it lives, and this question was lost. A refusal is always news.
        if sent_at < self.last_response_at and not is_refused:
            return self

        return UpstreamHealth(
            self.is_up and not is_refused,
            self.failures + 1,
            self.last_response_at,
            max(self.last_unanswered_at, sent_at),
            self.silent_names if len(self.silent_names) >= MAX_SILENT_NAMES else self.silent_names | {name},
        )

    def _is_old_news(self, sent_at: float) -> bool:
        """Whether what is answered is a question that is older than one that was not answered."""
        return not self.is_up and sent_at < self.last_unanswered_at
