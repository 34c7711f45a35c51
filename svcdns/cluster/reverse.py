"""The reverse zones: those that are configured, and those of the networks that cluster IPs are taken from.

The configured ones are by default `in-addr.arpa.` and `ip6.arpa.`, for endpoints may have any address.
Each ServiceCIDR adds its own within them, unless reverse zones or a zone file say who answers there.
"""

import ipaddress
import itertools
from collections.abc import Collection, Iterable, Iterator

from svcdns.cluster.options import Options
from svcdns.dns import names
from svcdns.kube import fields
from svcdns.kube.fields import Network
from svcdns.kube.store import Store

MOST = 512
"""Zones of ServiceCIDRs; a network needs up to 128."""


def zones_of(cidrs: Iterable[str]) -> tuple[bytes, ...]:
    """The zones of these networks: one where the prefix ends with a label, else several."""
    return tuple(dict.fromkeys(zone for cidr in cidrs for zone in _zones(ipaddress.ip_network(cidr))))


def of_service_cidrs(state: Store, options: Options, files: Collection[bytes]) -> tuple[bytes, ...]:
    """The zones of the cluster's ServiceCIDRs, but for those at or below the origin of a zone file.

    A network of less than a label (10.0.0.0/28) has none: its addresses are in the configured zones.
    """
    if not options.follows_ranges:
        return ()
    texts = [text for _, obj in sorted(state.service_cidrs.items()) for text in obj.spec.cidrs or ()]
    networks = [network for text in texts if (network := fields.network(text)) is not None]
    zones = (zone for network in networks if not _is_small(network) for zone in _zones(network))
    others = (
        zone
        for zone in dict.fromkeys(zones)
        if zone not in options.reverse and not any(names.is_below(zone, origin) for origin in files)
    )
    return tuple(itertools.islice(others, MOST))


def _is_small(network: Network) -> bool:
    return network.max_prefixlen - network.prefixlen < _step(network)


def _step(network: Network) -> int:
    """Bits of an address in a label (RFC 1035 3.5, RFC 3596 2.5)."""
    return 8 if network.version == 4 else 4


def _zones(network: Network) -> Iterator[bytes]:
    step = _step(network)
    for part in network.subnets(new_prefix=-(-network.prefixlen // step) * step):
        whole = names.from_address(part.network_address.packed)
        for _ in range((network.max_prefixlen - part.prefixlen) // step):
            whole = names.parent(whole)
        yield whole
