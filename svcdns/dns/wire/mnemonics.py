"""Queries and replies in words, for metrics, top lists and the query log."""

from svcdns.dns.wire import messages, names, records

TYPE_NAMES = {
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    43: "DS",
    46: "RRSIG",
    47: "NSEC",
    48: "DNSKEY",
    50: "NSEC3",
    64: "SVCB",
    65: "HTTPS",
    251: "IXFR",
    252: "AXFR",
    255: "ANY",
}
"""The types that are counted by name; CoreDNS counts the same ones."""
OTHER_LABEL = "other"

OPT_PREFIX = b"\0\0\x29"
"""An OPT record's owner and type (RFC 6891 6.1.2)."""

_RCODE_NAMES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_HIGH_RCODE_NAMES = {records.BADVERS: "BADVERS", records.BADCOOKIE: "BADCOOKIE"}
FLAGS = (
    (messages.QR, "qr"),
    (messages.AA, "aa"),
    (messages.TC, "tc"),
    (messages.RD, "rd"),
    (messages.RA, "ra"),
    (messages.AD, "ad"),
    (messages.CD, "cd"),
)
"""The bits of a header's flags, and what dig calls them (RFC 1035 4.1.1, RFC 4035 3.2)."""


def rcode_text(code: int) -> str:
    """A response code by its name, else as RCODE and number."""
    return _RCODE_NAMES[code] if code < len(_RCODE_NAMES) else _HIGH_RCODE_NAMES.get(code, f"RCODE{code}")


def rcode_label(code: int) -> str:
    """A response code for metrics, whose labels stay few whatever upstreams send."""
    return _RCODE_NAMES[code] if code < len(_RCODE_NAMES) else OTHER_LABEL


def flags_text(header_flags: int) -> str:
    """The flags of a header (RFC 1035 4.1.1), as dig shows them."""
    return " ".join(text for bit, text in FLAGS if header_flags & bit)


def type_text(number: int) -> str:
    """A type by its name, else as TYPE and number (RFC 3597 5)."""
    return TYPE_NAMES.get(number) or f"TYPE{number}"


def question_bytes(message: bytes) -> bytes:
    """The wire name and the type of a query's question, as they came, unchecked.

    `message` is the query without its id.
    """
    # Label by label: one of them may have a zero byte, which does not end the name.
    name_end = messages.HEADER_SIZE_WITHOUT_ID
    while name_end < len(message) and message[name_end]:
        name_end += message[name_end] + 1
    return message[messages.HEADER_SIZE_WITHOUT_ID : name_end + 3]


def question_text(question: bytes) -> str:
    """What question_bytes gives, in words; `-` where it is no name and type."""
    name = question[:-2]
    rrtype = int.from_bytes(question[-2:], "big")

    # Names are folded below, and a length of 64 or more could be changed by that.
    at = 0
    while at < len(name) and 0 < name[at] <= names.MAX_LABEL_LENGTH:
        at += name[at] + 1

    # `at` is at the root's zero byte, which ends the name.
    if at != len(name) - 1 or len(name) > names.MAX_NAME_LENGTH or name[at]:
        return "-"
    return f"{names.to_text(name.lower())} {type_text(rrtype)}"
