"""Bytes of a reply as text for a terminal (RFC 1035 5.1): whatever stands in them, nothing is a command."""

EXTENDED_ERROR_NAMES = (
    "Other",
    "Unsupported DNSKEY Algorithm",
    "Unsupported DS Digest Type",
    "Stale Answer",
    "Forged Answer",
    "DNSSEC Indeterminate",
    "DNSSEC Bogus",
    "Signature Expired",
    "Signature Not Yet Valid",
    "DNSKEY Missing",
    "RRSIGs Missing",
    "No Zone Key Bit Set",
    "NSEC Missing",
    "Cached Error",
    "Not Ready",
    "Blocked",
    "Censored",
    "Filtered",
    "Prohibited",
    "Stale NXDOMAIN Answer",
    "Not Authoritative",
    "Not Supported",
    "No Reachable Authority",
    "Network Error",
    "Invalid Data",
)
"""Texts of the info codes, by number (RFC 8914 4)."""


def quote_strings(data: bytes) -> str:
    """Character-strings in quotes (RFC 1035 3.3); raises ValueError."""
    found, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise ValueError("a string is longer than its record")
        found.append('"' + "".join(_escape_byte(c) for c in data[at + 1 : end]) + '"')
        at = end
    return " ".join(found)


def _escape_byte(byte: int) -> str:
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03}"


def escape_text(text: str) -> str:
    """No byte of a reply reaches the terminal as a control character."""
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"\\{b:03}" for b in text.encode("utf-8", "replace"))


def unknown_rdata(data: bytes) -> str:
    r"""Data of a type or form that we do not know: `\# length hex` (RFC 3597 5)."""
    return f"\\# {len(data)} {data.hex().upper()}".rstrip()


def extended_error_text(value: bytes) -> str:
    """An Extended DNS Error option of at least 2 bytes (RFC 8914 2)."""
    number = int.from_bytes(value[:2], "big")
    name = f" ({EXTENDED_ERROR_NAMES[number]})" if number < len(EXTENDED_ERROR_NAMES) else ""
    text = f": ({escape_text(value[2:].decode('utf-8', 'replace'))})" if value[2:] else ""
    return f"{number}{name}{text}"
