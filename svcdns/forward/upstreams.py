"""Whom to ask: all routes of one worker, the upstreams of each, and one question in turn.

    name -> route of the longest suffix -> those in use and up -> a try each -> Answer

An upstream that gives no answer, or none of use (REFUSED, SERVFAIL, a referral), is followed by the
next; who kept silent is asked once more, where there is time. A question below a suffix goes
to that route's upstreams or to nobody: names of a company are not for a public resolver.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from svcdns.dns import mnemonics, names, records, wire
from svcdns.dns.response import Response
from svcdns.dns.wire import ExtendedError, Sections
from svcdns.forward import relevant, routes
from svcdns.forward.exchange import Exchanges, UpstreamError
from svcdns.forward.member import Member, State
from svcdns.forward.notes import Note
from svcdns.forward.options import Route
from svcdns.forward.pool import Pool
from svcdns.forward.question import Answer, Question
from svcdns.forward.tending import Pace, Tender

SHORTEST = 0.1
"""Seconds below which a try would tell nothing of the upstream."""

MAX_TEXT = 180
"""Characters of an extended error's text."""

_BETTER = ("up", "loop-ended", "resolv-conf")


class Upstreams:
    """All routes of one worker."""

    def __init__(
        self,
        given: Sequence[Route],
        exchanges: Exchanges,
        clock: Callable[[], float],
        tell: Callable[[Note], None],
        loop_key: bytes,
        pace: Pace | None = None,
    ) -> None:
        self.revivals = 0
        """How often one came back, or others came: what failed before may well be answered now."""
        self._clock = clock
        self._tell = tell
        nobody = Route(names.ROOT)  # for names of no route
        default = next((route for route in given if route.suffix == names.ROOT), nobody)
        self._pools = {
            route.suffix: Pool(route, exchanges.of(route.options), self._told)
            for route in routes.merged((default, *given))
        }
        self._tender = Tender(self._pools.values(), loop_key, clock, self._told, pace or Pace())

    def _told(self, note: Note) -> None:
        self.revivals += note.kind in _BETTER
        self._tell(note)

    def start(self) -> None:
        """Begin to look after them in the background; needs a running loop."""
        self._tender.start()

    def close(self) -> None:
        """End what `start` began."""
        self._tender.close()

    def pool(self, name: bytes) -> Pool:
        """The route that this folded wire name takes."""
        return routes.find(self._pools, name) or self._pools[names.ROOT]

    def has_route(self, name: bytes) -> bool:
        """Whether somebody is to be asked for this folded wire name."""
        return not self.pool(name).is_nobody

    def snapshot(self) -> tuple[State, ...]:
        """Each upstream of each route, for metrics."""
        return tuple(member.state() for pool in self._pools.values() for member in pool.members)

    @property
    def broken(self) -> int:
        """Questions for which every upstream was down."""
        return sum(pool.broken for pool in self._pools.values())

    async def ask(self, question: Question) -> Answer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        pool = self.pool(question.name)
        members = pool.candidates()
        return await self._ask_in_turn(pool, question, members) if members else _failure(pool.why_nobody())

    async def _ask_in_turn(self, pool: Pool, question: Question, members: Sequence[Member]) -> Answer:
        attempt_timeout = pool.options.attempt_timeout
        end = self._clock() + pool.options.timeout
        failures: dict[Member, _Failure] = {}
        silent: list[Member] = []
        for number, member in enumerate(itertools.chain(members, silent)):
            left = end - self._clock()
            if number and left < SHORTEST:
                break
            sent = self._clock()
            seconds = min(attempt_timeout, left if number else left / 2)
            found = await self._try(pool, member, question, seconds)
            if isinstance(found, Answer):
                return found
            failures[member] = found
            if found.error and number < len(members):  # a second silence may be the name's fault
                member.failed(sent, found.error.refused, found.reason)
                if not found.error.refused:
                    silent.append(member)
        return _summed_up(failures)

    async def _try(
        self, pool: Pool, member: Member, question: Question, seconds: float
    ) -> "Answer | _Failure":
        sent = self._clock()
        member.asked += 1
        try:
            found = await pool.exchange.ask(member.upstream, question, seconds)
        except UpstreamError as error:
            member.unanswered += 1
            return _Failure(str(error), error=error)
        now = self._clock()
        member.took(now - sent, mnemonics.rcode_label(found.rcode))
        member.answered(sent, now)
        kept = relevant.sections(question, found)
        lame = relevant.is_lame(found, kept)
        if found.rcode in (records.NOERROR, records.NXDOMAIN) and not lame:
            errors = _with_source(member, found)
            return Answer(found.rcode, kept, bool(found.flags & wire.AD), errors)
        member.failures += 1
        if lame:
            return _Failure("no answer, but a referral or other names")
        # Those above 15 need an OPT, which the client may not have (RFC 6891 6.1.3).
        said = found.rcode if found.rcode < 16 else records.SERVFAIL
        reason = f"says {mnemonics.rcode(found.rcode)}"
        return _Failure(reason, said=said, errors=_with_source(member, found))


class _Failure(Struct, frozen=True):
    """A try that brought no answer of use: `error` where none came, `said` a rcode to give on, or 0."""

    reason: str
    error: UpstreamError | None = None
    said: int = 0
    errors: tuple[ExtendedError, ...] = ()


def _with_source(member: Member, found: Response) -> tuple[ExtendedError, ...]:
    """What an upstream says of its answer, told as its words (RFC 8914 2)."""
    return tuple(
        (code, _shortened(f"{member.upstream}: {text}".removesuffix(": "))) for code, text in found.errors
    )


def _summed_up(failures: Mapping[Member, _Failure]) -> Answer:
    """What upstreams said, SERVFAIL rather than REFUSED, and who; else our own failure."""
    text = "; ".join(f"{member.upstream}: {failure.reason}" for member, failure in failures.items())
    told = [failure for failure in failures.values() if failure.said]
    if not told:
        refused = all(failure.error and failure.error.refused for failure in failures.values())
        return _failure(text, wire.NETWORK_ERROR if refused else wire.NO_REACHABLE_AUTHORITY)
    chosen = next((failure for failure in told if failure.said == records.SERVFAIL), told[-1])
    errors = (*chosen.errors, (wire.NETWORK_ERROR, _shortened(text)))
    return Answer(chosen.said, Sections(), errors=errors)


def _failure(text: str, code: int = wire.NO_REACHABLE_AUTHORITY) -> Answer:
    errors = ((code, _shortened(text)),)
    return Answer(records.SERVFAIL, Sections(), errors=errors, failure="no_answer")


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
