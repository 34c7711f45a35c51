"""Why a query gets no answer of ours: the extended errors (RFC 8914 4.19, 4.21) that go with REFUSED.

The AAAA filter has one too: without, nobody would guess why a name has no such record.
"""

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import ExtendedError, Query, Sections

NO_TRANSFER: ExtendedError = messages.PROHIBITED, "zone transfers are not offered"
NO_CLASS: ExtendedError = messages.NOT_AUTHORITATIVE, "only class IN is served"
NO_CHAOS: ExtendedError = messages.NOT_AUTHORITATIVE, "no such name in class CH"
NO_UPSTREAM: ExtendedError = (
    messages.NOT_AUTHORITATIVE,
    "no zone of ours has this name, and it is not forwarded",
)
NO_RECURSION: ExtendedError = messages.NOT_AUTHORITATIVE, "no zone has this name, and RD is not set"

FILTERED_OPTION = messages.encode_extended_error(
    messages.PROHIBITED, "filter_aaaa: names below this suffix have no AAAA records here"
)
"""The EDNS option of an answer from which the AAAA filter has taken records."""


def encode_refusal(query: Query, flags: int, limit: int, reason: ExtendedError) -> bytes:
    """REFUSED with its reason, without id, in at most `limit` bytes with it."""
    option = messages.encode_extended_error(*reason)
    return messages.encode_reply(query, flags, records.REFUSED, Sections(), limit, option)
