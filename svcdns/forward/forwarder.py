"""Answers to names outside the cluster for one worker: from the cache, or from one lookup per question.

    lookup_cached (hot path) --- fresh, or stale after a failure ---> bytes
    resolve                  --- the same, else join or begin a lookup ---> UpstreamAnswer

A lookup runs to its end even if nobody waits any more: its answer is cached for the next client. A
failure is an answer too (SERVFAIL with an extended error, RFC 8914), and is never cached.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct, field

from svcdns.dns.answer.answer_context import CachedAnswer
from svcdns.dns.answer.timed_replies import HitCounter
from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections
from svcdns.forward import questions, scrub
from svcdns.forward.answer_cache import AnswerCache
from svcdns.forward.cache_entry import CacheEntry
from svcdns.forward.client_shares import OURSELVES
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.options import CacheOptions
from svcdns.forward.questions import Question, UpstreamAnswer

PREFETCH_MIN_HIT_SECONDS = 3
"""An answer that was used in so many different seconds is renewed before it expires."""
MAX_WAITING_QUERIES = 5000
"""Queries that may wait for the upstreams of one route, or `in_flight` if that is more: they take memory."""
STALE_RETRY_DELAY = 30.0
"""Seconds after a failure during which a stale answer is given at once (RFC 8767 5)."""


def _zero_hit_counters() -> dict[tuple[bool, bool], HitCounter]:
    return {
        (is_negative, is_stale): HitCounter() for is_negative in (False, True) for is_stale in (False, True)
    }


class ForwardCounts(Struct):
    """Plain numbers for metrics."""

    upstream_lookups: int = 0
    """Questions that upstreams were asked, prefetches included."""
    hit_counters: dict[tuple[bool, bool], HitCounter] = field(default_factory=_zero_hit_counters)
    """Answers from the cache, by whether they are negative and whether they are stale."""
    misses: int = 0
    """Questions that the cache had no answer to."""
    prefetches: int = 0
    failed_lookups: int = 0
    """Lookups that brought no answer."""
    rejected_queries: int = 0
    """Queries that were not looked up, because too many were waiting."""

    @property
    def hits(self) -> int:
        """All answers from the cache."""
        return sum(counter.count for counter in self.hit_counters.values())

    @property
    def negative_hits(self) -> int:
        """Negative answers from the cache."""
        return sum(counter.count for (is_negative, _), counter in self.hit_counters.items() if is_negative)

    @property
    def stale_hits(self) -> int:
        """Stale answers from the cache."""
        return sum(counter.count for (_, is_stale), counter in self.hit_counters.items() if is_stale)


class Forwarder:
    """The cache and the lookups in flight of one worker; `dispatcher` asks the upstreams."""

    def __init__(
        self,
        options: CacheOptions,
        dispatcher: Dispatcher,
        clock: Callable[[], float],
        is_local: Callable[[bytes], bool] = lambda name: False,
    ) -> None:
        """`is_local` says whether this server alone answers a folded name."""
        self.counts = ForwardCounts()
        self._options = options
        self.answer_cache = AnswerCache(options)
        self._dispatcher = dispatcher
        self._clock = clock
        self._is_local = is_local
        self._in_flight: dict[Question, asyncio.Task[UpstreamAnswer]] = {}

    def has_route(self, qname: bytes) -> bool:
        """Whether this folded wire name is forwarded."""
        return self._dispatcher.has_route(qname)

    def lookup_cached(self, name_and_type: bytes, query_flags: int, dnssec_ok: int) -> CachedAnswer | None:
        """The cached answer to a question, for the hot path: no DNS message is parsed."""
        now = self._clock()
        entry = self.answer_cache.get(questions.cache_key(name_and_type, query_flags, dnssec_ok), now)
        # The slow path asks for the rest of an incomplete chain.
        if entry is None or entry.is_chain_incomplete or not self._is_usable(entry, now):
            return None

        if self._should_prefetch(entry, now):
            self._prefetch(entry, _decode_question(name_and_type, query_flags, dnssec_ok))

        # AD only for clients that understand it (RFC 6840 5.8).
        wants_authentic = query_flags & messages.AD or dnssec_ok == 1
        authentic_flag = messages.AD if entry.is_authentic and wants_authentic else 0
        return (
            entry.rcode | authentic_flag,
            entry.encode(now),
            entry.opt_records(now),
            self._hit_counter(entry, now),
        )

    async def resolve(self, question: Question, client: str = OURSELVES) -> UpstreamAnswer:
        """The answer, or SERVFAIL with the reason; raises nothing.

        A client gets at most its share of what is asked at once (`client_shares`).
        """
        now = self._clock()
        # Before the bounds are looked at: a cached answer costs nothing, however many queries wait.
        entry = self.answer_cache.get(question.cache_key, now)
        if entry is not None and self._is_usable(entry, now):
            self._hit_counter(entry, now).count += 1
            if self._should_prefetch(entry, now):
                self._prefetch(entry, question)
            return entry.to_answer(question.name, now)

        # A client with a stale answer in reserve waits only as long as clients do (RFC 8767 5).
        answer = await self._await_lookup(question, client, self._options.client_timer if entry else None)
        if entry is not None and (answer is None or _is_failure(answer)):
            stale_at = max(self._clock(), entry.expires_at)
            self._hit_counter(entry, stale_at).count += 1
            return entry.to_answer(question.name, stale_at)

        self.counts.misses += 1
        # None has one cause here: without an entry, the wait has no timeout.
        return answer or _TOO_MANY_WAITING

    def _hit_counter(self, entry: CacheEntry, now: float) -> HitCounter:
        """The counter of answers like this one."""
        return self.counts.hit_counters[entry.is_negative, entry.is_stale(now)]

    def _is_usable(self, entry: CacheEntry, now: float) -> bool:
        """Whether no upstream has to be asked: the entry is fresh, or its renewal failed a moment ago."""
        return not entry.is_stale(now) or (
            now < entry.failed_until and entry.recovery_count == self._dispatcher.recovery_count
        )

    def _should_prefetch(self, entry: CacheEntry, now: float) -> bool:
        """Note that the entry is used; whether it is used often, and expires soon but has not yet."""
        # The hot path keeps a reply for a second, so it comes here once a second at most.
        entry.hit_seconds += 1
        often = self._options.prefetch and entry.hit_seconds >= PREFETCH_MIN_HIT_SECONDS
        return often and now < entry.expires_at and entry.is_expiring(now)

    def _prefetch(self, entry: CacheEntry, question: Question) -> None:
        """Renew the entry before it expires."""
        if self._start_or_join(question):
            self.counts.prefetches += 1
            # If the renewal fails, the next one begins only after further use.
            entry.hit_seconds = 0

    def reject(self, question: Question) -> UpstreamAnswer:
        """The answer to a query that cannot even wait: an expired one, or SERVFAIL."""
        self.counts.rejected_queries += 1
        now = self._clock()
        entry = self.answer_cache.get(question.cache_key, now)
        if entry is None:
            return _TOO_MANY_WAITING

        self._hit_counter(entry, now).count += 1
        return entry.to_answer(question.name, now)

    async def _await_lookup(
        self, question: Question, client: str, timeout: float | None
    ) -> UpstreamAnswer | None:
        """What a lookup brings within `timeout` seconds; None if it takes longer, or if too many wait."""
        # Both bounds are per route: a stub domain whose servers are silent holds up no other names.
        pool = self._dispatcher.pool_for(question.name)
        lookup = None
        if pool.waiting.has_room(client, max(MAX_WAITING_QUERIES, pool.options.in_flight)):
            lookup = self._start_or_join(question, client)
        if lookup is None:
            self.counts.rejected_queries += 1
            return None

        # `wait` leaves the lookup running if the time is over or the client is gone.
        pool.waiting.take(client)
        try:
            await asyncio.wait((lookup,), timeout=timeout)
        finally:
            pool.waiting.give_back(client)
        return lookup.result() if lookup.done() else None

    def _start_or_join(
        self, question: Question, client: str = OURSELVES
    ) -> "asyncio.Task[UpstreamAnswer] | None":
        """The lookup of this question; None if too many of its route, or of the client, are in flight."""
        lookup = self._in_flight.get(question)
        if lookup is not None:
            return lookup

        pool = self._dispatcher.pool_for(question.name)
        # After the look for a lookup in flight: joining one costs the upstreams nothing.
        if not pool.in_flight.has_room(client, pool.options.in_flight):
            return None

        lookup = asyncio.get_running_loop().create_task(self._look_up(question))
        self._in_flight[question] = lookup
        pool.in_flight.take(client)

        def on_done(_: object) -> None:
            # A callback also runs for a task that is cancelled before its first step; a `finally` does not.
            del self._in_flight[question]
            pool.in_flight.give_back(client)

        lookup.add_done_callback(on_done)
        return lookup

    async def _look_up(self, question: Question) -> UpstreamAnswer:
        self.counts.upstream_lookups += 1
        # As of the beginning: an upstream may recover during the lookup.
        recovery_count = self._dispatcher.recovery_count
        answer = await self._dispatcher.resolve(question)
        now = self._clock()

        # Before it is cached: what an upstream says of our own names must reach nobody.
        answer = scrub.cut_at_local_name(answer, self._is_local)
        if not _is_failure(answer):
            self.answer_cache.put(question, answer, now)

            # From the entry, so that the first client gets the bounded TTLs too.
            entry = self.answer_cache.get(question.cache_key, now)
            # The time tells the new entry from an old one that stayed because the answer may not be cached.
            is_cached = entry is not None and entry.stored_at == now
            return entry.to_answer(question.name, now) if entry and is_cached else answer

        self.counts.failed_lookups += 1
        entry = self.answer_cache.get(question.cache_key, now)
        if entry is not None:
            entry.failed_until = now + STALE_RETRY_DELAY
            entry.recovery_count = recovery_count
        return answer


def _decode_question(name_and_type: bytes, flags: int, dnssec_ok: int) -> Question:
    rrtype = int.from_bytes(name_and_type[-2:], "big")
    return Question(name_and_type[:-2], rrtype, bool(flags & messages.CD), dnssec_ok == 1)


def _is_failure(answer: UpstreamAnswer) -> bool:
    """Whether the answer leaves the question open (RFC 8767 4), or is only a part of one."""
    return answer.is_truncated or answer.rcode not in (records.NOERROR, records.NXDOMAIN)


_TOO_MANY_WAITING = UpstreamAnswer(
    records.SERVFAIL,
    Sections(),
    extended_errors=((messages.NETWORK_ERROR, "too many queries wait for an upstream"),),
    failure_reason="too_many",
)
