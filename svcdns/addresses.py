"""Addresses as bytes, and as the labels that Kubernetes makes of them; for `dns` and `kube` alike."""

import ipaddress


def packed(text: str) -> bytes | None:
    """4 or 16 bytes, or None where the text is no address."""
    if ":" not in text:
        try:
            found = bytes(map(int, text.split(".")))
        except ValueError:
            return None
        # Written back, so that `01.2.3.4` and `+1.2.3.4` are none.
        return found if len(found) == 4 and ".".join(map(str, found)) == text else None
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


def undashed(label: str) -> bytes | None:
    """The address that a label spells, in any form (`fd00-0-0-0-0-0-0-1`), or None."""
    if "." in label or ":" in label:
        return None
    dotted = label.count("-") == 3 and "--" not in label
    return packed(label.replace("-", "." if dotted else ":"))
