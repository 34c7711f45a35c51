"""Answers of upstreams for as long as their records live, and a while longer.

    put --- fresh ---> expired --- stale (RFC 8767), given only where no upstream answers ---> gone

Pure: time is a parameter.
"""

from collections.abc import Sequence

import cachetools
from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns import records, wire
from svcdns.dns.records import Record
from svcdns.dns.wire import ExtendedError, Sections
from svcdns.forward import packed, relevant
from svcdns.forward.options import CacheOptions
from svcdns.forward.packed import Packed
from svcdns.forward.question import Answer, Question

STALE = ((wire.STALE_ANSWER, ""),)
STALE_NXDOMAIN = ((wire.STALE_NXDOMAIN, ""),)
STALE_TTL = 30
"""Of the records of a stale answer (RFC 8767 4)."""
STALE_RECHECK = 30.0
"""Seconds after a failure in which a stale answer is given at once (RFC 8767 5)."""

_ENTRY = 700
"""Bytes of an entry beside its keys, records and errors, with cachetools' own: measured after renewals."""
_ERROR = 100
"""Bytes of an extended error beside its text."""


class Entry(Struct):
    """One kept answer; times are those of the monotonic clock."""

    packed: Packed
    rcode: int
    authentic: bool
    errors: tuple[ExtendedError, ...]
    is_open: bool
    """It ends with a CNAME whose target is still to be asked for."""
    is_denial: bool
    """It says that there is no such name, or nothing of this type."""
    size: int
    stored: float
    expires: float
    asked: int = 0
    """Seconds in which it was asked for."""
    failed_until: float = 0.0
    """No upstream gave another one, and none is asked before; unless one came back (`revivals`)."""
    revivals: int = 0

    def value(self, now: float) -> bytes:
        """The answer with the TTLs that are left, in the table's format."""
        if now >= self.expires:
            return self.packed.value(lambda ttl: STALE_TTL)
        age = int(now - self.stored)
        return self.packed.value(lambda ttl: max(0, ttl - age))

    def answer(self, name: bytes, now: float) -> Answer:
        """The same as records, for a question with this name."""
        return Answer(self.rcode, packed.unpack(name, self.value(now)), self.authentic, self.errors_at(now))

    def errors_at(self, now: float) -> tuple[ExtendedError, ...]:
        """What is to be said of it: of a stale one that it is (RFC 8914 4.4, 4.20)."""
        if now < self.expires:
            return self.errors
        return STALE_NXDOMAIN if self.rcode == records.NXDOMAIN else STALE

    def ends_soon(self, now: float) -> bool:
        """The last tenth of its life has begun, or its last second."""
        return self.expires - now <= max(1.0, (self.expires - self.stored) / 10)


class _Entries(cachetools.TLRUCache[bytes, Entry]):
    """It counts the denials among its entries, and those that had to make room."""

    denials = 0
    evictions = 0
    evicted_denials = 0

    def put(self, key: bytes, entry: Entry) -> None:
        """Instead of the one that was there."""
        before = self.pop(key, None)
        self[key] = entry
        self.denials += entry.is_denial - (before is not None and before.is_denial)

    def popitem(self) -> tuple[bytes, Entry]:
        """The least recently used one goes."""
        key, gone = super().popitem()
        self.denials -= gone.is_denial
        self.evictions += 1
        self.evicted_denials += gone.is_denial
        return key, gone

    def expire(self, time: float | None = None) -> list[tuple[bytes, Entry]]:
        """Those whose time is over go."""
        gone = super().expire(time)
        self.denials -= sum(entry.is_denial for _, entry in gone)
        return gone


class Cache:
    """Bounded by bytes and number; the least recently used entry goes first."""

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self._now = 0.0
        least = options.max_bytes // options.max_entries
        self._entries = _Entries(
            maxsize=options.max_bytes,
            ttu=lambda key, entry, now: entry.expires + options.serve_stale,
            timer=lambda: self._now,
            getsizeof=lambda entry: max(least, entry.size),
        )

    def get(self, key: bytes, now: float) -> Entry | None:
        """What is kept under `Question.key`, fresh or expired."""
        self._now = now
        try:
            return self._entries[key]
        except KeyError:  # `get` looks twice
            return None

    def put(self, question: Question, answer: Answer, now: float) -> None:
        """Keep the answer, unless it is a failure or may not be kept."""
        self._now = now
        seconds = lifetime(question, answer, self._options)
        if seconds <= 0:
            return
        made = packed.pack(question.name, self._bounded(question, answer.sections, seconds))
        errors = sum(_ERROR + 4 * len(text) for _, text in answer.errors)
        size = _ENTRY + 2 * len(question.key) + made.size + errors  # cachetools has a key of what it removed
        if size <= self._entries.maxsize:
            is_open = answer.rcode == records.NOERROR and relevant.is_open(question, answer.sections)
            self._entries.put(
                question.key,
                Entry(
                    made,
                    answer.rcode,
                    answer.authentic,
                    answer.errors,
                    is_open,
                    is_denial(question, answer),
                    size,
                    now,
                    now + seconds,
                ),
            )

    def _bounded(self, question: Question, found: Sections, seconds: int) -> Sections:
        """TTLs within the bounds; that there is nothing, clients keep no longer than we (RFC 2308 5)."""
        least, most = self._options.min_ttl, self._options.max_ttl

        def bound(section: Sequence[Record], most: int) -> list[Record]:
            return [replace(record, ttl=max(least, min(record.ttl, most))) for record in section]

        negative = not relevant.is_answered(question, found.answer)
        authority = bound(found.authority, seconds if negative else most)
        return Sections(bound(found.answer, most), authority, bound(found.additional, most))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def denials(self) -> int:
        """Of its entries."""
        self._entries.expire()
        return self._entries.denials

    @property
    def evictions(self) -> int:
        """Entries that went before their end, for others."""
        return self._entries.evictions

    @property
    def evicted_denials(self) -> int:
        """Of these."""
        return self._entries.evicted_denials

    @property
    def size(self) -> int:
        """Bytes, about."""
        return int(self._entries.currsize)


def is_denial(question: Question, answer: Answer) -> bool:
    """Whether it says that there is no such name, or nothing of this type (RFC 2308 2)."""
    found = answer.sections
    says = relevant.is_answered(question, found.answer) or relevant.is_open(question, found)
    return answer.rcode == records.NXDOMAIN or not says


def lifetime(question: Question, answer: Answer, options: CacheOptions) -> int:
    """Seconds that an answer lives: its least TTL; a negative one by its SOA (RFC 2308 5), or not at all."""
    if answer.rcode not in (records.NOERROR, records.NXDOMAIN):
        return 0
    ttls = [record.ttl for record in answer.sections.answer]
    if not is_denial(question, answer):
        return max(options.min_ttl, min(*ttls, options.max_ttl))
    soa = next((record for record in answer.sections.authority if record.type == records.SOA), None)
    if soa is None or len(soa.rdata) < 22:
        return 0
    minimum = int.from_bytes(soa.rdata[-4:], "big")
    return max(options.min_ttl, min(*ttls, soa.ttl, minimum, options.max_negative_ttl))
