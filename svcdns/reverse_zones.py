"""The zones of addresses: names below `in-addr.arpa` and `ip6.arpa` (RFC 1035 3.5, RFC 3596 2.5).

Zones are text in small letters without the last dot.
"""

from collections.abc import Iterator

from svcdns.addresses import Network

TOPS = {"in-addr.arpa": 8, "ip6.arpa": 4}
"""The zone of all addresses of a family, and how many bits of an address a label below it stands for."""


def top(network: Network) -> str:
    """The zone of all addresses of the network's family."""
    return "in-addr.arpa" if network.version == 4 else "ip6.arpa"


def is_reverse(zone: str) -> bool:
    """Whether the names there are addresses."""
    return any(zone == name or zone.endswith(f".{name}") for name in TOPS)


def is_below_a_label(network: Network) -> bool:
    """Whether it is smaller than what a label stands for (10.0.0.0/28): its zones are single addresses."""
    return network.max_prefixlen - network.prefixlen < TOPS[top(network)]


def of_network(network: Network) -> Iterator[str]:
    """The zones that are the network together: one where its prefix ends with a label, else several."""
    name = top(network)
    bits = TOPS[name]
    labels = -(-network.prefixlen // bits)  # rounded up
    for part in network.subnets(new_prefix=labels * bits):
        pointer = part.network_address.reverse_pointer.removesuffix(name).split(".")[:-1]
        yield ".".join((*pointer[len(pointer) - labels :], name))
