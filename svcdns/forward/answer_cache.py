"""Answers of upstreams for as long as their records live, and a while longer.

    put --- fresh ---> expired --- stale (RFC 8767), given only where no upstream answers ---> gone

Pure: time is a parameter.
"""

from collections.abc import Sequence

import cachetools
from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import ExtendedError, Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import scrub, wire_entry
from svcdns.forward.options import CacheOptions
from svcdns.forward.questions import Question, UpstreamAnswer
from svcdns.forward.wire_entry import WireEntry

STALE_ERRORS = ((messages.STALE_ANSWER, ""),)
STALE_NXDOMAIN_ERRORS = ((messages.STALE_NXDOMAIN, ""),)
STALE_TTL = 30
"""Of the records of a stale answer (RFC 8767 4)."""
STALE_RETRY_DELAY = 30.0
"""Seconds after a failure in which a stale answer is given at once (RFC 8767 5)."""

_ENTRY_OVERHEAD = 700
"""Bytes of an entry beside its keys, records and errors, with cachetools' own: measured after renewals."""
_ERROR_OVERHEAD = 100
"""Bytes of an extended error beside its text."""


class CacheEntry(Struct):
    """One kept answer; times are those of the monotonic clock."""

    encoded: WireEntry
    rcode: int
    is_authentic: bool
    extended_errors: tuple[ExtendedError, ...]
    is_chain_incomplete: bool
    """It ends with a CNAME whose target is still to be asked for."""
    is_negative: bool
    """It says that there is no such name, or nothing of this type."""
    size_bytes: int
    stored_at: float
    expires_at: float
    hit_seconds: int = 0
    """Seconds in which it was asked for."""
    failed_until: float = 0.0
    """No upstream gave another one, and none is asked before; unless one came back (`revivals`)."""
    recovery_count: int = 0

    def encode(self, now: float) -> bytes:
        """The answer with the TTLs that are left, in the table's format."""
        if now >= self.expires_at:
            return self.encoded.encode(lambda ttl: STALE_TTL)
        age = int(now - self.stored_at)
        return self.encoded.encode(lambda ttl: max(0, ttl - age))

    def to_answer(self, qname: bytes, now: float) -> UpstreamAnswer:
        """The same as records, for a question with this name."""
        return UpstreamAnswer(
            self.rcode,
            wire_entry.decode_sections(qname, self.encode(now)),
            self.is_authentic,
            self.extended_errors_at(now),
        )

    def extended_errors_at(self, now: float) -> tuple[ExtendedError, ...]:
        """What is to be said of it: of a stale one that it is (RFC 8914 4.4, 4.20)."""
        if now < self.expires_at:
            return self.extended_errors
        return STALE_NXDOMAIN_ERRORS if self.rcode == records.NXDOMAIN else STALE_ERRORS

    def is_expiring(self, now: float) -> bool:
        """The last tenth of its life has begun, or its last second."""
        return self.expires_at - now <= max(1.0, (self.expires_at - self.stored_at) / 10)


class _EntryStore(cachetools.TLRUCache[bytes, CacheEntry]):
    """It counts the denials among its entries, and those that had to make room."""

    negative_count = 0
    eviction_count = 0
    evicted_negative_count = 0

    def put(self, key: bytes, entry: CacheEntry) -> None:
        """Instead of the one that was there."""
        before = self.pop(key, None)
        self[key] = entry
        self.negative_count += entry.is_negative - (before is not None and before.is_negative)

    def popitem(self) -> tuple[bytes, CacheEntry]:
        """The least recently used one goes."""
        key, gone = super().popitem()
        self.negative_count -= gone.is_negative
        self.eviction_count += 1
        self.evicted_negative_count += gone.is_negative
        return key, gone

    def expire(self, time: float | None = None) -> list[tuple[bytes, CacheEntry]]:
        """Those whose time is over go."""
        gone = super().expire(time)
        self.negative_count -= sum(entry.is_negative for _, entry in gone)
        return gone


class AnswerCache:
    """Bounded by bytes and number; the least recently used entry goes first."""

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self._now = 0.0
        least = options.max_bytes // options.max_entries
        self._entries = _EntryStore(
            maxsize=options.max_bytes,
            ttu=lambda key, entry, now: entry.expires_at + options.serve_stale,
            timer=lambda: self._now,
            getsizeof=lambda entry: max(least, entry.size_bytes),
        )

    def get(self, key: bytes, now: float) -> CacheEntry | None:
        """What is kept under `Question.key`, fresh or expired."""
        self._now = now
        try:
            return self._entries[key]
        except KeyError:  # `get` looks twice
            return None

    def put(self, question: Question, answer: UpstreamAnswer, now: float) -> None:
        """Keep the answer, unless it is a failure or may not be kept."""
        self._now = now
        seconds = lifetime(question, answer, self._options)
        if seconds <= 0:
            return
        made = wire_entry.encode_sections(question.name, self._clamp_ttls(question, answer.sections, seconds))
        errors = sum(_ERROR_OVERHEAD + 4 * len(text) for _, text in answer.extended_errors)
        size = (
            _ENTRY_OVERHEAD + 2 * len(question.cache_key) + made.size_bytes + errors
        )  # cachetools has a key of what it removed
        if size <= self._entries.maxsize:
            is_open = answer.rcode == records.NOERROR and scrub.is_chain_incomplete(question, answer.sections)
            self._entries.put(
                question.cache_key,
                CacheEntry(
                    made,
                    answer.rcode,
                    answer.is_authentic,
                    answer.extended_errors,
                    is_open,
                    is_negative(question, answer),
                    size,
                    now,
                    now + seconds,
                ),
            )

    def _clamp_ttls(self, question: Question, sections: Sections, negative_ttl: int) -> Sections:
        """TTLs within the bounds; that there is nothing, clients keep no longer than we (RFC 2308 5)."""
        least, most = self._options.min_ttl, self._options.max_ttl

        def bound(section: Sequence[Record], most: int) -> list[Record]:
            return [replace(record, ttl=max(least, min(record.ttl, most))) for record in section]

        negative = not scrub.is_answered(question, sections.answer)
        authority = bound(sections.authority, negative_ttl if negative else most)
        return Sections(bound(sections.answer, most), authority, bound(sections.additional, most))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def negative_count(self) -> int:
        """Of its entries."""
        self._entries.expire()
        return self._entries.negative_count

    @property
    def eviction_count(self) -> int:
        """Entries that went before their end, for others."""
        return self._entries.eviction_count

    @property
    def evicted_negative_count(self) -> int:
        """Of these."""
        return self._entries.evicted_negative_count

    @property
    def size_bytes(self) -> int:
        """Bytes, about."""
        return int(self._entries.currsize)


def is_negative(question: Question, answer: UpstreamAnswer) -> bool:
    """Whether it says that there is no such name, or nothing of this type (RFC 2308 2)."""
    found = answer.sections
    says = scrub.is_answered(question, found.answer) or scrub.is_chain_incomplete(question, found)
    return answer.rcode == records.NXDOMAIN or not says


def lifetime(question: Question, answer: UpstreamAnswer, options: CacheOptions) -> int:
    """Seconds that an answer lives: its least TTL; a negative one by its SOA (RFC 2308 5), or not at all."""
    if answer.rcode not in (records.NOERROR, records.NXDOMAIN):
        return 0
    ttls = [record.ttl for record in answer.sections.answer]
    if not is_negative(question, answer):
        return max(options.min_ttl, min(*ttls, options.max_ttl))
    soa = next((record for record in answer.sections.authority if record.type == records.SOA), None)
    if soa is None or len(soa.rdata) < 22:
        return 0
    minimum = int.from_bytes(soa.rdata[-4:], "big")
    return max(options.min_ttl, min(*ttls, soa.ttl, minimum, options.max_negative_ttl))
