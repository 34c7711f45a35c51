"""Answers of upstreams for as long as their records live, and a while longer.

    put --- fresh ---> expired --- stale (RFC 8767), given only where no upstream answers ---> removed

Pure: time is a parameter.
"""

from collections.abc import Sequence

import cachetools
from msgspec.structs import replace

from svcdns.dns.wire import records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.forward import scrub, wire_entry
from svcdns.forward.cache_entry import CacheEntry
from svcdns.forward.options import CacheOptions
from svcdns.forward.questions import Question, UpstreamAnswer

_ENTRY_OVERHEAD = 700
"""Bytes of an entry without keys, records and errors, with cachetools' own; measured after renewals."""
_ERROR_OVERHEAD = 100
"""Bytes of an extended error without its text."""
_MIN_SOA_BYTES = 22
"""An SOA's data has at least two names of one byte and five numbers of four (RFC 1035 3.3.13)."""


class _EntryStore(cachetools.TLRUCache[bytes, CacheEntry]):
    """A store that counts its negative entries, and the entries that had to make room."""

    negative_count = 0
    eviction_count = 0
    evicted_negative_count = 0

    def put(self, key: bytes, entry: CacheEntry) -> None:
        """Store the entry in place of the previous one."""
        # Removed first: making room could evict the previous entry itself, and count it as an eviction.
        previous = self.pop(key, None)
        self[key] = entry

        # Only now: if setting has evicted others, `popitem` has counted these.
        self.negative_count += entry.is_negative - (previous is not None and previous.is_negative)

    def popitem(self) -> tuple[bytes, CacheEntry]:
        """Evict the least recently used entry."""
        # cachetools calls this to make room, never to expire: each call is an eviction.
        key, evicted = super().popitem()

        self.negative_count -= evicted.is_negative
        self.eviction_count += 1
        self.evicted_negative_count += evicted.is_negative
        return key, evicted

    def expire(self, time: float | None = None) -> list[tuple[bytes, CacheEntry]]:
        """Remove the entries whose time is over, stale time included."""
        # cachetools calls this before it stores or evicts an entry: expired ones are no evictions.
        removed = super().expire(time)
        self.negative_count -= sum(entry.is_negative for _, entry in removed)
        return removed


class AnswerCache:
    """A cache bounded by bytes and by entries; the least recently used entry goes first."""

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self._now = 0.0

        # One bound does for both: an entry never counts less than its share of the bytes.
        min_entry_bytes = options.max_bytes // options.max_entries
        self._entries = _EntryStore(
            maxsize=options.max_bytes,
            # An expired answer stays for its stale time; `CacheEntry.is_stale` tells the two apart.
            ttu=lambda key, entry, now: entry.expires_at + options.serve_stale,
            # A time that callers set: all steps of one call see the same, and tests need no clock.
            timer=lambda: self._now,
            getsizeof=lambda entry: max(min_entry_bytes, entry.size_bytes),
        )

    def get(self, key: bytes, now: float) -> CacheEntry | None:
        """The entry under this `Question.cache_key`, fresh or stale."""
        self._now = now
        try:
            return self._entries[key]
        except KeyError:  # cachetools' `get` would look the key up twice
            return None

    def put(self, question: Question, answer: UpstreamAnswer, now: float) -> None:
        """Store the answer, unless it is a failure, may not be cached, or is larger than the cache."""
        self._now = now
        lifetime_seconds = lifetime(question, answer, self._options)
        if lifetime_seconds <= 0:
            return

        sections = self._clamp_ttls(question, answer.sections, lifetime_seconds)
        encoded = wire_entry.encode_sections(question.name, sections)

        # Twice the key: cachetools keeps that of a removed entry for a while.
        error_bytes = sum(_ERROR_OVERHEAD + 4 * len(text) for _, text in answer.extended_errors)
        size_bytes = _ENTRY_OVERHEAD + 2 * len(question.cache_key) + encoded.size_bytes + error_bytes
        # cachetools would raise ValueError. The previous entry stays: it may still be given when stale.
        if size_bytes > self._entries.maxsize:
            return

        # The rcode belongs to the last name of a chain (RFC 6604 3): beside NXDOMAIN nothing is open.
        is_chain_incomplete = answer.rcode == records.NOERROR and scrub.is_chain_incomplete(
            question, answer.sections
        )
        entry = CacheEntry(
            encoded,
            answer.rcode,
            answer.is_authentic,
            answer.extended_errors,
            is_chain_incomplete,
            is_negative(question, answer),
            size_bytes,
            stored_at=now,
            expires_at=now + lifetime_seconds,
        )
        self._entries.put(question.cache_key, entry)

    def _clamp_ttls(self, question: Question, sections: Sections, negative_ttl: int) -> Sections:
        """The records with TTLs within the bounds.

        Clients cache a negative answer no longer than this cache does (RFC 2308 5).
        """
        min_ttl = self._options.min_ttl
        max_ttl = self._options.max_ttl

        def clamp(section: Sequence[Record], highest: int) -> list[Record]:
            return [replace(record, ttl=max(min_ttl, min(record.ttl, highest))) for record in section]

        has_answer = scrub.is_answered(question, sections.answer)
        return Sections(
            clamp(sections.answer, max_ttl),
            clamp(sections.authority, max_ttl if has_answer else negative_ttl),
            clamp(sections.additional, max_ttl),
        )

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def negative_count(self) -> int:
        """The number of negative entries."""
        # Only storing expires entries: without this, old ones would still be counted.
        self._entries.expire()
        return self._entries.negative_count

    @property
    def eviction_count(self) -> int:
        """The number of entries that were removed before their end, to make room."""
        return self._entries.eviction_count

    @property
    def evicted_negative_count(self) -> int:
        """The number of negative entries among the evicted ones."""
        return self._entries.evicted_negative_count

    @property
    def size_bytes(self) -> int:
        """The memory that the entries take, about."""
        return int(self._entries.currsize)


def is_negative(question: Question, answer: UpstreamAnswer) -> bool:
    """Whether the answer says that the name does not exist, or has no record of this type (RFC 2308 2)."""
    sections = answer.sections
    # An alias whose target is not in the answer denies nothing: the target is asked for by itself.
    has_answer = scrub.is_answered(question, sections.answer) or scrub.is_chain_incomplete(question, sections)
    return answer.rcode == records.NXDOMAIN or not has_answer


def lifetime(question: Question, answer: UpstreamAnswer, options: CacheOptions) -> int:
    """Seconds that an answer may be cached; 0: not at all.

    An answer lives as long as its record with the least TTL, addresses of its targets included. A negative
    one lives as its SOA says: without an SOA, it is not cached (RFC 2308 5).
    """
    # A failure says nothing of the name; RFC 2308 7.1 lets caches keep it, and this one does not.
    if answer.rcode not in (records.NOERROR, records.NXDOMAIN):
        return 0

    sections = answer.sections
    ttls = [record.ttl for record in (*sections.answer, *sections.additional)]
    if not is_negative(question, answer):
        # `ttls` is not empty: an answer that is not negative has a record, or a CNAME at least.
        return max(options.min_ttl, min(*ttls, options.max_ttl))

    soa = next((record for record in sections.authority if record.type == records.SOA), None)
    if soa is None or len(soa.rdata) < _MIN_SOA_BYTES:
        return 0

    minimum = int.from_bytes(soa.rdata[-4:], "big")  # MINIMUM is the SOA's last field
    # The CNAMEs before a denial count too: the whole answer ends with its shortest part.
    return max(options.min_ttl, min(*ttls, soa.ttl, minimum, options.max_negative_ttl))
