"""Which queries to an upstream carry an OPT record (RFC 6891), as its answers have shown; pure: times are
parameters.

    what a query with OPT gets                     what follows                      what is remembered
    ---------------------------------------------  --------------------------------  ------------------
    any response but those below                   it is the answer                  OPT is accepted
    FORMERR, NOTIMP, BADVERS                       asked once without, in its time   a suspicion, if that
    SERVFAIL without OPT, none accepted lately     asked once without, in its time     brings NOERROR or
    silence, none accepted lately                  UDP: the last datagram is without   NXDOMAIN
                                                   TLS: so is half of the time
    silence, and OPT was accepted lately           sent again with OPT               nothing: it was lost

Suspicions of three different names, one after the other, and no OPT accepted lately: queries go without.
So neither loss, be it of all queries of a second, nor the FORMERR of one name switches EDNS off. Every
LIFETIME_SECONDS one question tries OPT; accepted, all have it again. SERVFAIL with an OPT is about the name:
its sender knows EDNS.
"""

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns.wire import records
from svcdns.dns.wire.response import Response
from svcdns.forward.options import Upstream

RECENT_SECONDS = 300.0
"""So long an accepted OPT shows that silence is loss, and that a failure is about the name."""
LIFETIME_SECONDS = 900.0
"""After this time an upstream that is asked without OPT is tried with it: it may have learnt EDNS."""
SUSPICIONS_UNTIL_WITHOUT = 3
"""Names that were answered only without OPT, after which an upstream gets none."""
MAX_UPSTREAMS = 1000
"""The upstreams remembered at most; those of files may change without end."""

# RFC 6891 7 asks servers without EDNS for FORMERR; RFC 2671 5.3, before it, also expected NOTIMP. BADVERS
# to version 0, which is the lowest, is a fault of its sender.
_REJECTIONS = (records.FORMERR, records.NOTIMP, records.BADVERS)
_USABLE = (records.NOERROR, records.NXDOMAIN)


class EdnsState(Struct, frozen=True):
    """What is known of one upstream; times are those of a monotonic clock, in seconds."""

    accepted_at: float = float("-inf")
    """When a query with OPT last had an answer."""
    suspicious_names: frozenset[bytes] = frozenset()
    """Names that since then were answered only without OPT."""
    suspected_at: float = float("-inf")
    """When the last of these was."""
    next_trial_at: float | None = None
    """Queries go without OPT, and one of them tries it at this time; None: all have it."""

    def is_proven(self, now: float) -> bool:
        """Whether it has accepted OPT lately."""
        return now - self.accepted_at < RECENT_SECONDS

    def after_suspicion(self, name: bytes, sent_at: float, now: float) -> "EdnsState":
        """After this folded name, asked for at that time, was answered only without OPT."""
        if self.next_trial_at is not None or self.is_proven(now):
            return self
        # Sent before the last one was noted: one fault of the network may have met both.
        if sent_at < self.suspected_at:
            return self

        names = self.suspicious_names | {name}
        if len(names) < SUSPICIONS_UNTIL_WITHOUT:
            return replace(self, suspicious_names=names, suspected_at=now)
        return EdnsState(self.accepted_at, next_trial_at=now + LIFETIME_SECONDS)


class EdnsMemory:
    """The states of all upstreams that one client asks."""

    def __init__(self) -> None:
        self._states: dict[Upstream, EdnsState] = {}

    def plan_query(self, upstream: Upstream, now: float) -> bool:
        """Whether the next query has an OPT record; begins a trial where one is due."""
        state = self._state(upstream)
        if state.next_trial_at is None:
            return True
        if now < state.next_trial_at:
            return False

        # One question tries it. The others go on without, and do not wait if it is met with silence.
        self._store(upstream, replace(state, next_trial_at=now + LIFETIME_SECONDS))
        return True

    def is_proven(self, upstream: Upstream, now: float) -> bool:
        """Whether silence of this upstream is loss: it has accepted OPT lately."""
        return self._state(upstream).is_proven(now)

    def is_rejection(self, upstream: Upstream, response: Response, now: float) -> bool:
        """Whether the response to a query with OPT may be due to that, so that it is worth one without."""
        if response.rcode in _REJECTIONS:
            return True

        is_plain_failure = response.rcode == records.SERVFAIL and not response.has_edns
        return is_plain_failure and not self.is_proven(upstream, now)

    def record_accepted(self, upstream: Upstream, now: float) -> None:
        """A query with OPT had a response that is no rejection."""
        self._store(upstream, EdnsState(now))

    def record_answer_without(
        self, upstream: Upstream, name: bytes, response: Response, sent_at: float, now: float
    ) -> None:
        """A query of `sent_at` with OPT, for this folded name, was rejected or lost; without, it had this."""
        # Else OPT was not the reason.
        if response.rcode in _USABLE:
            self._store(upstream, self._state(upstream).after_suspicion(name, sent_at, now))

    def _state(self, upstream: Upstream) -> EdnsState:
        return self._states.get(upstream, _UNKNOWN)

    def _store(self, upstream: Upstream, state: EdnsState) -> None:
        # The longest unused one goes first: a dict keeps the order in which its keys came.
        self._states.pop(upstream, None)
        self._states[upstream] = state
        if len(self._states) > MAX_UPSTREAMS:
            del self._states[next(iter(self._states))]


_UNKNOWN = EdnsState()
