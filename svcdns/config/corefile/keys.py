"""For which names: the zones of a server block or plugin, their ports, and networks as reverse zones."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from svcdns.config import forwards
from svcdns.config.values import Network

_PORT = re.compile(r":([0-9]{1,5})\Z")
PORTS = {"dns": "53", "tls": "853"}
"""Of what is served here; DNS over HTTPS, QUIC and gRPC are not."""

_STEPS = {"in-addr.arpa": 8, "ip6.arpa": 4}
"""Bits that a label of a reverse name stands for (RFC 1035 3.5, RFC 3596 2.5)."""


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
        return reverse_zones(ipaddress.ip_network(text, strict=False))
    return (forwards.domain(text),)


def reverse_zones(network: Network) -> tuple[str, ...]:
    """One where the prefix ends with a label, else several."""
    top = "in-addr.arpa" if network.version == 4 else "ip6.arpa"
    step = _STEPS[top]
    depth = -(-network.prefixlen // step)
    return tuple(
        ".".join(part.network_address.reverse_pointer.split(".")[-depth - 2 :])
        for part in network.subnets(new_prefix=depth * step)
    )


def is_reverse(zone: str) -> bool:
    """Whether names there are addresses."""
    return any(forwards.is_below(zone, top) for top in _STEPS)


def networks(reverse: Iterable[str]) -> Iterator[Network]:
    """Those of reverse zones as `zones` reads them, as few as can be; raises ValueError."""
    each = [_network(zone) for zone in reverse]
    yield from ipaddress.collapse_addresses(one for one in each if isinstance(one, IPv4Network))
    yield from ipaddress.collapse_addresses(one for one in each if isinstance(one, IPv6Network))


def _network(zone: str) -> Network:
    top = next(top for top in _STEPS if forwards.is_below(zone, top))
    labels = zone.removesuffix(top).split(".")[-2::-1]
    try:
        return ipaddress.ip_network(f"{_address(labels, _STEPS[top])}/{_STEPS[top] * len(labels)}")
    except ValueError:
        raise ValueError(f"{zone!r} is no reverse zone, as 10.in-addr.arpa") from None


def _address(labels: list[str], step: int) -> str:
    """The first address: octets, or hexadecimal digits in fours."""
    if step == 8:
        return ".".join((*labels, *"0000"[len(labels) :]))
    digits = "".join(label[:1] if len(label) == 1 else "x" for label in labels).ljust(32, "0")
    return ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
