"""One upstream of one route, as this worker has seen it: up or down, in use or left out, and counts.

Users' questions and probes tell it what came of them; it tells the log what has changed.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from svcdns.dns import names
from svcdns.forward.health import Health
from svcdns.forward.notes import Kind, Note
from svcdns.forward.options import Upstream
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram


class State(Struct, frozen=True):
    """For metrics: plain numbers since the worker began, or the upstream came."""

    suffix: str
    upstream: str
    up: bool
    left_out: bool
    asked: int
    unanswered: int
    failures: int
    """Answers that were none: SERVFAIL, REFUSED, a referral."""
    probes_failed: int
    seconds: dict[str, Histogram]
    """To its answers, by response code."""


class Member:
    """`changed` is set when it goes up or down, in or out of use."""

    def __init__(self, upstream: Upstream, suffix: bytes, tell: Callable[[Note], None]) -> None:
        self.upstream = upstream
        self.suffix = suffix
        self.health = Health()
        self.left_out = False
        """It leads back to this server: it gets no user's question."""
        self.proven = asyncio.Event()
        """Loop probes have told whether it is to be left out, since it came, went down or came back."""
        self.attempts = 0
        """Probes since it last answered a user's question."""
        self.changed = asyncio.Event()
        self.asked = self.unanswered = self.failures = self.probes_failed = 0
        self._seconds: dict[str, Histogram] = {}
        self._tell = tell

    def __str__(self) -> str:
        of = "" if self.suffix == names.ROOT else f" of {names.to_text(self.suffix)}"
        return f"upstream {self.upstream}{of}"

    def took(self, seconds: float, rcode: str) -> None:
        """An answer to a user's question came after this time."""
        if rcode not in self._seconds:
            self._seconds[rcode] = histogram.empty(histogram.SECONDS)
        self._seconds[rcode].observe(histogram.SECONDS, seconds)

    def answered(self, sent: float, now: float) -> None:
        """A valid response to a user's question of that time came."""
        self.attempts = 0
        self.revived(sent, now)

    def revived(self, sent: float, now: float) -> None:
        """A valid response to a probe came; one that answers nothing else goes down again, for longer."""
        self._become(self.health.answered(sent, now), "is up again")

    def failed(self, sent: float, refused: bool, reason: str) -> None:
        """A question of that time got no response."""
        self._become(self.health.failed(sent, refused), f"is down: {reason}")

    def _become(self, health: Health, text: str) -> None:
        if self.left_out:
            return
        turned = health.up != self.health.up
        self.health = health
        if turned:
            self.proven.clear()
            self._told("up" if health.up else "down", text)

    def proved(self, leads_back: bool) -> None:
        """Loop probes have ended."""
        self.proven.set()
        if leads_back == self.left_out:
            return
        self.left_out = leads_back
        self.health = Health()
        if not leads_back:
            self._told("loop-ended", "no longer leads back to this server and is asked again")
            return
        what = f"one that has {names.to_text(self.suffix)} itself"
        if self.suffix == names.ROOT:
            what = "--forward the node's real resolver, on systemd hosts /run/systemd/resolve/resolv.conf"
        self._told("loop", f"leads back to this server and is left out; give {what}")

    def state(self) -> State:
        """What metrics show."""
        return State(
            names.to_text(self.suffix),
            str(self.upstream),
            self.health.up,
            self.left_out,
            self.asked,
            self.unanswered,
            self.failures,
            self.probes_failed,
            self._seconds,
        )

    def _told(self, kind: Kind, text: str) -> None:
        self.changed.set()
        self._tell(Note(kind, str(self.upstream), f"{self} {text}"))
