"""Addresses as bytes, as the labels that Kubernetes makes of them, and as text with a port."""

import ipaddress
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_OCTETS = {str(octet): octet for octet in range(256)}
"""As they are written; `01` and `+1` are none."""
_TEXTS = [text.encode() for text in _OCTETS]
_MAPPED = bytes(10) + b"\xff\xff"
"""IPv4 in IPv6 (RFC 4291 2.5.5.2)."""


def packed(text: str) -> bytes | None:
    """4 or 16 bytes, or None where the text is no address."""
    if ":" not in text:
        try:
            a, b, c, d = text.split(".")
            return bytes((_OCTETS[a], _OCTETS[b], _OCTETS[c], _OCTETS[d]))
        except (ValueError, KeyError):
            return None
    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def label(address: bytes) -> bytes:
    """`10-1-2-3` or `fd00--1`, zero-compressed; a trailing `-` gets a `0`, since no label ends so."""
    if len(address) == 4:
        a, b, c, d = address
        return b"-".join((_TEXTS[a], _TEXTS[b], _TEXTS[c], _TEXTS[d]))  # 100,000 times at a start
    if address.startswith(_MAPPED):  # which newer Pythons print with dots
        return b"--ffff-%x-%x" % (address[12] << 8 | address[13], address[14] << 8 | address[15])
    found = str(ipaddress.IPv6Address(address)).replace(":", "-").encode()
    return found + b"0" if found.endswith(b"-") else found


def undashed(label: str) -> bytes | None:
    """The address that a label spells, in any form (`fd00-0-0-0-0-0-0-1`), or None."""
    if "." in label or ":" in label:
        return None
    dotted = label.count("-") == 3 and "--" not in label
    return packed(label.replace("-", "." if dotted else ":"))


def bracketed(host: str) -> str:
    """An address or name as it stands before a port: IPv6 in brackets (RFC 3986 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def host_port(host: str, port: int) -> str:
    """`192.0.2.1:53` or `[2001:db8::1]:53`."""
    return f"{bracketed(host)}:{port}"
