"""Addresses as bytes, as the labels that Kubernetes makes of them, and as text with a port."""

import ipaddress
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_OCTET_VALUES = {str(octet): octet for octet in range(256)}
"""The octets as they are written; `01` and `+1` are none, though int() takes them."""
_OCTET_TEXTS = [text.encode() for text in _OCTET_VALUES]
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"
"""The first 12 bytes of an IPv4 address within IPv6 (RFC 4291 2.5.5.2)."""


def parse(text: str) -> bytes | None:
    """The 4 or 16 bytes of an address, or None if the text is no address."""
    if ":" not in text:
        # Faster than `ipaddress`, and a large cluster has 100,000 of them.
        try:
            a, b, c, d = text.split(".")
            return bytes((_OCTET_VALUES[a], _OCTET_VALUES[b], _OCTET_VALUES[c], _OCTET_VALUES[d]))
        except (ValueError, KeyError):
            return None

    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def unmapped(address: bytes) -> bytes:
    """The 4 bytes of an IPv4 address within IPv6 (RFC 4291 2.5.5.2); any other address as it is."""
    return address[12:] if len(address) == 16 and address.startswith(_MAPPED_PREFIX) else address


def parse_stored(text: str) -> bytes | None:
    """As `parse`, for an address in an object, which is read as Kubernetes reads it.

    Octets with leading zeros are decimal (`010.096.009.002`), and an IPv4 address within IPv6
    (`::ffff:10.96.9.2`) is an IPv4 one. Old clusters have stored such addresses.
    """
    address = parse(text)
    if address is None and "." in text:
        # The dotted part is all of an IPv4 address, or the end of an IPv6 one (RFC 4291 2.2).
        head, colon, dotted = text.rpartition(":")
        octets = [octet.lstrip("0") or octet[-1:] for octet in dotted.split(".")]
        address = parse(head + colon + ".".join(octets))

    return address if address is None or len(address) == 4 else unmapped(address)


def to_label(address: bytes) -> bytes:
    """The label of an address of 4 or 16 bytes: `10-1-2-3` or `fd00--1`, zero-compressed.

    A label must not end with `-` (RFC 1123 2.1), so one that would gets a `0`: `fd00--0`.
    """
    if len(address) == 4:
        # This runs 100,000 times at a start: no formatting of numbers.
        a, b, c, d = address
        return b"-".join((_OCTET_TEXTS[a], _OCTET_TEXTS[b], _OCTET_TEXTS[c], _OCTET_TEXTS[d]))

    # Python 3.13 and later print these with dots, which a label cannot have.
    if address.startswith(_MAPPED_PREFIX):
        return b"--ffff-%x-%x" % (address[12] << 8 | address[13], address[14] << 8 | address[15])

    label = str(ipaddress.IPv6Address(address)).replace(":", "-").encode()
    return label + b"0" if label.endswith(b"-") else label


def from_label(label: str) -> bytes | None:
    """The 4 or 16 bytes of the address that a label spells in any form (`fd00-0-0-0-0-0-0-1`), or None."""
    if "." in label or ":" in label:
        return None

    # Four parts are IPv4, unless zeros were left out between them.
    dotted = label.count("-") == 3 and "--" not in label
    return parse(label.replace("-", "." if dotted else ":"))


def bracketed(host: str) -> str:
    """A host as it stands before a port: an IPv6 address gets brackets (RFC 3986 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def host_port(host: str, port: int) -> str:
    """A host with a port: `192.0.2.1:53` or `[2001:db8::1]:53`."""
    return f"{bracketed(host)}:{port}"
