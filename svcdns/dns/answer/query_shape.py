"""The form of a query, which is all of it but its id and its name; and what follows from it for the reply.

Clients send few of them (RD set; a type; an OPT or none), so each is read once, and then looked up.
"""

from msgspec import Struct

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import OptRecords

_IN = b"\0\1"
_OPT_PREFIX = b"\0\0\x29"
_META_TYPES = range(249, 256)
"""TKEY to ANY: questions about the server or about many types (RFC 6895 3.1)."""
_NEGATIVE_COUNTS = b"\0\1\0\0\0\1"
"""One question, no answer, one record of authority: the SOA."""
MAX_CACHED_TAIL = 15
"""Bytes behind the name, at most, of a form that is worth to be kept: those of an OPT without options."""


class QueryShape(Struct, frozen=True):
    """A usual query; heads are a reply's header without its id, or what is before its counts of records."""

    qtype: bytes
    udp_limit: int
    """Bytes of a reply by UDP."""
    do: int
    """-1: no EDNS."""
    counts_offset: int
    """Where the counts of records stand in a value of the table (`answers`)."""
    answer_head: bytes
    nodata_head: bytes
    nxdomain_head: bytes
    opt: bytes
    """To send with an answer, and with NXDOMAIN; nothing without EDNS."""
    nxdomain_opt: bytes
    upstream_flags: int
    """Flags of an upstream's answer, without its AD and rcode; 0 where none is asked for (RD clear)."""
    query_flags: int
    """AD and CD of the query: what it wants to know of signatures (RFC 6840 5.7, RFC 4035 3.2.2)."""

    def choose_opt(self, opt_records: OptRecords) -> bytes:
        """The one to send; nothing without EDNS."""
        return b"" if self.do < 0 else opt_records[self.do]


def parse_shape(
    head: bytes, tail: bytes, is_recursive: bool, opt_records: OptRecords, nxdomain_opt_records: OptRecords
) -> QueryShape | None:
    """From a query's header without its id, and what is behind its name; None where it is not a usual one."""
    asked = int.from_bytes(head[:2], "big")
    if asked & ~(messages.RD | messages.AD | messages.CD) or head[2:9] != b"\0\1\0\0\0\0\0" or head[9] > 1:
        return None
    rrtype = tail[:2]
    if tail[2 : messages.QTYPE_QCLASS_SIZE] != _IN or int.from_bytes(rrtype, "big") in _META_TYPES:
        return None
    limit, do = messages.MAX_UDP_SIZE_WITHOUT_EDNS, -1
    if head[9]:
        if tail[messages.QTYPE_QCLASS_SIZE : 7] != _OPT_PREFIX or not _options_fit(tail, 13) or tail[10]:
            return None
        limit, do = (
            min(max(tail[7] << 8 | tail[8], messages.MAX_UDP_SIZE_WITHOUT_EDNS), messages.MAX_UDP_SIZE),
            tail[11] >> 7,
        )
    elif len(tail) != messages.QTYPE_QCLASS_SIZE:
        return None
    flags = (
        messages.QR | messages.AA | asked & (messages.RD | messages.CD) | (messages.RA if is_recursive else 0)
    )
    additional = bytes((0, head[9]))
    answered, nxdomain = flags.to_bytes(2, "big"), (flags | records.NXDOMAIN).to_bytes(2, "big")
    return QueryShape(
        rrtype,
        limit,
        do,
        8 if do >= 0 else 2,
        answered + _IN,
        answered + _NEGATIVE_COUNTS + additional,
        nxdomain + _NEGATIVE_COUNTS + additional,
        opt_records[do] if do >= 0 else b"",
        nxdomain_opt_records[do] if do >= 0 else b"",
        flags & ~messages.AA if asked & messages.RD and is_recursive else 0,
        asked & (messages.AD | messages.CD),
    )


def _options_fit(tail: bytes, at: int) -> bool:
    """The OPT's length and those of its options lead exactly to the end."""
    size = len(tail)
    if size < at + 2:
        return False
    end = at + 2 + (tail[at] << 8 | tail[at + 1])
    at += 2
    while at + 4 <= end <= size:
        at += 4 + (tail[at + 2] << 8 | tail[at + 3])
    return at == end == size
