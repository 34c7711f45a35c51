"""The zones of addresses: names below `in-addr.arpa` and `ip6.arpa` (RFC 1035 3.5, RFC 3596 2.5).

Zones are text in lower case, without the final dot.
"""

from collections.abc import Iterator

from svcdns.addresses import Network

TOPS = {"in-addr.arpa": 8, "ip6.arpa": 4}
"""The zone of all addresses of a family, and how many bits of an address one label below it stands for."""


def top(network: Network) -> str:
    """The zone of all addresses of the network's family."""
    return "in-addr.arpa" if network.version == 4 else "ip6.arpa"


def is_reverse(zone: str) -> bool:
    """Whether a zone is one of these, so that its names stand for addresses."""
    return any(zone == name or zone.endswith(f".{name}") for name in TOPS)


def is_below_a_label(network: Network) -> bool:
    """Whether a network is smaller than one label can say (10.0.0.0/28): its zones are single addresses."""
    return network.max_prefixlen - network.prefixlen < TOPS[top(network)]


def of_network(network: Network) -> Iterator[str]:
    """The zones that make up a network: one if its prefix ends at a label, else several."""
    name = top(network)
    bits = TOPS[name]
    labels = -(-network.prefixlen // bits)  # rounded up

    for part in network.subnets(new_prefix=labels * bits):
        # The labels of an address are its last part first, so the network's own are the last ones.
        pointer = part.network_address.reverse_pointer.removesuffix(name).split(".")[:-1]
        yield ".".join((*pointer[len(pointer) - labels :], name))
