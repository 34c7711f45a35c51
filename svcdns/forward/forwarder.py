"""Names outside the cluster for one worker: what is kept, and one flight per question for what is not.

    ready (hot path) --- kept and fresh, or known to fail and stale ---> bytes
    resolve          --- the same, else join or begin a flight ---> Answer

A flight ends by itself, whoever still waits: its answer is kept for the next one. A failure of ours
is an answer too (SERVFAIL with an extended error, RFC 8914), and never kept.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct, field

from svcdns.dns import records, wire
from svcdns.dns.living import Given
from svcdns.dns.view import Ready
from svcdns.dns.wire import Sections
from svcdns.forward import cache, question, relevant
from svcdns.forward.cache import Cache, Entry
from svcdns.forward.options import CacheOptions
from svcdns.forward.question import Answer, Question
from svcdns.forward.upstreams import Upstreams

ASKED_OFTEN = 3
"""Seconds in which an answer was asked for, after which it is renewed before it ends."""
WAITING = 5000
"""Queries that may wait for the upstreams of one route; more where more questions may be under way."""

_STALE = wire.opts_with(*cache.STALE)
_STALE_NXDOMAIN = wire.opts_with(*cache.STALE_NXDOMAIN)


def _sorts() -> dict[tuple[bool, bool], Given]:
    return {(denied, stale): Given() for denied in (False, True) for stale in (False, True)}


class Counts(Struct):
    """Plain numbers for metrics."""

    asked: int = 0
    """Flights."""
    given: dict[tuple[bool, bool], Given] = field(default_factory=_sorts)
    """Answers from the cache, by whether they say that there is nothing, and whether they are stale."""
    missed: int = 0
    """Questions that the cache had no answer for."""
    prefetched: int = 0
    failed: int = 0
    """Flights that brought no answer."""
    refused: int = 0
    """Queries that would have had to wait, where too many do already."""

    @property
    def kept(self) -> int:
        """All answers from the cache."""
        return sum(given.times for given in self.given.values())

    @property
    def denied(self) -> int:
        """Of these, those that say that there is nothing."""
        return sum(given.times for (denied, _), given in self.given.items() if denied)

    @property
    def stale(self) -> int:
        """Of these, those beyond their end."""
        return sum(given.times for (_, stale), given in self.given.items() if stale)


class Forwarder:
    """One worker's cache and flights; `upstreams` does the asking."""

    def __init__(
        self,
        options: CacheOptions,
        upstreams: Upstreams,
        clock: Callable[[], float],
        is_ours: Callable[[bytes], bool] = lambda name: False,
    ) -> None:
        """`is_ours` tells whether a folded name is for nobody else to answer."""
        self.counts = Counts()
        self._options = options
        self.cache = Cache(options)
        self._upstreams = upstreams
        self._clock = clock
        self._is_ours = is_ours
        self._flights: dict[Question, asyncio.Task[Answer]] = {}

    def has_route(self, name: bytes) -> bool:
        """Whether there is an upstream for this folded name."""
        return self._upstreams.has_route(name)

    def ready(self, name_and_type: bytes, flags: int, do: int) -> Ready | None:
        """The kept answer to a question, without its DNS message being read (`View.kept`)."""
        now = self._clock()
        entry = self.cache.get(question.key(name_and_type, flags, do), now)
        if entry is None or entry.is_open or not self._counts_now(entry, now):
            return None
        if self._is_due(entry, now):
            self._renew(entry, _read(name_and_type, flags, do))
        authentic = wire.AD if entry.authentic and (flags & wire.AD or do == 1) else 0  # RFC 6840 5.8
        return entry.rcode | authentic, entry.value(now), _opts(entry, now), self._given(entry, now)

    async def resolve(self, asked: Question) -> Answer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        now = self._clock()
        entry = self.cache.get(asked.key, now)
        if entry is not None and self._counts_now(entry, now):
            self._given(entry, now).times += 1
            if self._is_due(entry, now):
                self._renew(entry, asked)
            return entry.answer(asked.name, now)
        found = await self._flown(asked, self._options.client_timer if entry else None)
        if entry is not None and (found is None or _is_failure(found)):
            stale = max(self._clock(), entry.expires)
            self._given(entry, stale).times += 1
            return entry.answer(asked.name, stale)
        self.counts.missed += 1
        return found or _TOO_MANY

    def _given(self, entry: Entry, now: float) -> Given:
        """Where it is counted that this answer was given."""
        return self.counts.given[entry.is_denial, now >= entry.expires]

    def _counts_now(self, entry: Entry, now: float) -> bool:
        """It is fresh, or another one was asked for a moment ago and did not come."""
        return now < entry.expires or (
            now < entry.failed_until and entry.revivals == self._upstreams.revivals
        )

    def _is_due(self, entry: Entry, now: float) -> bool:
        """It was asked for again: whether that is often, and its end near while there is still an answer."""
        entry.asked += 1
        often = self._options.prefetch and entry.asked >= ASKED_OFTEN
        return often and now < entry.expires and entry.ends_soon(now)

    def _renew(self, entry: Entry, asked: Question) -> None:
        """Ask again, before it ends."""
        if self._begin(asked):
            self.counts.prefetched += 1
            entry.asked = 0

    async def _flown(self, asked: Question, patience: float | None) -> Answer | None:
        """What the flight brings within `patience` seconds; None where it does not, or too many wait."""
        pool = self._upstreams.pool(asked.name)
        flight = self._begin(asked) if pool.waiting < max(WAITING, pool.options.in_flight) else None
        if flight is None:
            self.counts.refused += 1
            return None
        pool.waiting += 1
        try:
            await asyncio.wait((flight,), timeout=patience)
        finally:
            pool.waiting -= 1
        return flight.result() if flight.done() else None

    def _begin(self, asked: Question) -> "asyncio.Task[Answer] | None":
        """The flight of this question; None where too many of its route are under way."""
        flight = self._flights.get(asked)
        if flight is not None:
            return flight
        pool = self._upstreams.pool(asked.name)
        if pool.flights >= pool.options.in_flight:
            return None
        flight = self._flights[asked] = asyncio.get_running_loop().create_task(self._fly(asked))
        pool.flights += 1

        def ended(_: object) -> None:
            del self._flights[asked]
            pool.flights -= 1

        flight.add_done_callback(ended)
        return flight

    async def _fly(self, asked: Question) -> Answer:
        self.counts.asked += 1
        revivals = self._upstreams.revivals
        found = await self._upstreams.ask(asked)
        now = self._clock()
        if not _is_failure(found):
            found = relevant.before(found, self._is_ours)
            self.cache.put(asked, found, now)
            entry = self.cache.get(asked.key, now)
            kept = entry is not None and entry.stored == now
            return entry.answer(asked.name, now) if entry and kept else found
        self.counts.failed += 1
        entry = self.cache.get(asked.key, now)
        if entry is not None:
            entry.failed_until, entry.revivals = now + cache.STALE_RECHECK, revivals
        return found


def _opts(entry: Entry, now: float) -> wire.Opts:
    """With the errors that are to be told."""
    if now >= entry.expires:
        return _STALE_NXDOMAIN if entry.rcode == records.NXDOMAIN else _STALE
    return wire.opts_with(*entry.errors) if entry.errors else wire.OPTS


def _read(name_and_type: bytes, flags: int, do: int) -> Question:
    rrtype = int.from_bytes(name_and_type[-2:], "big")
    return Question(name_and_type[:-2], rrtype, bool(flags & wire.CD), do == 1)


def _is_failure(found: Answer) -> bool:
    """No answer to what was asked (RFC 8767 4)."""
    return found.rcode not in (records.NOERROR, records.NXDOMAIN)


_TOO_MANY = Answer(
    records.SERVFAIL,
    Sections(),
    errors=((wire.NETWORK_ERROR, "too many queries wait for an upstream"),),
    failure="too_many",
)
