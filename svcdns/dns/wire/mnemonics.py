"""The bytes of queries and replies in words, for metrics, top lists and the query log."""

from svcdns.dns.wire import messages, names

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
"""Those that are counted by name; CoreDNS counts the same ones."""
OTHER_LABEL = "other"

OPT_PREFIX = b"\0\0\x29"
"""An OPT record's owner and type (RFC 6891 6.1.2)."""

_RCODE_NAMES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
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
    return _RCODE_NAMES[code] if code < len(_RCODE_NAMES) else f"RCODE{code}"


def rcode_label(code: int) -> str:
    """The same for metrics, whose labels stay few whatever others say."""
    return _RCODE_NAMES[code] if code < len(_RCODE_NAMES) else OTHER_LABEL


def flags_text(header_flags: int) -> str:
    """The flags of a header (RFC 1035 4.1.1), as dig shows them."""
    return " ".join(text for bit, text in FLAGS if header_flags & bit)


def type_text(number: int) -> str:
    """A type by its name, else as TYPE and number (RFC 3597 5)."""
    return TYPE_NAMES.get(number) or f"TYPE{number}"


def question_bytes(message: bytes) -> bytes:
    """The wire name and the type of the question of a query without id, as they came, not read."""
    return message[messages.HEADER_SIZE_WITHOUT_ID : message.find(0, messages.HEADER_SIZE_WITHOUT_ID) + 3]


def question_text(question: bytes) -> str:
    """The same in words; `-` where it is none."""
    name, number = question[:-2], int.from_bytes(question[-2:], "big")
    at = 0
    while at < len(name) and 0 < name[at] < 64:  # a length that `lower` leaves alone
        at += name[at] + 1
    if at != len(name) - 1 or at > 254 or name[at]:
        return "-"
    return f"{names.to_text(name.lower())} {type_text(number)}"
