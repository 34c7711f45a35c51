"""The shape of a query: all of it but its id and its name; and what follows from it for the reply.

Clients send few of them (RD set; a type; an OPT or none), so each is parsed once, and then looked up.
"""

from msgspec import Struct

from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import OptRecords

_IN = b"\0\1"
_ONE_QUESTION = b"\0\1"
_OPT_PREFIX = b"\0\0\x29"
"""An OPT's owner, the root, and its type (RFC 6891 6.1.2)."""
_COOKIE = messages.COOKIE_OPTION.to_bytes(2, "big")
_OPT_END = 15
"""Where an OPT without options ends, behind a type and class."""
_META_TYPES = range(249, 256)
"""TKEY to ANY: questions about the server or about many types (RFC 6895 3.1)."""
_NEGATIVE_COUNTS = b"\0\1\0\0\0\1"
"""One question, no answer, one record of authority: the SOA."""
MAX_CACHED_TAIL = _OPT_END
"""Bytes behind the name of a query worth remembering: with an OPT, but without options."""


class QueryShape(Struct, frozen=True):
    """A usual query, and the parts of its replies that do not depend on the name."""

    qtype: bytes
    """Two bytes."""
    udp_limit: int
    """Bytes of a reply by UDP, with its id."""
    do: int
    """The DO bit; -1 without EDNS."""
    counts_offset: int
    """Where the counts of records stand in a value (`rrset_encoding`): those with or without an OPT."""
    answer_head: bytes
    """A reply's flags and count of questions; the other counts come from the value."""
    nodata_head: bytes
    """A whole header without id."""
    nxdomain_head: bytes
    """A whole header without id."""
    opt: bytes
    """The OPT to send with an answer or NODATA; empty without EDNS."""
    nxdomain_opt: bytes
    """The OPT to send with NXDOMAIN; empty without EDNS."""
    upstream_flags: int
    """Flags of an upstream's answer, without AD and rcode; 0 where none may be asked (RD clear)."""
    query_flags: int
    """AD and CD of the query: what it wants to know of signatures (RFC 6840 5.7, RFC 4035 3.2.2)."""

    def choose_opt(self, opt_records: OptRecords) -> bytes:
        """The OPT to send; empty without EDNS."""
        return b"" if self.do < 0 else opt_records[self.do]


def parse_shape(
    head: bytes, tail: bytes, is_recursive: bool, opt_records: OptRecords, nxdomain_opt_records: OptRecords
) -> QueryShape | None:
    """The shape from a query's header without its id, and what follows its name; None: not a usual one."""
    # One question, no other record than an OPT; opcode QUERY, and no flags that need a thought.
    query_flags = int.from_bytes(head[:2], "big")
    if query_flags & ~(messages.RD | messages.AD | messages.CD):
        return None
    if head[2:9] != b"\0\1\0\0\0\0\0" or head[9] > 1:
        return None

    rrtype = tail[:2]
    if tail[2 : messages.QTYPE_QCLASS_SIZE] != _IN or int.from_bytes(rrtype, "big") in _META_TYPES:
        return None

    # The OPT behind type and class: root, type, size (7), extended rcode, version (10), flags (11),
    # length (13).
    has_edns = bool(head[9])
    limit = messages.MAX_UDP_SIZE_WITHOUT_EDNS
    do = -1
    if has_edns:
        if tail[messages.QTYPE_QCLASS_SIZE : 7] != _OPT_PREFIX or not _has_usual_options(tail, 13):
            return None
        if tail[10]:
            return None
        limit = messages.udp_reply_limit(tail[7] << 8 | tail[8])
        do = tail[11] >> 7
    elif len(tail) != messages.QTYPE_QCLASS_SIZE:
        return None

    flags = messages.QR | messages.AA | query_flags & (messages.RD | messages.CD)
    if is_recursive:
        flags |= messages.RA
    negative_counts = _NEGATIVE_COUNTS + bytes((0, has_edns))
    return QueryShape(
        qtype=rrtype,
        udp_limit=limit,
        do=do,
        counts_offset=8 if has_edns else 2,
        answer_head=flags.to_bytes(2, "big") + _ONE_QUESTION,
        nodata_head=flags.to_bytes(2, "big") + negative_counts,
        nxdomain_head=(flags | records.NXDOMAIN).to_bytes(2, "big") + negative_counts,
        opt=opt_records[do] if has_edns else b"",
        nxdomain_opt=nxdomain_opt_records[do] if has_edns else b"",
        upstream_flags=flags & ~messages.AA if query_flags & messages.RD and is_recursive else 0,
        query_flags=query_flags & (messages.AD | messages.CD),
    )


def _has_usual_options(tail: bytes, at: int) -> bool:
    """Whether the OPT's length, at this place, and those of its options lead exactly to the end.

    A cookie is none of them: it belongs to the client, and so to `cookie_path`, or to the slow path.
    """
    size = len(tail)
    if size < at + 2:
        return False

    end = at + 2 + (tail[at] << 8 | tail[at + 1])
    at += 2
    while at + 4 <= end <= size:
        if tail[at : at + 2] == _COOKIE:
            return False
        at += 4 + (tail[at + 2] << 8 | tail[at + 3])
    return at == end == size
