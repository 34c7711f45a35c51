"""Answers of RRsets as the bytes that go out behind the question, as the table holds them (`nodes`).

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

import functools
import itertools
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence

from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import RECORD_FIELDS
from svcdns.dns.wire.records import (
    GlueAddresses,
    NodesByName,
    Record,
    RRset,
    RRType,
)

PLAIN, SHUFFLE, LARGE, SERIAL_SOA, UPSTREAM, REFERRAL = range(6)

ANSWER_HEADER_SIZE = 14
MAX_INLINE_RECORDS = 64
"""A larger RRset is stored with an index, and cut to size by the slow path."""
MAX_GLUE = 128
"""Records of one answer: glue is dropped where it does not fit, and nobody needs more."""

TABLE_SERIAL_RDATA = (b"",)
"""RDATA of an SOA that is made with the table's serial when it is asked for."""

_ANSWER_HEADER = struct.Struct("!BBHHHHHH")
_OFFSET = struct.Struct("!I")
_QUESTION_POINTER = b"\xc0\x0c"


def encode_answer(
    name: bytes,
    rrtype: RRType,
    rrset: RRset,
    nodes: NodesByName,
    glue: Mapping[bytes, GlueAddresses] = records.NO_GLUE,
) -> bytes:
    """One answer as the table holds it, with the addresses of its targets that are in `nodes` or `glue`."""
    if rrtype == records.SOA and rrset.rdata == TABLE_SERIAL_RDATA:
        return encode_answer_header(SERIAL_SOA, 0, 0, 0, 0)
    count = len(rrset.rdata)
    if count > MAX_INLINE_RECORDS:
        return encode_answer_header(LARGE, 0, 0, 0, 0) + _encode_large(rrtype, rrset)
    body = _encode_records(_QUESTION_POINTER, rrtype, rrset)
    more = _encode_glue(name, rrtype, rrset, nodes, glue)
    shuffle = rrtype in (records.A, records.AAAA) and count > 1
    unit = len(body[0]) if shuffle else 0
    return encode_answer_header(SHUFFLE if shuffle else PLAIN, unit, count, 0, len(more)) + b"".join(
        body + more
    )


def encode_referral(name: bytes, rrset: RRset, nodes: NodesByName) -> bytes:
    """The NS RRset of a delegation, with the addresses that lie in `nodes` (RFC 1034 4.2.1)."""
    body = _encode_records(_QUESTION_POINTER, records.NS, rrset)
    glue = _encode_glue(name, records.NS, rrset, nodes, records.NO_GLUE)
    return encode_answer_header(REFERRAL, 0, 0, len(body), len(glue)) + b"".join(body + glue)


def encode_answer_header(kind: int, record_size: int, answer: int, authority: int, additional: int) -> bytes:
    """What stands before the records, of which there are so many in each section."""
    return _ANSWER_HEADER.pack(
        kind, record_size, answer, authority, additional, answer, authority, additional + 1
    )


def _encode_records(owner: bytes, rrtype: RRType, rrset: RRset) -> list[bytes]:
    heads: dict[int, bytes] = {}
    made = []
    for rdata in rrset.rdata:
        length = len(rdata)
        head = heads.get(length)
        if head is None:
            head = heads[length] = owner + RECORD_FIELDS.pack(rrtype, records.IN, rrset.ttl, length)
        made.append(head + rdata)
    return made


def _encode_glue(
    name: bytes, rrtype: RRType, rrset: RRset, nodes: NodesByName, glue: Mapping[bytes, GlueAddresses]
) -> list[bytes]:
    if rrtype not in (records.SRV, records.NS, records.MX):
        return []
    targets = {target.lower(): target for target in records.rrset_targets(rrtype, rrset)}
    made: list[bytes] = []
    ends: dict[bytes, bytes] = {}
    for folded, target in targets.items():
        label, above = target[: target[0] + 1], folded[folded[0] + 1 :]
        if (known := glue.get(above)) and (found := known.addresses.get(folded[1 : len(label)])):
            end = ends.get(above)
            if end is None:
                end = ends[above] = _compress_owner(above, name)
            made += _encode_addresses(label + end, known.ttl, found)
        elif node := nodes.get(folded):
            for rr in (records.A, records.AAAA):
                if own := node.rrsets.get(rr):
                    made += _encode_records(_compress_owner(target, name), rr, own)
        if len(made) >= MAX_GLUE:
            break
    return made[:MAX_GLUE]


def _encode_addresses(owner: bytes, ttl: int, packed_addresses: Sequence[bytes]) -> list[bytes]:
    """A, then AAAA."""
    return [
        owner + head + address
        for size, head in _address_record_heads(ttl)
        for address in packed_addresses
        if len(address) == size
    ]


@functools.lru_cache(64)
def _address_record_heads(ttl: int) -> tuple[tuple[int, bytes], ...]:
    """For each size of address what stands before it."""
    types = ((4, records.A), (16, records.AAAA))
    return tuple([(size, RECORD_FIELDS.pack(rrtype, records.IN, ttl, size)) for size, rrtype in types])


def _compress_owner(target: bytes, name: bytes) -> bytes:
    """The target's labels, and a pointer into the question where they meet (RFC 1035 4.1.4)."""
    at = 0
    while True:
        rest = target[at:]
        if len(rest) > 1 and names.is_subdomain(name, rest):
            return target[:at] + (0xC000 | 12 + len(name) - len(rest)).to_bytes(2, "big")
        if len(rest) == 1:
            return target
        at += target[at] + 1


def decode_answer(name: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
    """The records of a PLAIN or SHUFFLE answer, and its glue; names in full."""
    answer, _, glue = decode_sections(name, value)
    return answer, glue


def decode_sections(name: bytes, value: bytes) -> tuple[list[Record], list[Record], list[Record]]:
    """Answer, authority and additional records of any value but a LARGE one; names in full."""
    counts = _ANSWER_HEADER.unpack_from(value)[2:5]
    parts: tuple[list[Record], list[Record], list[Record]] = ([], [], [])
    at = ANSWER_HEADER_SIZE
    for part, count in zip(parts, counts, strict=True):
        for _ in range(count):
            record, at = _decode_record(name, value, at)
            part.append(record)
    return parts


def _decode_record(name: bytes, value: bytes, at: int) -> tuple[Record, int]:
    start = at
    while value[at] < 0xC0 and value[at]:
        at += value[at] + 1
    owner, end = value[start : at + 1], at + 1
    if value[at]:
        pointer = (value[at] << 8 | value[at + 1]) & 0x3FFF
        owner, end = value[start:at] + name[pointer - 12 :], at + 2
    rrtype, _, ttl, length = RECORD_FIELDS.unpack_from(value, end)
    end += RECORD_FIELDS.size
    return Record(owner, rrtype, ttl, value[end : end + length]), end + length


def count_whole_records(count: int, body: bytes, room: int) -> tuple[int, int]:
    """How many of the first `count` records of a body fit into so many bytes, and where they end."""
    at = 0
    for number in range(count):
        end = at
        while 0 < body[end] < 0xC0:
            end += body[end] + 1
        end += 2 if body[end] else 1
        end += RECORD_FIELDS.size + (body[end + 8] << 8 | body[end + 9])
        if end > room:
            return number, at
        at = end
    return count, at


def decode_large(name: bytes, value: bytes, index_order: Callable[[int], Iterator[int]]) -> Iterator[Record]:
    """The records of a LARGE answer in the order of the indices that `order(count)` gives."""
    count = int.from_bytes(value[ANSWER_HEADER_SIZE : ANSWER_HEADER_SIZE + 4], "big")
    base = ANSWER_HEADER_SIZE + 4 * (count + 2)
    for index in index_order(count):
        (offset,) = _OFFSET.unpack_from(value, ANSWER_HEADER_SIZE + 4 * (index + 1))
        yield _decode_record(name, value, base + offset)[0]


def _encode_large(rrtype: RRType, rrset: RRset) -> bytes:
    """count, then count + 1 offsets (4 bytes each), then the records, made in runs of one length."""
    offsets: list[int] = []
    runs, end = [], 0
    for length, run in itertools.groupby(rrset.rdata, len):
        head, found = _QUESTION_POINTER + RECORD_FIELDS.pack(rrtype, records.IN, rrset.ttl, length), list(run)
        runs.append(head + head.join(found))
        start, size = end, len(head) + length
        end += size * len(found)
        offsets += range(start, end, size)
    count = len(offsets)
    return struct.pack(f"!{count + 2}I", count, *offsets, end) + b"".join(runs)
