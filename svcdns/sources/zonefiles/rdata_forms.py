"""Forms of data that RFCs allow and dnspython does not read: rewritten as text that it does read. Pure.

A value of `ech` is base64 of any bytes here. Its own RFC may change what is in it, and a server only passes
it on (RFC 9460 2.1).
"""

import base64
import binascii
import re
from typing import NamedTuple

from svcdns.dns.wire import records
from svcdns.dns.wire.records import RRType

NAME_COUNTS: dict[RRType, int] = {7: 1, 8: 1, 9: 1, 14: 2}
"""MB, MG, MR and MINFO (RFC 1035 3.3): how many names their data is; dnspython knows them as numbers only."""

ECH_PLACEHOLDER = "AAQAAAAA"
"""A value of `ech` that dnspython accepts: a list of 4 bytes."""

# NID and L64 (RFC 6742 2.1, 2.3): a preference, and four groups whose leading zeros may be missing.
_GROUP_TYPES = (104, 106)
_GROUPS = re.compile(r"(\S+) ([0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){3})")

_WORD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+')
_ECH_WORD = re.compile(r'ech=("?)([A-Za-z0-9+/]+=*)\1')


class OpaqueEch(NamedTuple):
    """The data of an SVCB or HTTPS record with a placeholder as its `ech`, and the bytes to put there."""

    text: str
    value: bytes


def pad_groups(rrtype: RRType, text: str) -> str:
    """Return the data of NID and L64 with all digits of each group; other data as it is."""
    if rrtype not in _GROUP_TYPES or not (match := _GROUPS.fullmatch(text)):
        return text

    return f"{match[1]} {':'.join(group.zfill(4) for group in match[2].split(':'))}"


def take_ech(rrtype: RRType, text: str) -> OpaqueEch | None:
    """Return the data with a placeholder as its `ech`; None without an `ech` that is base64."""
    if rrtype not in (records.SVCB, records.HTTPS):
        return None

    for word in _WORD.finditer(text):
        if not (match := _ECH_WORD.fullmatch(word[0])):
            continue
        try:
            value = base64.b64decode(match[2], validate=True)
        except binascii.Error:
            return None
        return OpaqueEch(f"{text[: word.start()]}ech={ECH_PLACEHOLDER}{text[word.end() :]}", value)

    return None
