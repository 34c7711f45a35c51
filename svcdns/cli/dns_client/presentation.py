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
    """Character-strings in quotes, with spaces between (RFC 1035 3.3).

    Raises ValueError if a length leads beyond the end of the data.
    """
    texts = []
    position = 0
    while position < len(data):
        end = position + 1 + data[position]  # the first byte is the length
        if end > len(data):
            raise ValueError("a string is longer than its record")

        text = "".join(map(_escape_byte, data[position + 1 : end]))
        texts.append(f'"{text}"')
        position = end
    return " ".join(texts)


def _escape_byte(byte: int) -> str:
    """A byte within quotes (RFC 1035 5.1): three decimal digits if it cannot be printed."""
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03}"


def escape_text(text: str) -> str:
    """The text in printable ASCII; any other byte of its UTF-8 is three decimal digits behind a backslash."""
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"\\{b:03}" for b in text.encode("utf-8", "replace"))


def unknown_rdata(data: bytes) -> str:
    r"""Data whose type or form is not known, as `\# length hex` (RFC 3597 5)."""
    # `rstrip`: without data, nothing follows the 0.
    return f"\\# {len(data)} {data.hex().upper()}".rstrip()


def extended_error_text(value: bytes) -> str:
    """An Extended DNS Error as dig prints it: `15 (Blocked): (by policy)` (RFC 8914 2).

    `value` is that of the option, of at least 2 bytes.
    """
    number = int.from_bytes(value[:2], "big")
    name = f" ({EXTENDED_ERROR_NAMES[number]})" if number < len(EXTENDED_ERROR_NAMES) else ""

    # EXTRA-TEXT should be UTF-8, but a server may send any bytes.
    extra_text = escape_text(value[2:].decode("utf-8", "replace"))
    return f"{number}{name}: ({extra_text})" if extra_text else f"{number}{name}"
