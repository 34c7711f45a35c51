"""Whom to ask, and when to give up.

    kept? -> in flight already? -> too many? -> upstreams, the healthy first, each a bounded time

A failure of ours is an answer too (SERVFAIL with an extended error, RFC 8914), and never kept.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from msgspec import Struct

from svcdns.dns import records, wire
from svcdns.dns.wire import Sections
from svcdns.forward import upstream
from svcdns.forward.cache import Cache
from svcdns.forward.question import Answer, Question
from svcdns.forward.upstream import UpstreamError

_TRY_NEXT = frozenset((records.SERVFAIL, records.REFUSED, records.NOTIMP, records.FORMERR))


class Settings(Struct, frozen=True):
    """Seconds and counts."""

    per_try: float = 2.0
    in_all: float = 5.0
    """Below the 5 s after which resolvers ask again."""
    in_flight: int = 1000
    down: float = 5.0
    """An upstream that gave no answer is asked last for so long."""


class Counts(Struct):
    """Plain numbers for metrics."""

    asked: int = 0
    kept: int = 0
    failed: int = 0
    refused: int = 0


class Forwarder:
    """One worker's upstreams, flights and cache."""

    def __init__(
        self,
        upstreams: Sequence[tuple[str, int]],
        clock: Callable[[], float],
        settings: Settings | None = None,
    ) -> None:
        self.counts = Counts()
        self._upstreams = tuple(upstreams)
        self._clock = clock
        self._settings = settings or Settings()
        self._cache = Cache()
        self._flights: dict[Question, asyncio.Task[Answer]] = {}
        self._down_until: dict[tuple[str, int], float] = {}

    async def resolve(self, question: Question) -> Answer:
        """The answer, or SERVFAIL with the reason; raises nothing."""
        kept = self._cache.get(question, self._clock())
        if kept is not None:
            self.counts.kept += 1
            return kept
        flight = self._flights.get(question)
        if flight is None:
            if len(self._flights) >= self._settings.in_flight:
                self.counts.refused += 1
                return _failure(wire.NETWORK_ERROR, "too many queries wait for an upstream")
            flight = asyncio.get_running_loop().create_task(self._fly(question))
            self._flights[question] = flight
            flight.add_done_callback(lambda _: self._flights.pop(question, None))
        return await asyncio.shield(flight)

    async def _fly(self, question: Question) -> Answer:
        self.counts.asked += 1
        try:
            async with asyncio.timeout(self._settings.in_all):
                answer = await self._ask_in_turn(question)
        except TimeoutError:
            answer = _failure(wire.NO_REACHABLE_AUTHORITY, "no upstream answered in time")
        if answer.ede is not None:
            self.counts.failed += 1
        self._cache.put(question, answer, self._clock())
        return answer

    async def _ask_in_turn(self, question: Question) -> Answer:
        said: Answer | None = None
        reasons = []
        for address in self._order():
            try:
                found = await upstream.exchange(*address, question, self._settings.per_try)
            except UpstreamError as error:
                self._down_until[address] = self._clock() + self._settings.down
                reasons.append(f"{address[0]}: {error}")
                continue
            self._down_until.pop(address, None)
            authentic = bool(found.flags & wire.AD)
            said = Answer(found.rcode, found.sections, authentic)
            if found.rcode not in _TRY_NEXT:
                return said
        return said or _failure(wire.NO_REACHABLE_AUTHORITY, "; ".join(reasons))

    def _order(self) -> list[tuple[str, int]]:
        """In a random order, those that just failed last."""
        now = self._clock()
        found = random.sample(self._upstreams, len(self._upstreams))
        return sorted(found, key=lambda address: self._down_until.get(address, 0.0) > now)


def _failure(code: int, text: str) -> Answer:
    return Answer(records.SERVFAIL, Sections(), ede=(code, text))
