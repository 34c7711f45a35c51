"""An upstream's answer as the bytes that go out behind the question, in the format of the table.

So the hot path gives it as it gives an own one. Where each TTL stands is remembered, for they count
down (RFC 1035 3.2.1): one answer is written anew at most once a second, however often it is asked for.
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
        """A value of the table's format, each TTL replaced by what `ttl` makes of it."""
        body = bytearray(self.body)
        for at in self.ttl_offsets:
            _TTL.pack_into(body, at, map_ttl(_TTL.unpack_from(body, at)[0]))
        return self.header + body

    @property
    def size_bytes(self) -> int:
        """Bytes, all in all, of this object; 8 of them and an integer for each TTL's place."""
        return 250 + len(self.body) + 40 * len(self.ttl_offsets)


def encode_sections(qname: bytes, sections: Sections) -> WireEntry:
    """The sections of an answer to a question for this folded name."""
    owners = messages.OwnerCompressor(qname)
    parts, ttls, at = [], [], 0
    for found in (*sections.answer, *sections.authority, *sections.additional):
        owner = owners.compress(found.owner)
        parts.append(messages.encode_record(owner, found.type, found.ttl, found.rdata))
        ttls.append(at + len(owner) + 4)
        at += len(parts[-1])
    counts = len(sections.answer), len(sections.authority), len(sections.additional)
    if _is_address_rrset(qname, sections):
        header = rrset_encoding.encode_answer_header(rrset_encoding.SHUFFLE, len(parts[0]), *counts)
    else:
        header = rrset_encoding.encode_answer_header(rrset_encoding.UPSTREAM, 0, *counts)
    return WireEntry(header, b"".join(parts), tuple(ttls))


def decode_sections(qname: bytes, encoded: bytes) -> Sections:
    """The opposite, of a value; names in full, as folded as `name` where they are a part of it."""
    return Sections(*rrset_encoding.decode_sections(qname, encoded))


def _is_address_rrset(qname: bytes, sections: Sections) -> bool:
    """One set of addresses of the question's name: no one of them is to be favoured."""
    found = sections.answer
    return (
        1 < len(found) <= rrset_encoding.MAX_INLINE_RECORDS
        and not sections.authority
        and not sections.additional
        and found[0].type in (records.A, records.AAAA)
        and all(record.type == found[0].type and record.owner.lower() == qname for record in found)
        and len({len(record.rdata) for record in found}) == 1
    )
