"""Names outside the cluster for one worker: what is kept, and one flight per question for what is not.

    ready (hot path) --- kept and fresh, or known to fail and stale ---> bytes
    resolve          --- the same, else join or begin a flight ---> Answer

A flight ends by itself, whoever still waits: its answer is kept for the next one. A failure of ours
is an answer too (SERVFAIL with an extended error, RFC 8914), and never kept.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct, field

from svcdns.dns.answer.answer_context import CachedAnswer
from svcdns.dns.answer.timed_replies import HitCounter
from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections
from svcdns.forward import answer_cache, questions, scrub
from svcdns.forward.answer_cache import AnswerCache, CacheEntry
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.questions import Question, UpstreamAnswer
from svcdns.forward.settings import Forwarding

PREFETCH_MIN_HIT_SECONDS = 3
"""Seconds in which an answer was asked for, after which it is renewed before it ends."""
MAX_WAITING_QUERIES = 5000
"""Queries that may wait for the upstreams of one route; more where more questions may be under way."""

_STALE_OPTIONS = messages.encode_opt_records(*answer_cache.STALE_ERRORS)
_STALE_NXDOMAIN_OPTIONS = messages.encode_opt_records(*answer_cache.STALE_NXDOMAIN_ERRORS)


def _zero_hit_counters() -> dict[tuple[bool, bool], HitCounter]:
    return {(denied, stale): HitCounter() for denied in (False, True) for stale in (False, True)}


class ForwardCounts(Struct):
    """Plain numbers for metrics."""

    upstream_lookups: int = 0
    """Flights."""
    hit_counters: dict[tuple[bool, bool], HitCounter] = field(default_factory=_zero_hit_counters)
    """Answers from the cache, by whether they say that there is nothing, and whether they are stale."""
    misses: int = 0
    """Questions that the cache had no answer for."""
    prefetches: int = 0
    failed_lookups: int = 0
    """Flights that brought no answer."""
    rejected_queries: int = 0
    """Queries that would have had to wait, where too many do already."""

    @property
    def hits(self) -> int:
        """All answers from the cache."""
        return sum(given.count for given in self.hit_counters.values())

    @property
    def negative_hits(self) -> int:
        """Of these, those that say that there is nothing."""
        return sum(given.count for (denied, _), given in self.hit_counters.items() if denied)

    @property
    def stale_hits(self) -> int:
        """Of these, those beyond their end."""
        return sum(given.count for (_, stale), given in self.hit_counters.items() if stale)


class Forwarder:
    """One worker's cache and flights; `upstreams` does the asking."""

    def __init__(
        self,
        forwarding: Forwarding,
        dispatcher: Dispatcher,
        clock: Callable[[], float],
        is_local: Callable[[bytes], bool] = lambda name: False,
    ) -> None:
        """`is_ours` tells whether a folded name is for nobody else to answer."""
        self.counts = ForwardCounts()
        self._cache_options = forwarding.keeping
        self.answer_cache = AnswerCache(forwarding.keeping)
        self._max_in_flight = forwarding.asking.in_flight
        self._max_waiting = max(MAX_WAITING_QUERIES, forwarding.asking.in_flight)
        self._dispatcher = dispatcher
        self._clock = clock
        self._is_local = is_local
        self._in_flight: dict[Question, asyncio.Task[UpstreamAnswer]] = {}

    def has_route(self, qname: bytes) -> bool:
        """Whether there is an upstream for this folded name."""
        return self._dispatcher.has_route(qname)

    def lookup_cached(self, name_and_type: bytes, query_flags: int, dnssec_ok: int) -> CachedAnswer | None:
        """The kept answer to a question, without its DNS message being read (`View.kept`)."""
        now = self._clock()
        entry = self.answer_cache.get(questions.cache_key(name_and_type, query_flags, dnssec_ok), now)
        if entry is None or entry.is_chain_incomplete or not self._is_usable(entry, now):
            return None
        if self._should_prefetch(entry, now):
            self._prefetch(entry, _decode_question(name_and_type, query_flags, dnssec_ok))
        authentic = (
            messages.AD if entry.is_authentic and (query_flags & messages.AD or dnssec_ok == 1) else 0
        )  # RFC 6840 5.8
        return (
            entry.rcode | authentic,
            entry.encode(now),
            _edns_options(entry, now),
            self._hit_counter(entry, now),
        )

    async def resolve(self, question: Question) -> UpstreamAnswer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        now = self._clock()
        entry = self.answer_cache.get(question.cache_key, now)
        if entry is not None and self._is_usable(entry, now):
            self._hit_counter(entry, now).count += 1
            if self._should_prefetch(entry, now):
                self._prefetch(entry, question)
            return entry.to_answer(question.name, now)
        found = await self._await_lookup(question, self._cache_options.client_timer if entry else None)
        if entry is not None and (found is None or _is_failure(found)):
            stale = max(self._clock(), entry.expires_at)
            self._hit_counter(entry, stale).count += 1
            return entry.to_answer(question.name, stale)
        self.counts.misses += 1
        return found or _TOO_MANY_WAITING

    def _hit_counter(self, entry: CacheEntry, now: float) -> HitCounter:
        """Where it is counted that this answer was given."""
        return self.counts.hit_counters[entry.is_negative, now >= entry.expires_at]

    def _is_usable(self, entry: CacheEntry, now: float) -> bool:
        """It is fresh, or another one was asked for a moment ago and did not come."""
        return now < entry.expires_at or (
            now < entry.failed_until and entry.recovery_count == self._dispatcher.recovery_count
        )

    def _should_prefetch(self, entry: CacheEntry, now: float) -> bool:
        """It was asked for again: whether that is often, and its end near while there is still an answer."""
        entry.hit_seconds += 1
        often = self._cache_options.prefetch and entry.hit_seconds >= PREFETCH_MIN_HIT_SECONDS
        return often and now < entry.expires_at and entry.is_expiring(now)

    def _prefetch(self, entry: CacheEntry, question: Question) -> None:
        """Ask again, before it ends."""
        if self._start_or_join(question):
            self.counts.prefetches += 1
            entry.hit_seconds = 0

    async def _await_lookup(self, question: Question, timeout: float | None) -> UpstreamAnswer | None:
        """What the flight brings within `patience` seconds; None where it does not, or too many wait."""
        pool = self._dispatcher.pool_for(question.name)
        flight = self._start_or_join(question) if pool.waiting_count < self._max_waiting else None
        if flight is None:
            self.counts.rejected_queries += 1
            return None
        pool.waiting_count += 1
        try:
            await asyncio.wait((flight,), timeout=timeout)
        finally:
            pool.waiting_count -= 1
        return flight.result() if flight.done() else None

    def _start_or_join(self, question: Question) -> "asyncio.Task[UpstreamAnswer] | None":
        """The flight of this question; None where too many of its route are under way."""
        flight = self._in_flight.get(question)
        if flight is not None:
            return flight
        pool = self._dispatcher.pool_for(question.name)
        if pool.in_flight_count >= self._max_in_flight:
            return None
        flight = self._in_flight[question] = asyncio.get_running_loop().create_task(self._look_up(question))
        pool.in_flight_count += 1

        def ended(_: object) -> None:
            del self._in_flight[question]
            pool.in_flight_count -= 1

        flight.add_done_callback(ended)
        return flight

    async def _look_up(self, question: Question) -> UpstreamAnswer:
        self.counts.upstream_lookups += 1
        revivals = self._dispatcher.recovery_count
        found = await self._dispatcher.resolve(question)
        now = self._clock()
        if not _is_failure(found):
            found = scrub.cut_at_local_name(found, self._is_local)
            self.answer_cache.put(question, found, now)
            entry = self.answer_cache.get(question.cache_key, now)
            kept = entry is not None and entry.stored_at == now
            return entry.to_answer(question.name, now) if entry and kept else found
        self.counts.failed_lookups += 1
        entry = self.answer_cache.get(question.cache_key, now)
        if entry is not None:
            entry.failed_until, entry.recovery_count = now + answer_cache.STALE_RETRY_DELAY, revivals
        return found


def _edns_options(entry: CacheEntry, now: float) -> messages.OptRecords:
    """With the errors that are to be told."""
    if now >= entry.expires_at:
        return _STALE_NXDOMAIN_OPTIONS if entry.rcode == records.NXDOMAIN else _STALE_OPTIONS
    return (
        messages.encode_opt_records(*entry.extended_errors) if entry.extended_errors else messages.OPT_RECORDS
    )


def _decode_question(name_and_type: bytes, flags: int, dnssec_ok: int) -> Question:
    rrtype = int.from_bytes(name_and_type[-2:], "big")
    return Question(name_and_type[:-2], rrtype, bool(flags & messages.CD), dnssec_ok == 1)


def _is_failure(answer: UpstreamAnswer) -> bool:
    """No answer to what was asked (RFC 8767 4)."""
    return answer.rcode not in (records.NOERROR, records.NXDOMAIN)


_TOO_MANY_WAITING = UpstreamAnswer(
    records.SERVFAIL,
    Sections(),
    extended_errors=((messages.NETWORK_ERROR, "too many queries wait for an upstream"),),
    failure_reason="too_many",
)
