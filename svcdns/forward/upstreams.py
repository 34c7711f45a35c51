"""Whom to ask: all routes of one worker, the upstreams of each, and one question in turn.

    name -> route of the longest suffix -> those in use and up -> a try each -> Answer

An upstream that gives no answer, or none of use (REFUSED, SERVFAIL, a referral), is followed by the
next; who kept silent is asked once more, where there is time. A question below a suffix goes
to that route's upstreams or to nobody: names of a company are not for a public resolver.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from svcdns.dns import mnemonics, records, wire
from svcdns.dns.wire import Sections
from svcdns.forward import relevant, routes
from svcdns.forward.exchange import Exchange, UpstreamError
from svcdns.forward.member import Member, State
from svcdns.forward.notes import Note
from svcdns.forward.pool import Pool
from svcdns.forward.probe import Prober
from svcdns.forward.question import Answer, Question
from svcdns.forward.settings import Forwarding
from svcdns.forward.tending import Pace, Tender

SHORTEST = 0.1
"""Seconds below which a try would tell nothing of the upstream."""

MAX_TEXT = 180
"""Bytes of an extended error's text."""

_BETTER = ("up", "loop-ended", "resolv-conf")


class Upstreams:
    """All routes of one worker."""

    def __init__(
        self,
        forwarding: Forwarding,
        exchange: Exchange,
        clock: Callable[[], float],
        tell: Callable[[Note], None],
        loop_key: bytes,
        pace: Pace | None = None,
    ) -> None:
        self.revivals = 0
        """How often one came back, or others came: what failed before may well be answered now."""
        self._asking = forwarding.asking
        self._exchange = exchange
        self._clock = clock
        self._tell = tell
        self._pools = {route.suffix: Pool(route, self._told) for route in routes.merged(forwarding.routes)}
        prober = Prober(exchange, loop_key, forwarding.asking.per_try)
        self._tender = Tender(self._pools.values(), prober, clock, self._told, pace or Pace())

    def _told(self, note: Note) -> None:
        self.revivals += note.kind in _BETTER
        self._tell(note)

    def start(self) -> None:
        """Begin to look after them in the background; needs a running loop."""
        self._tender.start()

    def close(self) -> None:
        """End what `start` began."""
        self._tender.close()

    def has_route(self, name: bytes) -> bool:
        """Whether somebody is to be asked for this folded wire name."""
        pool = routes.find(self._pools, name)
        return pool is not None and not pool.is_nobody

    def snapshot(self) -> tuple[State, ...]:
        """Each upstream of each route, for metrics."""
        return tuple(member.state() for pool in self._pools.values() for member in pool.members)

    @property
    def broken(self) -> int:
        """Questions for which every upstream was down."""
        return sum(pool.broken for pool in self._pools.values())

    async def ask(self, question: Question) -> Answer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        pool = routes.find(self._pools, question.name)
        if pool is None:
            return _failure("no upstream is for this name")
        members = pool.candidates(self._asking.policy)
        return await self._ask_in_turn(question, members) if members else _failure(pool.why_nobody())

    async def _ask_in_turn(self, question: Question, members: Sequence[Member]) -> Answer:
        end = self._clock() + self._asking.in_all
        failures: dict[Member, _Failure] = {}
        silent: list[Member] = []
        for number, member in enumerate(itertools.chain(members, silent)):
            left = end - self._clock()
            if number and left < SHORTEST:
                break
            sent = self._clock()
            found = await self._try(member, question, min(self._asking.per_try, left if number else left / 2))
            if isinstance(found, Answer):
                return found
            failures[member] = found
            if found.error and number < len(members):  # a second silence may be the name's fault
                member.failed(sent, found.error.refused, found.reason)
                if not found.error.refused:
                    silent.append(member)
        return _summed_up(failures)

    async def _try(self, member: Member, question: Question, seconds: float) -> "Answer | _Failure":
        sent = self._clock()
        member.asked += 1
        try:
            found = await self._exchange.ask(member.upstream, question, seconds)
        except UpstreamError as error:
            member.unanswered += 1
            return _Failure(str(error), error=error)
        now = self._clock()
        member.took(now - sent, mnemonics.rcode_label(found.rcode))
        member.answered(sent, now)
        kept = relevant.sections(question, found)
        lame = relevant.is_lame(found, kept)
        if found.rcode in (records.NOERROR, records.NXDOMAIN) and not lame:
            return Answer(found.rcode, kept, bool(found.flags & wire.AD))
        member.failures += 1
        if lame:
            return _Failure("no answer, but a referral or other names")
        # Those above 15 need an OPT, which the client may not have (RFC 6891 6.1.3).
        rcode = found.rcode if found.rcode < 16 else records.SERVFAIL
        return _Failure(f"says {mnemonics.rcode(found.rcode)}", said=Answer(rcode, Sections()))


class _Failure(Struct, frozen=True):
    """A try that brought no answer of use: `error` where none came, `said` where it is one to give on."""

    reason: str
    error: UpstreamError | None = None
    said: Answer | None = None


def _summed_up(failures: Mapping[Member, _Failure]) -> Answer:
    """What an upstream said, SERVFAIL rather than REFUSED; else our own failure."""
    said = [failure.said for failure in failures.values() if failure.said]
    if said:
        return next((answer for answer in said if answer.rcode == records.SERVFAIL), said[-1])
    text = "; ".join(f"{member.upstream}: {failure.reason}" for member, failure in failures.items())
    refused = all(failure.error and failure.error.refused for failure in failures.values())
    return _failure(text, wire.NETWORK_ERROR if refused else wire.NO_REACHABLE_AUTHORITY)


def _failure(text: str, code: int = wire.NO_REACHABLE_AUTHORITY) -> Answer:
    shown = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
    return Answer(records.SERVFAIL, Sections(), ede=(code, shown))
