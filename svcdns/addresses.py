"""Addresses as bytes, as the labels that Kubernetes makes of them, and as text with a port."""

import ipaddress
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_OCTET_VALUES = {str(octet): octet for octet in range(256)}
"""As they are written; `01` and `+1` are none."""
_OCTET_TEXTS = [text.encode() for text in _OCTET_VALUES]
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"
"""IPv4 in IPv6 (RFC 4291 2.5.5.2)."""


def parse(text: str) -> bytes | None:
    """4 or 16 bytes, or None where the text is no address."""
    if ":" not in text:
        try:
            a, b, c, d = text.split(".")
            return bytes((_OCTET_VALUES[a], _OCTET_VALUES[b], _OCTET_VALUES[c], _OCTET_VALUES[d]))
        except (ValueError, KeyError):
            return None
    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def to_label(address: bytes) -> bytes:
    """`10-1-2-3` or `fd00--1`, zero-compressed; a trailing `-` gets a `0`, since no label ends so."""
    if len(address) == 4:
        a, b, c, d = address
        return b"-".join(
            (_OCTET_TEXTS[a], _OCTET_TEXTS[b], _OCTET_TEXTS[c], _OCTET_TEXTS[d])
        )  # 100,000 times at a start
    if address.startswith(_MAPPED_PREFIX):  # which newer Pythons print with dots
        return b"--ffff-%x-%x" % (address[12] << 8 | address[13], address[14] << 8 | address[15])
    found = str(ipaddress.IPv6Address(address)).replace(":", "-").encode()
    return found + b"0" if found.endswith(b"-") else found


def from_label(label: str) -> bytes | None:
    """The address that a label spells, in any form (`fd00-0-0-0-0-0-0-1`), or None."""
    if "." in label or ":" in label:
        return None
    dotted = label.count("-") == 3 and "--" not in label
    return parse(label.replace("-", "." if dotted else ":"))


def bracketed(host: str) -> str:
    """An address or name as it stands before a port: IPv6 in brackets (RFC 3986 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def host_port(host: str, port: int) -> str:
    """`192.0.2.1:53` or `[2001:db8::1]:53`."""
    return f"{bracketed(host)}:{port}"
