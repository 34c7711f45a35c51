"""Whom to ask: all routes of one worker, the upstreams of each, and one question in turn.

    name -> route of the longest suffix -> those in use and up -> a try each -> Answer

An upstream that gives no answer, or none of use (REFUSED, SERVFAIL, a referral), is followed by the
next; who kept silent is asked once more, where there is time. A question below a suffix goes
to that route's upstreams or to nobody: names of a company are not for a public resolver.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from svcdns.dns.wire import (
    messages,
    mnemonics,
    names,
    records,
)
from svcdns.dns.wire.messages import ExtendedError, Sections
from svcdns.dns.wire.response import Response
from svcdns.forward import routing, scrub
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.health_checks import CheckIntervals, HealthChecker
from svcdns.forward.options import Route
from svcdns.forward.questions import Question, UpstreamAnswer
from svcdns.forward.upstream_client import Exchanges, UpstreamError
from svcdns.forward.upstream_pool import UpstreamPool
from svcdns.forward.upstream_server import UpstreamServer, UpstreamSnapshot

MIN_ATTEMPT_SECONDS = 0.1
"""Seconds below which a try would tell nothing of the upstream."""

MAX_ERROR_CHARS = 180
"""Characters of an extended error's text."""

_RECOVERY_KINDS = ("up", "loop-ended", "resolv-conf")


class Dispatcher:
    """All routes of one worker."""

    def __init__(
        self,
        given: Sequence[Route],
        exchanges: Exchanges,
        clock: Callable[[], float],
        on_event: Callable[[ForwardEvent], None],
        loop_key: bytes,
        intervals: CheckIntervals | None = None,
    ) -> None:
        self.recovery_count = 0
        """How often one came back, or others came: what failed before may well be answered now."""
        self._clock = clock
        self._on_event = on_event
        nobody = Route(names.ROOT)  # for names of no route
        default = next((route for route in given if route.suffix == names.ROOT), nobody)
        self._pools = {
            route.suffix: UpstreamPool(route, exchanges.of(route.options), self._handle_event)
            for route in routing.merge_routes((default, *given))
        }
        self._health_checker = HealthChecker(
            self._pools.values(), loop_key, clock, self._handle_event, intervals or CheckIntervals()
        )

    def _handle_event(self, event: ForwardEvent) -> None:
        self.recovery_count += event.kind in _RECOVERY_KINDS
        self._on_event(event)

    def start(self) -> None:
        """Begin to look after them in the background; needs a running loop."""
        self._health_checker.start()

    def close(self) -> None:
        """End what `start` began."""
        self._health_checker.close()

    def pool_for(self, qname: bytes) -> UpstreamPool:
        """The route that this folded wire name takes."""
        return routing.longest_suffix_match(self._pools, qname) or self._pools[names.ROOT]

    def has_route(self, qname: bytes) -> bool:
        """Whether somebody is to be asked for this folded wire name."""
        return not self.pool_for(qname).is_never_forwarded

    def snapshot(self) -> tuple[UpstreamSnapshot, ...]:
        """Each upstream of each route, for metrics."""
        return tuple(member.snapshot() for pool in self._pools.values() for member in pool.servers)

    @property
    def all_down_count(self) -> int:
        """Questions for which every upstream was down."""
        return sum(pool.all_down_count for pool in self._pools.values())

    async def resolve(self, question: Question) -> UpstreamAnswer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        pool = self.pool_for(question.name)
        members = pool.candidates()
        return (
            await self._try_in_turn(pool, question, members)
            if members
            else _servfail(pool.explain_no_candidates())
        )

    async def _try_in_turn(
        self, pool: UpstreamPool, question: Question, servers: Sequence[UpstreamServer]
    ) -> UpstreamAnswer:
        attempt_timeout = pool.options.attempt_timeout
        end = self._clock() + pool.options.timeout
        failures: dict[UpstreamServer, _FailedAttempt] = {}
        silent: list[UpstreamServer] = []
        for number, member in enumerate(itertools.chain(servers, silent)):
            left = end - self._clock()
            if number and left < MIN_ATTEMPT_SECONDS:
                break
            sent = self._clock()
            seconds = min(attempt_timeout, left if number else left / 2)
            found = await self._try_server(pool, member, question, seconds)
            if isinstance(found, UpstreamAnswer):
                return found
            failures[member] = found
            if found.error and number < len(servers):  # a second silence may be the name's fault
                member.record_failure(sent, found.error.is_refused, found.reason)
                if not found.error.is_refused:
                    silent.append(member)
        return _answer_from_failures(failures)

    async def _try_server(
        self, pool: UpstreamPool, server: UpstreamServer, question: Question, timeout: float
    ) -> "UpstreamAnswer | _FailedAttempt":
        sent = self._clock()
        server.query_count += 1
        try:
            found = await pool.exchange.exchange(server.upstream, question, timeout)
        except UpstreamError as error:
            server.unanswered_count += 1
            return _FailedAttempt(str(error), error=error)
        now = self._clock()
        server.record_response_time(now - sent, mnemonics.rcode_label(found.rcode))
        server.record_answer(sent, now)
        kept = scrub.relevant_sections(question, found)
        lame = scrub.is_lame(found, kept)
        if found.rcode in (records.NOERROR, records.NXDOMAIN) and not lame:
            errors = _attribute_errors(server, found)
            return UpstreamAnswer(found.rcode, kept, bool(found.flags & messages.AD), errors)
        server.failure_count += 1
        if lame:
            return _FailedAttempt("no answer, but a referral or other names")
        # Those above 15 need an OPT, which the client may not have (RFC 6891 6.1.3).
        said = found.rcode if found.rcode < 16 else records.SERVFAIL
        reason = f"says {mnemonics.rcode_text(found.rcode)}"
        return _FailedAttempt(reason, rcode=said, extended_errors=_attribute_errors(server, found))


class _FailedAttempt(Struct, frozen=True):
    """A try that brought no answer of use: `error` where none came, `said` a rcode to give on, or 0."""

    reason: str
    error: UpstreamError | None = None
    rcode: int = 0
    extended_errors: tuple[ExtendedError, ...] = ()


def _attribute_errors(server: UpstreamServer, response: Response) -> tuple[ExtendedError, ...]:
    """What an upstream says of its answer, told as its words (RFC 8914 2)."""
    return tuple(
        (code, _shorten(f"{server.upstream}: {text}".removesuffix(": ")))
        for code, text in response.extended_errors
    )


def _answer_from_failures(failures: Mapping[UpstreamServer, _FailedAttempt]) -> UpstreamAnswer:
    """What upstreams said, SERVFAIL rather than REFUSED, and who; else our own failure."""
    text = "; ".join(f"{member.upstream}: {failure.reason}" for member, failure in failures.items())
    told = [failure for failure in failures.values() if failure.rcode]
    if not told:
        refused = all(failure.error and failure.error.is_refused for failure in failures.values())
        return _servfail(text, messages.NETWORK_ERROR if refused else messages.NO_REACHABLE_AUTHORITY)
    chosen = next((failure for failure in told if failure.rcode == records.SERVFAIL), told[-1])
    errors = (*chosen.extended_errors, (messages.NETWORK_ERROR, _shorten(text)))
    return UpstreamAnswer(chosen.rcode, Sections(), extended_errors=errors)


def _servfail(text: str, info_code: int = messages.NO_REACHABLE_AUTHORITY) -> UpstreamAnswer:
    errors = ((info_code, _shorten(text)),)
    return UpstreamAnswer(records.SERVFAIL, Sections(), extended_errors=errors, failure_reason="no_answer")


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_ERROR_CHARS else f"{text[: MAX_ERROR_CHARS - 3]}..."
