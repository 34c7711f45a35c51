"""Addresses as bytes, and as the labels that Kubernetes makes of them."""

import ipaddress


def packed(text: str) -> bytes | None:
    """4 or 16 bytes, or None where the text is no address."""
    if ":" not in text:
        parts = text.split(".")
        if len(parts) == 4 and text.isascii() and all(map(str.isdigit, parts)):
            try:
                return bytes(map(int, parts))
            except ValueError:
                return None
        return None
    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def dashed(address: bytes) -> str:
    """`10-1-2-3` or `fd00--1`, zero-compressed; a trailing `-` gets a `0`, since no label ends so."""
    if len(address) == 4:
        return "-".join(map(str, address))
    label = str(ipaddress.IPv6Address(address)).replace(":", "-")
    return label + "0" if label.endswith("-") else label
