"""Which replies count as the same one for rate limiting, so that a flood of names does not hide.

reply                       account
an answer                   name and type; all names that one wildcard makes are one
NODATA                      name; likewise
NXDOMAIN                    the zone: the owner of the SOA
a referral                  the zone cut: the owner of the NS records
an error                    all errors are one
"""

from collections.abc import Callable

from svcdns.dns.wire import messages, names, query_parser, records
from svcdns.dns.wire.messages import HEADER_SIZE_WITHOUT_ID

ERRORS = b"E"
"""The account of all errors."""
_SOA = records.SOA.to_bytes(2, "big")
_NONE = b"\0\0"


def account_of(query: bytes, reply: bytes, find_wildcard_zone: Callable[[bytes], bytes | None]) -> bytes:
    """The account; query and reply are without id.

    `find_wildcard_zone` returns the zone that makes the answers of a folded name, or None for a single name.
    """
    rcode = messages.read_rcode(reply)
    if rcode not in (records.NOERROR, records.NXDOMAIN) or reply[2:4] == _NONE:
        return ERRORS

    # Label by label: a client may send zero bytes within them.
    name_end = query_parser.name_end(query, HEADER_SIZE_WITHOUT_ID)
    name = query[HEADER_SIZE_WITHOUT_ID:name_end].lower()
    # Without answer and authority, TC may be set: that counts as an answer.
    if reply[4:6] != _NONE or reply[6:8] == _NONE:
        return b"A" + query[name_end : name_end + 2] + (find_wildcard_zone(name) or name)

    owner, rrtype = _first_authority(reply, name_end + messages.QTYPE_QCLASS_SIZE, name)
    if rcode == records.NXDOMAIN:
        return b"X" + owner
    return b"D" + (find_wildcard_zone(name) or name) if rrtype == _SOA else b"R" + owner


def _first_authority(reply: bytes, at: int, qname: bytes) -> tuple[bytes, bytes]:
    """Owner and type of the record behind the question."""
    if reply[at] >= 0xC0:
        # Pointers of our owners lead into the question's name, behind a header of 12 bytes.
        return qname[((reply[at] & 0x3F) << 8 | reply[at + 1]) - 12 :], reply[at + 2 : at + 4]

    end = at
    while reply[end] and reply[end] < 0xC0:
        end += reply[end] + 1
    if not reply[end]:
        return reply[at : end + 1].lower() if end > at else names.ROOT, reply[end + 1 : end + 3]

    suffix = qname[((reply[end] & 0x3F) << 8 | reply[end + 1]) - 12 :]
    return reply[at:end].lower() + suffix, reply[end + 2 : end + 4]
