"""Answers of upstreams for as long as their records live; pure: the time is a parameter."""

import cachetools
from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns import records
from svcdns.dns.records import Record
from svcdns.dns.wire import Sections
from svcdns.forward.question import Answer, Question

MAX_BYTES = 16 << 20
"""Of records, with what an entry costs beside them."""
MAX_TTL = 3600
MAX_NEGATIVE_TTL = 300
_ENTRY = 1000
_RECORD = 300


class _Entry(Struct, frozen=True):
    answer: Answer
    stored: float
    expires: float
    size: int


class Cache:
    """Bounded by bytes; the least recently used entry goes first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._now = 0.0
        self._entries: cachetools.TLRUCache[Question, _Entry] = cachetools.TLRUCache(
            maxsize=max_bytes,
            ttu=lambda question, entry, now: entry.expires,
            timer=lambda: self._now,
            getsizeof=lambda entry: entry.size,
        )

    def get(self, question: Question, now: float) -> Answer | None:
        """The answer with the TTLs that are left, in whole seconds."""
        self._now = now
        entry = self._entries.get(question)
        return _aged(entry.answer, int(now - entry.stored)) if entry is not None else None

    def put(self, question: Question, answer: Answer, now: float) -> None:
        """Keep the answer, unless it is a failure or may not be kept."""
        self._now = now
        ttl = lifetime(answer)
        if ttl <= 0:
            return
        parts = answer.sections
        found = [*parts.answer, *parts.authority, *parts.additional]
        size = _ENTRY + sum(_RECORD + len(record.rdata) + len(record.owner) for record in found)
        if size <= self._entries.maxsize:
            self._entries[question] = _Entry(answer, now, now + ttl, size)

    def __len__(self) -> int:
        return len(self._entries)


def lifetime(answer: Answer) -> int:
    """Seconds that an answer lives: its least TTL; a negative one by its SOA (RFC 2308 5), or not at all."""
    if answer.rcode not in (records.NOERROR, records.NXDOMAIN):
        return 0
    positive = answer.rcode == records.NOERROR and any(
        record.type != records.CNAME for record in answer.sections.answer
    )
    ttls = [record.ttl for record in answer.sections.answer]
    if positive:
        return min(*ttls, MAX_TTL)
    soa = next((record for record in answer.sections.authority if record.type == records.SOA), None)
    if soa is None or len(soa.rdata) < 22:
        return 0
    minimum = int.from_bytes(soa.rdata[-4:], "big")
    return min(*ttls, soa.ttl, minimum, MAX_NEGATIVE_TTL)


def _aged(answer: Answer, seconds: int) -> Answer:
    if not seconds:
        return answer
    parts = answer.sections

    def age(found: list[Record]) -> list[Record]:
        return [replace(record, ttl=max(0, record.ttl - seconds)) for record in found]

    return replace(answer, sections=Sections(age(parts.answer), age(parts.authority), age(parts.additional)))
