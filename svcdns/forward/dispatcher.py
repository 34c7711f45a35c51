"""All routes of one worker, the upstreams of each, and one question at several upstreams in turn.

    name -> route of the longest suffix -> upstreams in use and up -> one attempt each -> answer

An upstream that does not answer, or not usably (REFUSED, SERVFAIL, a referral), is followed by the
next one. Silent upstreams are asked once more if time remains. Where all are known to be down, they have
half a second, or with `fail_fast` none. A question below a suffix goes to the
upstreams of that route or to nobody: a company's names are not for a public resolver.
"""

import itertools
from collections.abc import Callable, Sequence

from svcdns.dns.wire import messages, mnemonics, names, records
from svcdns.forward import failure_answers, routing, scrub
from svcdns.forward.failure_answers import FailedAttempt
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.health_checks import CheckIntervals, HealthChecker
from svcdns.forward.options import Route, Upstream
from svcdns.forward.questions import Question, UpstreamAnswer
from svcdns.forward.upstream_client import UpstreamClients, UpstreamError
from svcdns.forward.upstream_pool import UpstreamPool
from svcdns.forward.upstream_server import UpstreamServer, UpstreamSnapshot

# Not for the first attempt: whatever the timeout, one upstream is asked.
MIN_ATTEMPT_SECONDS = 0.1
"""The shortest attempt: in less time, even a good upstream may not answer."""
DOWN_TIMEOUT = 0.5
"""Seconds for a question whose upstreams are all down: one may have come back since its last probe, and a
client that waits longer for nothing is worse off than with SERVFAIL."""

MAX_DOWN_ATTEMPTS = 32
"""Questions of a route that try upstreams which are down at once: the first that is answered ends that."""

# "resolv-conf" also reports a faulty file. Then upstreams are only asked again sooner than needed.
_RECOVERY_KINDS = ("up", "loop-ended", "resolv-conf")
"""Events after which a question that failed before may be answered."""


class Dispatcher:
    """All routes of one worker."""

    def __init__(
        self,
        routes: Sequence[Route],
        clients: UpstreamClients,
        clock: Callable[[], float],
        on_event: Callable[[ForwardEvent], None],
        loop_key: bytes,
        intervals: CheckIntervals | None = None,
    ) -> None:
        """`clock` is monotonic; `loop_key` is the secret of all workers' loop probes."""
        self.recovery_count = 0
        """How often an upstream recovered or was added: what failed before may work now."""
        self._clock = clock
        self._on_event = on_event

        # A route without upstreams for the root: `pool_for` has a pool for every name.
        root_route = next((route for route in routes if route.suffix == names.ROOT), Route(names.ROOT))
        self._pools = {
            route.suffix: UpstreamPool(route, clients.client_for(route.options), self._handle_event)
            for route in routing.merge_routes((root_route, *routes))
        }
        self._health_checker = HealthChecker(
            self._pools.values(), loop_key, clock, self._handle_event, intervals or CheckIntervals()
        )

    def _handle_event(self, event: ForwardEvent) -> None:
        self.recovery_count += event.kind in _RECOVERY_KINDS
        self._on_event(event)

    def start(self) -> None:
        """Begin the health checks in the background; needs a running loop."""
        self._health_checker.start()

    def close(self) -> None:
        """End the health checks."""
        self._health_checker.close()

    def pool_for(self, qname: bytes) -> UpstreamPool:
        """The upstreams for this folded wire name."""
        # A pool has no length and no truth value of its own, so `or` is for None alone.
        return routing.longest_suffix_match(self._pools, qname) or self._pools[names.ROOT]

    def has_route(self, qname: bytes) -> bool:
        """Whether this folded wire name is forwarded at all."""
        return not self.pool_for(qname).is_never_forwarded

    def is_never_forwarded(self, qname: bytes) -> bool:
        """Whether a route says so of this folded name, other than the one for all names.

        That one may be missing, and then an upstream's CNAME to such a name is worth its records.
        """
        pool = self.pool_for(qname)
        return pool.is_never_forwarded and pool.suffix != names.ROOT

    def snapshot(self) -> tuple[UpstreamSnapshot, ...]:
        """Each upstream of each route, for metrics."""
        return tuple(server.snapshot() for pool in self._pools.values() for server in pool.servers)

    @property
    def all_down_count(self) -> int:
        """The number of questions for which every upstream was down."""
        return sum(pool.all_down_count for pool in self._pools.values())

    async def resolve(self, question: Question) -> UpstreamAnswer:
        """The answer, or a failure with the reason; raises nothing."""
        pool = self.pool_for(question.name)
        candidates = pool.candidates()
        if not candidates:
            return failure_answers.servfail(pool.explain_no_candidates())

        timeout = pool.options.timeout
        if any(server.health.is_up for server in candidates):
            return await self._try_in_turn(pool, question, candidates, timeout)

        # A flood of questions that all wait for nothing would cost more than all others together.
        if pool.options.fail_fast or pool.down_attempts >= MAX_DOWN_ATTEMPTS:
            return failure_answers.servfail(f"all {pool} are down: {pool.format_upstreams()}")
        pool.down_attempts += 1
        try:
            return await self._try_in_turn(pool, question, candidates, min(timeout, DOWN_TIMEOUT))
        finally:
            pool.down_attempts -= 1

    async def _try_in_turn(
        self, pool: UpstreamPool, question: Question, servers: Sequence[UpstreamServer], total_timeout: float
    ) -> UpstreamAnswer:
        deadline = self._clock() + total_timeout
        # By upstream, not by attempt: the second one of a silent upstream replaces its first.
        failures: dict[Upstream, FailedAttempt] = {}
        silent_servers: list[UpstreamServer] = []

        # `chain` reads `silent_servers` last, with what the first round has added to it.
        for number, server in enumerate(itertools.chain(servers, silent_servers)):
            sent_at = self._clock()
            remaining = deadline - sent_at
            if number and remaining < MIN_ATTEMPT_SECONDS:
                break

            # The first attempt has at most half of the time, so that a second one is possible.
            timeout = min(pool.options.attempt_timeout, remaining if number else remaining / 2)
            outcome = await self._try_server(pool, server, question, timeout)
            if isinstance(outcome, UpstreamAnswer):
                return outcome

            failures[server.upstream] = outcome

            # Only the first round counts: a second silence may be due to the name.
            if outcome.is_unanswered and number < len(servers):
                server.record_failure(sent_at, outcome.is_refused, outcome.reason, question.name)
                # Nothing listens there: a second attempt would be refused as well.
                if not outcome.is_refused:
                    silent_servers.append(server)

        return failure_answers.from_attempts(failures)

    async def _try_server(
        self, pool: UpstreamPool, server: UpstreamServer, question: Question, timeout: float
    ) -> UpstreamAnswer | FailedAttempt:
        # When the question left, not when its answer came: health compares it with what was heard since.
        sent_at = self._clock()
        server.query_count += 1
        failure = ""
        try:
            response = await pool.client.exchange(server.upstream, question, timeout)
        except UpstreamError as error:
            if error.part is None:
                server.unanswered_count += 1
                return FailedAttempt(str(error), is_unanswered=True, is_refused=error.is_refused)
            response, failure = error.part, str(error)

        # Any valid response shows that the upstream lives, whatever it says.
        now = self._clock()
        server.record_response_time(now - sent_at, mnemonics.rcode_label(response.rcode))
        server.record_answer(sent_at, now)

        sections = scrub.relevant_sections(question, response)
        # Of the scrubbed sections: records of other names are no answer, however many there are.
        is_lame = scrub.is_lame(response, sections)
        extended_errors = failure_answers.attribute_errors(server.upstream, response)
        if response.rcode in (records.NOERROR, records.NXDOMAIN) and not is_lame:
            # Passed on as the upstream said it: svcdns checks no signatures itself.
            is_authentic = bool(response.flags & messages.AD)
            answer = UpstreamAnswer(
                response.rcode, sections, is_authentic, extended_errors, is_truncated=response.is_truncated
            )
            if not response.is_truncated:
                return answer

            server.failure_count += 1
            # Without a record, the client gains nothing by it: SERVFAIL says more.
            return FailedAttempt(failure, part=answer if sections.answer else None)

        server.failure_count += 1
        if is_lame:
            return FailedAttempt("no answer, but a referral or other names")

        # Rcodes above 15 need an OPT, which the client may not have sent (RFC 6891 6.1.3).
        rcode = response.rcode if response.rcode < 16 else records.SERVFAIL
        reason = f"says {mnemonics.rcode_text(response.rcode)}"
        return FailedAttempt(reason, rcode=rcode, extended_errors=extended_errors)
