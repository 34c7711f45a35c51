"""For which names: the zones of a server block or plugin, their ports, and networks as reverse zones."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from svcdns import reverse_zones
from svcdns.addresses import Network
from svcdns.config import forwards

_PORT = re.compile(r":([0-9]{1,5})\Z")
PORTS = {"dns": "53", "tls": "853"}
"""Of what is served here; DNS over HTTPS, QUIC and gRPC are not."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a server block is for; a network may be several zones."""

    scheme: str
    zones: tuple[str, ...]
    port: str


def key(text: str) -> Key:
    """Read `.:53`, `tls://corp.internal` or `10.0.0.0/8:5353`; raises ValueError."""
    scheme, _, rest = text.rpartition("://")
    port = _PORT.search(rest)
    zone = rest[: port.start()] if port else rest
    return Key(scheme or "dns", zones(zone or "."), port[1] if port else PORTS.get(scheme or "dns", ""))


def zones(text: str) -> tuple[str, ...]:
    """The zone of a name, or the reverse zones of a network; raises ValueError."""
    if "/" in text:
        return tuple(reverse_zones.of_network(ipaddress.ip_network(text, strict=False)))
    return (forwards.domain(text),)


def networks(reverse: Iterable[str]) -> Iterator[Network]:
    """Those of reverse zones as `zones` reads them, as few as can be; raises ValueError."""
    each = [_network(zone) for zone in reverse]
    yield from ipaddress.collapse_addresses(one for one in each if isinstance(one, IPv4Network))
    yield from ipaddress.collapse_addresses(one for one in each if isinstance(one, IPv6Network))


def _network(zone: str) -> Network:
    top = next(top for top in reverse_zones.TOPS if forwards.is_below(zone, top))
    bits = reverse_zones.TOPS[top]
    labels = zone.removesuffix(top).split(".")[-2::-1]
    try:
        return ipaddress.ip_network(f"{_address(labels, bits)}/{bits * len(labels)}")
    except ValueError:
        raise ValueError(f"{zone!r} is no reverse zone, as 10.in-addr.arpa") from None


def _address(labels: list[str], step: int) -> str:
    """The first address: octets, or hexadecimal digits in fours."""
    if step == 8:
        return ".".join((*labels, *"0000"[len(labels) :]))
    digits = "".join(label[:1] if len(label) == 1 else "x" for label in labels).ljust(32, "0")
    return ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
