"""The ranges a cluster allocates from: Service addresses and node ports."""

from dataclasses import dataclass
from ipaddress import ip_network
from itertools import combinations

from svcdns.addresses import Network
from svcdns.errors import ConfigError
from svcdns.kube.manifests.field_rules import IPFamily


@dataclass(frozen=True, slots=True)
class ServiceRanges:
    """What an API server is started with (`--service-cluster-ip-range`, `--service-node-port-range`).

    Raises ConfigError where two ranges share addresses, which would then be given out twice.
    """

    service_cidrs: tuple[Network, ...] = (ip_network("10.96.0.0/12"), ip_network("fd00:10:96::/108"))
    """The first one's family is the default family; several of one family are filled in their order."""

    node_ports: range = range(30000, 32768)

    def __post_init__(self) -> None:
        for one, other in combinations(self.service_cidrs, 2):
            if one.version == other.version and one.overlaps(other):
                raise ConfigError(
                    f"Service ranges {one} and {other} overlap; each address may be in one only"
                )

    @property
    def families(self) -> tuple[IPFamily, ...]:
        """The families that have a range, the default one first."""
        return tuple(dict.fromkeys("IPv4" if cidr.version == 4 else "IPv6" for cidr in self.service_cidrs))
