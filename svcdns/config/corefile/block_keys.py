"""Reads the keys of server blocks: zones and ports, and networks as reverse zones."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from svcdns import reverse_zones, value_types
from svcdns.addresses import Network
from svcdns.config import forward_entries

_PORT_SUFFIX = re.compile(r":([0-9]{1,5})\Z")
DEFAULT_PORTS = {"dns": "53", "tls": "853"}
"""The default port of each protocol that svcdns serves: not DNS over HTTPS, QUIC and gRPC."""


@dataclass(frozen=True, slots=True)
class BlockKey:
    """One key of a server block. A network may be several zones."""

    scheme: str
    zones: tuple[str, ...]
    port: str


def parse_block_key(text: str) -> BlockKey:
    """Read `.:53`, `tls://corp.internal` or `10.0.0.0/8:5353`; raises ValueError."""
    scheme, _, address = text.rpartition("://")
    port = _PORT_SUFFIX.search(address)
    zone = address[: port.start()] if port else address

    return BlockKey(
        scheme or "dns", parse_zones(zone or "."), port[1] if port else DEFAULT_PORTS.get(scheme or "dns", "")
    )


def parse_zones(text: str) -> tuple[str, ...]:
    """The zone of a name, or the reverse zones of a network; raises ValueError."""
    if "/" in text:
        return tuple(reverse_zones.of_network(ipaddress.ip_network(text, strict=False)))
    return (value_types.parse_domain(text),)


def reverse_networks(reverse_zones: Iterable[str]) -> Iterator[Network]:
    """The networks of reverse zones, merged where they touch; raises ValueError."""
    networks = [_network_of(zone) for zone in reverse_zones]
    yield from ipaddress.collapse_addresses(
        network for network in networks if isinstance(network, IPv4Network)
    )
    yield from ipaddress.collapse_addresses(
        network for network in networks if isinstance(network, IPv6Network)
    )


def _network_of(zone: str) -> Network:
    top = next(top for top in reverse_zones.TOPS if forward_entries.is_below(zone, top))
    bits = reverse_zones.TOPS[top]
    # The labels of a reverse name stand from the last to the first (RFC 1035 3.5).
    labels = zone.removesuffix(top).split(".")[-2::-1]

    try:
        return ipaddress.ip_network(f"{_first_address(labels, bits)}/{bits * len(labels)}")
    except ValueError:
        raise ValueError(f"{zone!r} is no reverse zone, as 10.in-addr.arpa") from None


def _first_address(labels: list[str], bits_per_label: int) -> str:
    """The first address of a reverse zone: of octets, or of hexadecimal digits in groups of four."""
    if bits_per_label == 8:
        return ".".join((*labels, *"0000"[len(labels) :]))
    # `x` makes what is no single digit an invalid address, which the caller refuses.
    digits = "".join(label[:1] if len(label) == 1 else "x" for label in labels).ljust(32, "0")
    return ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
