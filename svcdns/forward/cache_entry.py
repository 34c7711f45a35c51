"""One cached answer of an upstream, and what is given of it at a time: fresh, or stale (RFC 8767).

Pure: time is a parameter.
"""

from msgspec import Struct

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import ExtendedError
from svcdns.forward import wire_entry
from svcdns.forward.questions import UpstreamAnswer
from svcdns.forward.wire_entry import WireEntry

STALE_TTL = 30
"""The TTL of all records of a stale answer, in seconds: the value that RFC 8767 4 recommends."""

STALE_ERRORS = ((messages.STALE_ANSWER, ""),)
STALE_NXDOMAIN_ERRORS = ((messages.STALE_NXDOMAIN, ""),)

# Encoded once: when upstreams are down, most answers carry one of these.
_STALE_OPT_RECORDS = messages.encode_opt_records(*STALE_ERRORS)
_STALE_NXDOMAIN_OPT_RECORDS = messages.encode_opt_records(*STALE_NXDOMAIN_ERRORS)


class CacheEntry(Struct):
    """One cached answer; times are those of the monotonic clock, in seconds."""

    encoded: WireEntry
    rcode: int
    is_authentic: bool
    """The upstream has validated the answer (AD)."""
    extended_errors: tuple[ExtendedError, ...]
    """What the upstream said of the answer (RFC 8914)."""
    is_chain_incomplete: bool
    """The answer ends with a CNAME whose target has to be asked for separately."""
    is_negative: bool
    """The answer says that the name does not exist, or has no record of this type."""
    size_bytes: int
    """The memory that the entry takes, about."""
    stored_at: float
    expires_at: float
    hit_seconds: int = 0
    """In how many seconds the answer was used: several times in a second count once."""
    failed_until: float = 0.0
    """After a failed renewal, the time until which no upstream is asked, unless one has recovered since."""
    recovery_count: int = 0
    """`Dispatcher.recovery_count` when the failed renewal began."""

    def encode(self, now: float) -> bytes:
        """The answer in the table's format, with the TTLs that remain."""
        if self.is_stale(now):
            return self.encoded.encode(lambda ttl: STALE_TTL)

        age = int(now - self.stored_at)
        return self.encoded.encode(lambda ttl: max(0, ttl - age))

    def to_answer(self, qname: bytes, now: float) -> UpstreamAnswer:
        """The same as records, for a question with this name."""
        sections = wire_entry.decode_sections(qname, self.encode(now))
        return UpstreamAnswer(self.rcode, sections, self.is_authentic, self._extended_errors_at(now))

    def opt_records(self, now: float) -> messages.OptRecords:
        """OPT records with the extended errors that apply now (RFC 8914)."""
        if self.is_stale(now):
            return _STALE_NXDOMAIN_OPT_RECORDS if self.rcode == records.NXDOMAIN else _STALE_OPT_RECORDS

        return (
            messages.encode_opt_records(*self.extended_errors)
            if self.extended_errors
            else messages.OPT_RECORDS
        )

    def is_stale(self, now: float) -> bool:
        """Whether its TTL has passed."""
        return now >= self.expires_at

    def is_expiring(self, now: float) -> bool:
        """Whether the last tenth of its lifetime, or the last second, has begun."""
        return self.expires_at - now <= max(1.0, (self.expires_at - self.stored_at) / 10)

    def _extended_errors_at(self, now: float) -> tuple[ExtendedError, ...]:
        """A stale answer says that it is stale (RFC 8914 4.4, 4.20)."""
        if self.is_stale(now):
            return STALE_NXDOMAIN_ERRORS if self.rcode == records.NXDOMAIN else STALE_ERRORS

        return self.extended_errors
