"""One upstream of one route, as this worker sees it: up or down, looping or not, and counts.

Users' questions and probes record their results here; changes become events for the log.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from svcdns.dns.wire import names
from svcdns.forward.forward_events import ForwardEvent, ForwardEventKind
from svcdns.forward.options import Upstream
from svcdns.forward.upstream_health import UpstreamHealth
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram


class UpstreamSnapshot(Struct, frozen=True):
    """For metrics: plain numbers since the worker began, or the upstream came."""

    suffix: str
    upstream: str
    is_up: bool
    is_looping: bool
    query_count: int
    unanswered_count: int
    failure_count: int
    """Responses that answered nothing: SERVFAIL, REFUSED, a referral."""
    failed_probe_count: int
    response_times: dict[str, Histogram]
    """Seconds until its responses came, by rcode."""


class UpstreamServer:
    """`state_changed` is set when the upstream goes up or down, and when a loop begins or ends."""

    def __init__(self, upstream: Upstream, suffix: bytes, on_event: Callable[[ForwardEvent], None]) -> None:
        self.upstream = upstream
        self.suffix = suffix
        self.health = UpstreamHealth()
        self.is_looping = False
        """The upstream leads back to this server, so it gets no user's question."""
        self.loop_checked = asyncio.Event()
        """Loop probes have told whether it is to be left out, since it came, went down or came back."""
        self.probe_attempts = 0
        """Probes since it last answered a user's question."""
        self.state_changed = asyncio.Event()
        self.query_count = self.unanswered_count = self.failure_count = self.failed_probe_count = 0
        self._response_times: dict[str, Histogram] = {}
        self._on_event = on_event
        self._last_failure = ""

    def __str__(self) -> str:
        suffix = "" if self.suffix == names.ROOT else f" of {names.to_text(self.suffix)}"
        return f"upstream {self.upstream}{suffix}"

    def record_response_time(self, seconds: float, rcode: str) -> None:
        """An answer to a user's question came after this time."""
        if rcode not in self._response_times:
            self._response_times[rcode] = histogram.empty(histogram.TIME_BUCKETS)
        self._response_times[rcode].observe(histogram.TIME_BUCKETS, seconds)

    def record_answer(self, sent_at: float, now: float) -> None:
        """A valid response to a user's question of that time came."""
        self.probe_attempts = 0
        self._set_health(self.health.after_answer(sent_at, now), "is up again")

    def record_probe_answer(self, sent_at: float, now: float) -> None:
        """A valid response to a probe came; one that answers nothing else goes down again, for longer."""
        health = self.health.after_probe_answer(sent_at, now)
        text = "is up again" if health.is_up else "is down: it answers nothing but our own probes"
        self._set_health(health, text)

    def record_probe_failure(self, sent_at: float) -> None:
        """A probe of that time, sent for a suspicion, got no response."""
        self._set_health(self.health.after_probe_failure(sent_at), f"is down: {self._last_failure}")

    def record_failure(self, sent_at: float, is_refused: bool, reason: str, name: bytes) -> None:
        """A question of that time for a name got no response."""
        self._last_failure = reason
        self._set_health(self.health.after_failure(sent_at, is_refused, name), f"is down: {reason}")

    def _set_health(self, health: UpstreamHealth, text: str) -> None:
        # Its answers may be our own: they say nothing of its health.
        if self.is_looping:
            return

        # A probe decides: `health_checks` waits for this.
        if health.is_suspect and not self.health.is_suspect:
            self.state_changed.set()
        has_turned = health.is_up != self.health.is_up
        self.health = health
        # An upstream that is just down or just back is checked for a loop again (`health_checks`).
        if has_turned:
            self.loop_checked.clear()
            self._emit("up" if health.is_up else "down", text)

    def record_loop_check(self, is_looping: bool) -> None:
        """Loop probes have ended."""
        # Also without news: `_compare_answers` waits for this.
        self.loop_checked.set()
        if is_looping == self.is_looping:
            return

        self.is_looping = is_looping
        # What was seen of it as part of a loop says nothing; it begins as up.
        self.health = UpstreamHealth()
        if not is_looping:
            self._emit("loop-ended", "no longer leads back to this server and is asked again")
            return

        remedy = f"one that has {names.to_text(self.suffix)} itself"
        if self.suffix == names.ROOT:
            remedy = "--forward the node's real resolver, on systemd hosts /run/systemd/resolve/resolv.conf"
        self._emit("loop", f"leads back to this server and is left out; give {remedy}")

    def snapshot(self) -> UpstreamSnapshot:
        """What metrics show."""
        return UpstreamSnapshot(
            names.to_text(self.suffix),
            str(self.upstream),
            self.health.is_up,
            self.is_looping,
            self.query_count,
            self.unanswered_count,
            self.failure_count,
            self.failed_probe_count,
            self._response_times,
        )

    def _emit(self, kind: ForwardEventKind, text: str) -> None:
        self.state_changed.set()
        self._on_event(ForwardEvent(kind, str(self.upstream), f"{self} {text}"))
