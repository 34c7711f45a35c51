"""The form of a query, which is all of it but its id and its name; and what follows from it for the reply.

Clients send few of them (RD set; a type; an OPT or none), so each is read once, and then looked up.
"""

from msgspec import Struct

from svcdns.dns import records, wire
from svcdns.dns.wire import Opts

_IN = b"\0\1"
_OPT = b"\0\0\x29"
_META_TYPES = range(249, 256)
"""TKEY to ANY: questions about the server or about many types (RFC 6895 3.1)."""
_NEGATIVE = b"\0\1\0\0\0\1"
"""One question, no answer, one record of authority: the SOA."""
SHORT = 15
"""Bytes behind the name, at most, of a form that is worth to be kept: those of an OPT without options."""


class Form(Struct, frozen=True):
    """A usual query; heads are a reply's header without its id, or what is before its counts of records."""

    rrtype: bytes
    limit: int
    """Bytes of a reply by UDP."""
    do: int
    """-1: no EDNS."""
    counts: int
    """Where the counts of records stand in a value of the table (`answers`)."""
    answered: bytes
    nodata: bytes
    nxdomain: bytes
    opt: bytes
    """To send with an answer, and with NXDOMAIN; nothing without EDNS."""
    opt_nxdomain: bytes
    recursive: int
    """Flags of an upstream's answer, without its AD and rcode; 0 where none is asked for (RD clear)."""
    asked: int
    """AD and CD of the query: what it wants to know of signatures (RFC 6840 5.7, RFC 4035 3.2.2)."""

    def choose(self, opts: Opts) -> bytes:
        """The one to send; nothing without EDNS."""
        return b"" if self.do < 0 else opts[self.do]


def read(head: bytes, tail: bytes, recursion: bool, opt: Opts, opt_nxdomain: Opts) -> Form | None:
    """From a query's header without its id, and what is behind its name; None where it is not a usual one."""
    asked = int.from_bytes(head[:2], "big")
    if asked & ~(wire.RD | wire.AD | wire.CD) or head[2:9] != b"\0\1\0\0\0\0\0" or head[9] > 1:
        return None
    rrtype = tail[:2]
    if tail[2 : wire.QUESTION] != _IN or int.from_bytes(rrtype, "big") in _META_TYPES:
        return None
    limit, do = wire.PLAIN_SIZE, -1
    if head[9]:
        if tail[wire.QUESTION : 7] != _OPT or not _options_fit(tail, 13) or tail[10]:
            return None
        limit, do = min(max(tail[7] << 8 | tail[8], wire.PLAIN_SIZE), wire.UDP_SIZE), tail[11] >> 7
    elif len(tail) != wire.QUESTION:
        return None
    flags = wire.QR | wire.AA | asked & (wire.RD | wire.CD) | (wire.RA if recursion else 0)
    additional = bytes((0, head[9]))
    answered, nxdomain = flags.to_bytes(2, "big"), (flags | records.NXDOMAIN).to_bytes(2, "big")
    return Form(
        rrtype,
        limit,
        do,
        8 if do >= 0 else 2,
        answered + _IN,
        answered + _NEGATIVE + additional,
        nxdomain + _NEGATIVE + additional,
        opt[do] if do >= 0 else b"",
        opt_nxdomain[do] if do >= 0 else b"",
        flags & ~wire.AA if asked & wire.RD and recursion else 0,
        asked & (wire.AD | wire.CD),
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
