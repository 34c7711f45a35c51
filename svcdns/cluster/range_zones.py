"""Reverse zones of networks: of those in the configuration, and of those that cluster IPs are taken from.

The configured ones are by default `in-addr.arpa.` and `ip6.arpa.`, for endpoints may have any address.
Each ServiceCIDR adds its own within them, unless reverse zones or a zone file say who answers there.
"""

import ipaddress
import itertools
from collections.abc import Collection, Iterable, Iterator

from svcdns import reverse_zones
from svcdns.addresses import Network
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.wire import names
from svcdns.kube.manifests import field_rules
from svcdns.kube.store import Store

MAX_SERVICE_CIDR_ZONES = 512
"""Zones of all ServiceCIDRs together. A network needs up to 128, and each worker keeps them in memory."""


def zones_of_cidrs(cidrs: Iterable[str]) -> tuple[bytes, ...]:
    """The zones of these networks: one where the prefix ends with a label of the reverse name, else several.

    Raises ValueError where one is no network.
    """
    return tuple(
        dict.fromkeys(zone for cidr in cidrs for zone in _zones_of_network(ipaddress.ip_network(cidr)))
    )


def zones_of_service_cidrs(
    store: Store, options: ClusterOptions, zone_file_origins: Collection[bytes]
) -> tuple[bytes, ...]:
    """The zones of the cluster's ServiceCIDRs, but for those at or below the origin of a zone file.

    A network of less than a label (10.0.0.0/28) has none: its addresses are in the configured zones.
    """
    if not options.follows_ranges:
        return ()

    texts = [text for _, obj in sorted(store.service_cidrs.items()) for text in obj.spec.cidrs or ()]
    networks = [network for text in texts if (network := field_rules.parse_network(text)) is not None]
    large = (network for network in networks if not reverse_zones.is_below_a_label(network))
    zones = (zone for network in large for zone in _zones_of_network(network))

    # What the configuration or a zone file has decided on is not decided here again.
    undecided = (
        zone
        for zone in dict.fromkeys(zones)
        if zone not in options.reverse
        and not any(names.is_subdomain(zone, origin) for origin in zone_file_origins)
    )
    return tuple(itertools.islice(undecided, MAX_SERVICE_CIDR_ZONES))


def _zones_of_network(network: Network) -> Iterator[bytes]:
    return map(names.from_text, reverse_zones.of_network(network))
