"""Answers of RRsets as the bytes that go out behind the question, as the table holds them.

    answer  0      1      2            8            14
            KIND | unit | AN NS AR   | AN NS AR+1 | records: C00C type class ttl length rdata

    KIND   PLAIN       the records as they are
           SHUFFLE     AN records of `unit` bytes, in any order
           LARGE       over MAX_INLINE_RECORDS records: AN is 0, the body is an index and the records
           SERIAL_SOA  the zone's SOA, which is made with the table's serial when asked for: no body
           UPSTREAM    as PLAIN, but an upstream's: kept for a second, in no table
           REFERRAL    the NS RRset of a delegation and its glue: for the authority section

The counts stand there twice, without and with our OPT record, so that they are copied and not computed.

The owner of an answer record is a pointer to the question (`C00C`). Compression points nowhere else, so
that records can be moved. SRV targets stand uncompressed (RFC 2782).
"""

import functools
import itertools
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence

from svcdns.dns.table.subtree import NO_GLUE, GlueAddresses, NodesByName
from svcdns.dns.wire import names, records
from svcdns.dns.wire.messages import RECORD_FIELDS
from svcdns.dns.wire.records import Record, RRset, RRType

PLAIN, SHUFFLE, LARGE, SERIAL_SOA, UPSTREAM, REFERRAL = range(6)

ANSWER_HEADER_SIZE = 14
MAX_INLINE_RECORDS = 64
"""A larger RRset is stored with an index, and cut to size by the slow path."""
MAX_GLUE = 128
"""Records of one answer: glue is dropped where it does not fit, and nobody needs more."""

TABLE_SERIAL_RDATA = (b"",)
"""RDATA of an SOA that is made with the table's serial when it is asked for."""

# Bound methods: they run for each RRset of a table, and an attribute would cost a tenth of its time.
_ANSWER_HEADER = struct.Struct("!BBHHHHHH")
_pack_answer_header = _ANSWER_HEADER.pack
_pack_record_fields = RECORD_FIELDS.pack

_INDEX_OFFSET = struct.Struct("!I")
_QUESTION_POINTER = b"\xc0\x0c"
_TYPES_WITH_GLUE = (records.SRV, records.NS, records.MX)
_SERVICE_TYPES = (records.SVCB, records.HTTPS)


def encode_answer(
    name: bytes,
    rrtype: RRType,
    rrset: RRset,
    nodes: NodesByName,
    glue: Mapping[bytes, GlueAddresses] = NO_GLUE,
) -> bytes:
    """One answer as the table holds it, with the addresses of its targets that are in `nodes` or `glue`."""
    if rrtype == records.SOA and rrset.rdata == TABLE_SERIAL_RDATA:
        return encode_answer_header(SERIAL_SOA, 0, 0, 0, 0)

    count = len(rrset.rdata)
    if count > MAX_INLINE_RECORDS:
        return encode_answer_header(LARGE, 0, 0, 0, 0) + _encode_large(rrtype, rrset)

    answer_records = _encode_records(_QUESTION_POINTER, rrtype, rrset)
    glue_records = _encode_glue(name, rrtype, rrset, nodes, glue)

    # Only addresses are shuffled: clients take the first. They have one size, so they can be moved.
    if count > 1 and rrtype in (records.A, records.AAAA):
        header = encode_answer_header(SHUFFLE, len(answer_records[0]), count, 0, len(glue_records))
    else:
        header = encode_answer_header(PLAIN, 0, count, 0, len(glue_records))
    return b"".join((header, *answer_records, *glue_records))


def encode_referral(name: bytes, rrset: RRset, nodes: NodesByName) -> bytes:
    """The NS RRset of a delegation, with the addresses that are in `nodes` (RFC 1034 4.2.1)."""
    ns_records = _encode_records(_QUESTION_POINTER, records.NS, rrset)
    glue_records = _encode_glue(name, records.NS, rrset, nodes, NO_GLUE)
    header = encode_answer_header(REFERRAL, 0, 0, len(ns_records), len(glue_records))
    return b"".join((header, *ns_records, *glue_records))


def encode_answer_header(kind: int, record_size: int, answer: int, authority: int, additional: int) -> bytes:
    """What stands before the records; the last three are the number of records in each section."""
    return _pack_answer_header(
        kind, record_size, answer, authority, additional, answer, authority, additional + 1
    )


def _encode_records(owner: bytes, rrtype: RRType, rrset: RRset) -> list[bytes]:
    # All but the RDATA is the same in records of one length, and most RRsets have one or two lengths.
    heads: dict[int, bytes] = {}
    encoded = []
    for rdata in rrset.rdata:
        length = len(rdata)
        head = heads.get(length)
        if head is None:
            head = heads[length] = owner + _pack_record_fields(rrtype, records.IN, rrset.ttl, length)
        encoded.append(head + rdata)

    return encoded


def _encode_glue(
    name: bytes, rrtype: RRType, rrset: RRset, nodes: NodesByName, glue: Mapping[bytes, GlueAddresses]
) -> list[bytes]:
    """Address records of the RRset's targets, at most MAX_GLUE."""
    if rrtype in _TYPES_WITH_GLUE:
        all_targets = records.rrset_targets(rrtype, rrset)
    elif rrtype in _SERVICE_TYPES:
        # RFC 9460 4.1
        service_targets = [records.service_target(name, rdata) for rdata in rrset.rdata]
        all_targets = [target for target in service_targets if target]
    else:
        return []

    # The same target, whatever its case, has its addresses once.
    targets = {target.lower(): target for target in all_targets}
    encoded: list[bytes] = []
    parent_owners: dict[bytes, bytes] = {}

    for folded, target in targets.items():
        label = target[: target[0] + 1]
        parent = folded[len(label) :]
        siblings = glue.get(parent)

        if siblings and (packed_addresses := siblings.addresses.get(folded[1 : len(label)])):
            parent_owner = parent_owners.get(parent)
            if parent_owner is None:
                parent_owner = parent_owners[parent] = _compress_owner(parent, name)
            encoded += _encode_addresses(label + parent_owner, siblings.ttl, packed_addresses)
        elif node := nodes.get(folded):
            for address_type in (records.A, records.AAAA):
                if address_rrset := node.rrsets.get(address_type):
                    encoded += _encode_records(_compress_owner(target, name), address_type, address_rrset)

        if len(encoded) >= MAX_GLUE:
            break

    return encoded[:MAX_GLUE]


def _encode_addresses(owner: bytes, ttl: int, packed_addresses: Sequence[bytes]) -> list[bytes]:
    """The A records, then the AAAA records."""
    return [
        owner + head + address
        for size, head in _address_record_heads(ttl)
        for address in packed_addresses
        if len(address) == size
    ]


@functools.lru_cache(64)  # one entry for each TTL: the configured one, mostly
def _address_record_heads(ttl: int) -> tuple[tuple[int, bytes], ...]:
    """For each size of an address what stands between its owner and itself."""
    types_by_size = ((4, records.A), (16, records.AAAA))
    return tuple(
        [(size, _pack_record_fields(rrtype, records.IN, ttl, size)) for size, rrtype in types_by_size]
    )


def _compress_owner(target: bytes, name: bytes) -> bytes:
    """The target's labels, and a pointer into the question where they meet (RFC 1035 4.1.4)."""
    at = 0
    while target[at]:
        suffix = target[at:]
        if names.is_subdomain(name, suffix):
            # The question's name begins behind a header of 12 bytes.
            return target[:at] + (0xC000 | 12 + len(name) - len(suffix)).to_bytes(2, "big")
        at += target[at] + 1

    return target


def decode_answer(name: bytes, value: bytes) -> tuple[list[Record], list[Record]]:
    """The records of a PLAIN or SHUFFLE answer, and its glue; names in full."""
    answer, _, glue = decode_sections(name, value)
    return answer, glue


def decode_sections(name: bytes, value: bytes) -> tuple[list[Record], list[Record], list[Record]]:
    """Answer, authority and additional records of any value but a LARGE one; names in full."""
    counts = _ANSWER_HEADER.unpack_from(value)[2:5]
    sections: tuple[list[Record], list[Record], list[Record]] = ([], [], [])

    at = ANSWER_HEADER_SIZE
    for section, count in zip(sections, counts, strict=True):
        for _ in range(count):
            record, at = decode_record(name, value, at)
            section.append(record)

    return sections


def decode_record(name: bytes, value: bytes, at: int) -> tuple[Record, int]:
    """The record at a place of an answer, its owner in full, and where its RDATA ends.

    `name` is the question's, which the owner may point into.
    """
    # An owner is labels, and then a pointer into the question or the root.
    start = at
    while 0 < value[at] < 0xC0:
        at += value[at] + 1

    if value[at]:
        pointer = (value[at] << 8 | value[at + 1]) & 0x3FFF
        owner = value[start:at] + name[pointer - 12 :]
        at += 2
    else:
        at += 1
        owner = value[start:at]

    rrtype, _, ttl, length = RECORD_FIELDS.unpack_from(value, at)
    at += RECORD_FIELDS.size
    return Record(owner, rrtype, ttl, value[at : at + length]), at + length


def count_whole_records(count: int, body: bytes, room: int) -> tuple[int, int]:
    """How many of the first `count` records of a body fit into so many bytes, and where they end."""
    at = 0
    for number in range(count):
        end = at
        while 0 < body[end] < 0xC0:
            end += body[end] + 1
        end += 2 if body[end] else 1

        # The last two of the record's fixed bytes are the length of its RDATA.
        end += RECORD_FIELDS.size + (body[end + 8] << 8 | body[end + 9])
        if end > room:
            return number, at
        at = end

    return count, at


def decode_large(name: bytes, value: bytes, index_order: Callable[[int], Iterator[int]]) -> Iterator[Record]:
    """The records of a LARGE answer in the order of the indices that `index_order(count)` gives."""
    # The index has the count, and one offset more than records: the end of the last one.
    count = int.from_bytes(value[ANSWER_HEADER_SIZE : ANSWER_HEADER_SIZE + 4], "big")
    first_record = ANSWER_HEADER_SIZE + 4 * (count + 2)
    for index in index_order(count):
        (offset,) = _INDEX_OFFSET.unpack_from(value, ANSWER_HEADER_SIZE + 4 * (index + 1))
        yield decode_record(name, value, first_record + offset)[0]


def _encode_large(rrtype: RRType, rrset: RRset) -> bytes:
    """The body: the count, then count + 1 offsets (4 bytes each), then the records."""
    offsets: list[int] = []
    runs: list[bytes] = []
    end = 0

    # Records of one length are joined as a run: 10,000 addresses cost one join and one range.
    for length, run in itertools.groupby(rrset.rdata, len):
        head = _QUESTION_POINTER + _pack_record_fields(rrtype, records.IN, rrset.ttl, length)
        run_rdata = list(run)
        runs.append(head + head.join(run_rdata))

        start = end
        record_size = len(head) + length
        end += record_size * len(run_rdata)
        offsets += range(start, end, record_size)

    count = len(offsets)
    return struct.pack(f"!{count + 2}I", count, *offsets, end) + b"".join(runs)
