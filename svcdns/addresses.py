"""Addresses as bytes, and as the labels that Kubernetes makes of them; for `dns` and `kube` alike."""

import ipaddress

_OCTETS = {str(octet): octet for octet in range(256)}
"""As they are written; `01` and `+1` are none."""
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


def dashed(address: bytes) -> str:
    """`10-1-2-3` or `fd00--1`, zero-compressed; a trailing `-` gets a `0`, since no label ends so."""
    if len(address) == 4:
        a, b, c, d = address
        return f"{a}-{b}-{c}-{d}"
    if address.startswith(_MAPPED):  # which newer Pythons print with dots
        return f"--ffff-{address[12] << 8 | address[13]:x}-{address[14] << 8 | address[15]:x}"
    label = str(ipaddress.IPv6Address(address)).replace(":", "-")
    return label + "0" if label.endswith("-") else label


def label(address: bytes) -> bytes:
    """`dashed` as a DNS label."""
    return dashed(address).encode()


def undashed(label: str) -> bytes | None:
    """The address that a label spells, in any form (`fd00-0-0-0-0-0-0-1`), or None."""
    if "." in label or ":" in label:
        return None
    dotted = label.count("-") == 3 and "--" not in label
    return packed(label.replace("-", "." if dotted else ":"))
