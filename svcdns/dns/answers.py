"""The table's keys and values: answers as the bytes that go out behind the question.

    key                       value
    name (folded wire)        node:   FLAGS zone type...                (RFC 8020: it exists)
    name + type (2 bytes)     answer: KIND unit COUNTS COUNTS-WITH-OPT body
    0xFE + labels root first  empty:  a name of a sparse zone, in order, to find what lies below one
    0xFF + word               the table's own: meta, serial
    0xFD + one of the first two   the same in a zone that was read from a file
    0xFC + one of the first two   the same of a hosts file, which goes before all zones

A wire name begins with a length below 64 and ends with its first zero byte, so no key is the start of
another kind's.

    answer  0      1      2            8            14
            KIND | unit | AN NS AR   | AN NS AR+1 | records: C00C type class ttl length rdata

    KIND   PLAIN    the records as they are
           SHUFFLE  AN records of `unit` bytes, in any order
           LARGE    more records than INLINE: AN is 0, the body is an index and the records
           SERIAL_SOA  the zone's SOA, made with the table's serial when asked: no body
           PASSING  as PLAIN, of an upstream: for a second, in no table
           REFERRAL    the NS RRset of a delegation and its glue: for the authority section (`static`)

The owner of an answer record is a pointer to the question (`C00C`); compression points nowhere else,
so that records can be moved. SRV targets stand uncompressed (RFC 2782).
"""

import itertools
import struct
from collections.abc import Callable, Iterator

from svcdns.dns import names, records
from svcdns.dns.records import Names, Node, Record, RRset, Type

PLAIN, SHUFFLE, LARGE, SERIAL_SOA, PASSING, REFERRAL = range(6)
IS_ALIAS = 1
"""Node flag: the name owns a CNAME, which answers every type."""
IS_CUT = 2
"""Node flag of a zone from a file: a delegation (RFC 1034 4.2.1), whose NS RRset is no answer of ours."""

HEADER = 14
INLINE = 64
"""A larger RRset is stored with an index, and cut to size by the slow path."""
MAX_GLUE = 4096
"""Records; more than this fit into no message."""

META = b"\xffmeta"
SERIAL = b"\xffserial"
ORDER = b"\xfe"
STATIC = b"\xfd"
HOSTS = b"\xfc"
APART = (HOSTS, STATIC)
"""What does not come from the cluster."""

OWN_SERIAL = (b"",)
"""RDATA of an SOA that is made with the table's serial when it is asked for."""

_COUNTS = struct.Struct("!BBHHHHHH")
_RR = struct.Struct("!HHIH")
_OFFSET = struct.Struct("!I")
_QUESTION = b"\xc0\x0c"


def key(name: bytes, rrtype: Type) -> bytes:
    """The key of an RRset's answer; the name is folded."""
    return name + rrtype.to_bytes(2, "big")


def order_key(name: bytes) -> bytes:
    """The key under which a name of a sparse zone stands in order."""
    return ORDER + names.reversed_wire(name)


def compile_names(nodes: Names, glue: Names, sparse: frozenset[int]) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of these names; zones in `sparse` get order keys.

    Glue comes from the same names and from `glue`: an SRV or NS target outside of both has none.
    """
    known = {**glue, **nodes}
    for name, node in nodes.items():
        yield name, node_value(node)
        if node.zone in sparse:
            yield order_key(name), b""
        for rrtype, rrset in node.rrsets.items():
            yield key(name, rrtype), answer_value(name, rrtype, rrset, known)


def keys(nodes: Names, sparse: frozenset[int]) -> Iterator[bytes]:
    """All keys of these names."""
    for name, node in nodes.items():
        yield name
        if node.zone in sparse:
            yield order_key(name)
        for rrtype in node.rrsets:
            yield key(name, rrtype)


def node_value(node: Node, *, is_cut: bool = False) -> bytes:
    """The value of a name alone: flags, zone (2 bytes), then its types in order."""
    flags = IS_CUT if is_cut else IS_ALIAS if records.CNAME in node.rrsets else 0
    types = [rrtype.to_bytes(2, "big") for rrtype in sorted(node.rrsets)]
    return b"".join([bytes((flags,)), node.zone.to_bytes(2, "big"), *types])


def node_zone(value: bytes) -> int:
    """The number of a node's zone."""
    return value[1] << 8 | value[2]


def node_types(value: bytes) -> list[Type]:
    """The types that a node owns, smallest first."""
    return [int.from_bytes(value[i : i + 2], "big") for i in range(3, len(value), 2)]


def any_type(types: list[Type]) -> Type:
    """The one of a node's types that answers ANY (RFC 8482 4.1)."""
    return next((t for t in (records.A, records.AAAA, records.CNAME) if t in types), types[0])


def answer_value(name: bytes, rrtype: Type, rrset: RRset, nodes: Names) -> bytes:
    """One answer as the table holds it."""
    if rrtype == records.SOA and rrset.rdata == OWN_SERIAL:
        return header(SERIAL_SOA, 0, 0, 0, 0)
    body = [_record(_QUESTION, rrtype, rrset.ttl, rdata) for rdata in rrset.rdata]
    count = len(body)
    if count > INLINE:
        return header(LARGE, 0, 0, 0, 0) + _indexed(body)
    glue = _glue(name, rrtype, rrset, nodes)
    shuffle = rrtype in (records.A, records.AAAA) and count > 1
    unit = len(body[0]) if shuffle else 0
    return header(SHUFFLE if shuffle else PLAIN, unit, count, 0, len(glue)) + b"".join(body + glue)


def referral_value(name: bytes, rrset: RRset, nodes: Names) -> bytes:
    """The NS RRset of a delegation, with the addresses that lie in `nodes` (RFC 1034 4.2.1)."""
    body = [_record(_QUESTION, records.NS, rrset.ttl, rdata) for rdata in rrset.rdata]
    glue = _glue(name, records.NS, rrset, nodes)
    return header(REFERRAL, 0, 0, len(body), len(glue)) + b"".join(body + glue)


def header(kind: int, unit: int, answer: int, authority: int, additional: int) -> bytes:
    """What stands before the records, of which there are so many in each section."""
    return _COUNTS.pack(kind, unit, answer, authority, additional, answer, authority, additional + 1)


def _record(owner: bytes, rrtype: Type, ttl: int, rdata: bytes) -> bytes:
    return owner + _RR.pack(rrtype, records.IN, ttl, len(rdata)) + rdata


def _glue(name: bytes, rrtype: Type, rrset: RRset, nodes: Names) -> list[bytes]:
    if rrtype not in (records.SRV, records.NS, records.MX):
        return []
    targets = {target.lower(): target for target in (records.target(rrtype, r) for r in rrset.rdata)}
    glue = (
        _record(_owner(target, name), rr, found.ttl, rdata)
        for folded, target in targets.items()
        if (node := nodes.get(folded))
        for rr in (records.A, records.AAAA)
        if (found := node.rrsets.get(rr))
        for rdata in found.rdata
    )
    return list(itertools.islice(glue, MAX_GLUE))


def _owner(target: bytes, name: bytes) -> bytes:
    """The target's labels, and a pointer into the question where they meet (RFC 1035 4.1.4)."""
    at = 0
    while True:
        rest = target[at:]
        if len(rest) > 1 and names.is_below(name, rest):
            return target[:at] + (0xC000 | 12 + len(name) - len(rest)).to_bytes(2, "big")
        if len(rest) == 1:
            return target
        at += target[at] + 1


def read(name: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
    """The records of a PLAIN or SHUFFLE answer, and its glue; names in full."""
    answer, _, glue = read_sections(name, value)
    return answer, glue


def read_sections(name: bytes, value: bytes) -> tuple[list[Record], list[Record], list[Record]]:
    """Answer, authority and additional records of any value but a LARGE one; names in full."""
    counts = _COUNTS.unpack_from(value)[2:5]
    parts: tuple[list[Record], list[Record], list[Record]] = ([], [], [])
    at = HEADER
    for part, count in zip(parts, counts, strict=True):
        for _ in range(count):
            record, at = _read_record(name, value, at)
            part.append(record)
    return parts


def _read_record(name: bytes, value: bytes, at: int) -> tuple[Record, int]:
    start = at
    while value[at] < 0xC0 and value[at]:
        at += value[at] + 1
    owner, end = value[start : at + 1], at + 1
    if value[at]:
        pointer = (value[at] << 8 | value[at + 1]) & 0x3FFF
        owner, end = value[start:at] + name[pointer - 12 :], at + 2
    rrtype, _, ttl, length = _RR.unpack_from(value, end)
    end += _RR.size
    return Record(owner, rrtype, ttl, value[end : end + length]), end + length


def read_large(name: bytes, value: bytes, order: Callable[[int], Iterator[int]]) -> Iterator[Record]:
    """The records of a LARGE answer in the order of the indices that `order(count)` gives."""
    count = int.from_bytes(value[HEADER : HEADER + 4], "big")
    base = HEADER + 4 * (count + 2)
    for index in order(count):
        (offset,) = _OFFSET.unpack_from(value, HEADER + 4 * (index + 1))
        yield _read_record(name, value, base + offset)[0]


def _indexed(body: list[bytes]) -> bytes:
    """count, then count + 1 offsets (4 bytes each), then the records."""
    offsets, at = [], 0
    for record in body:
        offsets.append(at)
        at += len(record)
    offsets.append(at)
    return struct.pack(f"!I{len(offsets)}I", len(body), *offsets) + b"".join(body)
