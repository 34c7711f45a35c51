"""A client's query, read strictly: hostile bytes in, one question out.

Nothing is allocated by its counts, and the only name that is read is the question's, without
compression (RFC 1035 4.1, RFC 9619: one question).
"""

from svcdns.dns.wire import records
from svcdns.dns.wire.messages import (
    COOKIE_OPTION,
    HEADER_FIELDS_WITHOUT_ID,
    HEADER_SIZE_WITHOUT_ID,
    OPTION_FIELDS,
    QUESTION_FIELDS,
    RECORD_FIELDS,
    Edns,
    FormatError,
    Query,
)

CLIENT_COOKIE_SIZE = 8
"""Bytes of a client's part of a cookie (RFC 7873 4)."""
MIN_COOKIE_SIZE = 16
"""The fewest bytes of a cookie with a server's part (RFC 7873 4)."""
MAX_COOKIE_SIZE = 40
"""The most (RFC 7873 4)."""

# Bound methods: each query of the slow path is read with them, and attributes would cost a tenth of that.
_unpack_header = HEADER_FIELDS_WITHOUT_ID.unpack_from
_unpack_question = QUESTION_FIELDS.unpack_from
_unpack_record = RECORD_FIELDS.unpack_from


def parse_query(packet: bytes) -> Query:
    """Read a query without its id, of at least 10 bytes, with QR clear and opcode QUERY.

    Raises `messages.FormatError`.
    """
    flags, questions, answers, authority, additional = _unpack_header(packet)
    if questions != 1 or answers or additional > 2:
        raise FormatError("counts")

    end = name_end(packet, HEADER_SIZE_WITHOUT_ID)
    if end + 4 > len(packet):
        raise FormatError("short question")

    rrtype, rrclass = _unpack_question(packet, end)
    if authority > (rrtype == records.IXFR):  # the SOA that the client has (RFC 1995 3)
        raise FormatError("authority")

    edns = _parse_additional(packet, end + 4, authority + additional)
    question = packet[HEADER_SIZE_WITHOUT_ID : end + 4]
    return Query(flags, question, question[:-4].lower(), rrtype, rrclass, edns)


def parse_cookie_request(packet: bytes) -> Edns:
    """Read a query without a question, which asks for a cookie (RFC 7873 5.4); as `parse_query` otherwise.

    Raises `messages.FormatError`, also where it has no cookie.
    """
    _, questions, answers, authority, additional = _unpack_header(packet)
    if questions or answers or authority or additional > 2:
        raise FormatError("counts")

    edns = _parse_additional(packet, HEADER_SIZE_WITHOUT_ID, additional)
    if edns is None or not edns.cookie:
        raise FormatError("no question")
    return edns


def is_valid_name(name: bytes) -> bool:
    """Whether these bytes are one uncompressed name (RFC 1035 3.1)."""
    try:
        return name_end(name, 0) == len(name)
    except FormatError:
        return False


def name_end(packet: bytes, start: int) -> int:
    """Where the uncompressed name ends, just past its root byte; raises `messages.FormatError`."""
    at, size = start, len(packet)
    while at < size and (length := packet[at]):
        if length > 63:
            raise FormatError("label type")
        at += length + 1

    # The name's end is the zero byte, which must be there and counts.
    if at >= size or at + 1 - start > 255:
        raise FormatError("name length")
    return at + 1


def _parse_additional(packet: bytes, at: int, count: int) -> Edns | None:
    """The OPT record among so many records, which end the message."""
    edns = None
    for _ in range(count):
        owner, at = at, _skip_name(packet, at)
        if at + 10 > len(packet):
            raise FormatError("short record")

        rrtype, size, ttl, length = _unpack_record(packet, at)
        at += 10 + length
        if at > len(packet):
            raise FormatError("short record data")

        if rrtype == records.OPT:
            if edns is not None or packet[owner]:
                raise FormatError("OPT twice, or with a name (RFC 6891 6.1.1)")
            # An OPT's class is the UDP size; its TTL is rcode, version and flags (RFC 6891 6.1.3).
            version = ttl >> 16 & 0xFF
            cookie = _read_options(packet[at - length : at], version)
            edns = Edns(size, version, bool(ttl & 0x8000), cookie)

    if at != len(packet):
        raise FormatError("bytes after the message")

    return edns


def _skip_name(packet: bytes, at: int) -> int:
    """As `name_end`, but a pointer may end it (an additional record such as TSIG)."""
    start, size = at, len(packet)
    while at < size:
        length = packet[at]
        if length >= 0xC0:
            return at + 2
        if length > 63 or at + 1 - start > 255:
            break
        at += length + 1
        if not length:
            return at

    raise FormatError("record name")


def _read_options(data: bytes, version: int) -> bytes:
    """The data of the first COOKIE; other options are skipped, but their lengths must fit (RFC 6891 6.1.2).

    What an option means in another version of EDNS than 0, nobody knows.
    """
    at = 0
    cookie: bytes | None = None
    while at < len(data):
        if at + OPTION_FIELDS.size > len(data):
            raise FormatError("short option")

        code, length = OPTION_FIELDS.unpack_from(data, at)
        start = at + OPTION_FIELDS.size
        at = start + length
        if code == COOKIE_OPTION and cookie is None and not version:
            cookie = data[start:at]

    if at != len(data):
        raise FormatError("option length")
    # RFC 7873 5.2.2. Of several cookies, the first counts (RFC 7873 5.2).
    if cookie is not None and not is_cookie_size(len(cookie)):
        raise FormatError("cookie length")
    return cookie or b""


def is_cookie_size(size: int) -> bool:
    """Whether a COOKIE may have so many bytes: a client's part, and none or a server's (RFC 7873 4)."""
    return size == CLIENT_COOKIE_SIZE or MIN_COOKIE_SIZE <= size <= MAX_COOKIE_SIZE
