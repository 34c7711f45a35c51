"""An upstream's answer as the bytes that follow the question, in the format of the table.

So the hot path treats it like an answer of the table. The place of each TTL is stored, because TTLs
count down (RFC 1035 3.2.1): an answer is encoded again at most once a second, however often it is used.
"""

import struct
from collections.abc import Callable

from msgspec import Struct

from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages, records
from svcdns.dns.wire.messages import Sections

_TTL = struct.Struct("!I")


class WireEntry(Struct, frozen=True, gc=False):
    """Records behind one question; `ttls` has the place of each TTL in `body`."""

    header: bytes
    body: bytes
    ttl_offsets: tuple[int, ...]

    def encode(self, map_ttl: Callable[[int], int]) -> bytes:
        """A value of the table's format, each TTL replaced by what `map_ttl` returns."""
        body = bytearray(self.body)
        for offset in self.ttl_offsets:
            (ttl,) = _TTL.unpack_from(body, offset)
            _TTL.pack_into(body, offset, map_ttl(ttl))
        return self.header + body

    @property
    def size_bytes(self) -> int:
        """The memory that this object takes: each offset is a pointer and an integer."""
        return 250 + len(self.body) + 40 * len(self.ttl_offsets)


def encode_sections(qname: bytes, sections: Sections) -> WireEntry:
    """The sections of an answer to a question for this folded name."""
    owners = messages.OwnerCompressor(qname)
    parts: list[bytes] = []
    ttl_offsets: list[int] = []
    # Counted from the first record: the question before it is the client's, of the same length.
    offset = 0
    for record in (*sections.answer, *sections.authority, *sections.additional):
        # Pointers lead into the question alone, so that records can be moved (`rrset_encoding`).
        owner = owners.compress(record.owner)
        parts.append(messages.encode_record(owner, record.type, record.ttl, record.rdata))
        ttl_offsets.append(offset + len(owner) + 4)  # behind owner, type and class
        offset += len(parts[-1])

    counts = len(sections.answer), len(sections.authority), len(sections.additional)
    # Only records of one length can change places without a look at each.
    if _is_address_rrset(qname, sections):
        header = rrset_encoding.encode_answer_header(rrset_encoding.SHUFFLE, len(parts[0]), *counts)
    else:
        header = rrset_encoding.encode_answer_header(rrset_encoding.UPSTREAM, 0, *counts)
    return WireEntry(header, b"".join(parts), tuple(ttl_offsets))


def decode_sections(qname: bytes, encoded: bytes) -> Sections:
    """The records of such a value; names are in full, and folded where they are a part of `qname`."""
    return Sections(*rrset_encoding.decode_sections(qname, encoded))


def _is_address_rrset(qname: bytes, sections: Sections) -> bool:
    """Whether this is one RRset of addresses: their order may change, so that none is favoured."""
    answer = sections.answer
    return (
        1 < len(answer) <= rrset_encoding.MAX_INLINE_RECORDS
        and not sections.authority
        and not sections.additional
        and answer[0].type in (records.A, records.AAAA)
        # A CNAME among them would have to stay first.
        and all(record.type == answer[0].type and record.owner.lower() == qname for record in answer)
        and len({len(record.rdata) for record in answer}) == 1
    )
