"""The ranges that a cluster allocates from, and the pool that gives out the numbers of one range.

Nothing is remembered between starts. A number therefore follows from the name of its owner alone (a
hash), and only after a collision from the others too. A new owner then moves hardly any other.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import combinations

from svcdns.addresses import Network
from svcdns.errors import ConfigError
from svcdns.kube.manifests.field_rules import IPFamily
from svcdns.kube.objects import Key

# In a pool that is 90 % full, 64 probes all hit taken numbers in 1 of 850 cases; then the scan is due.
_MAX_PROBES = 64


@dataclass(frozen=True, slots=True)
class ServiceRanges:
    """The API server's `--service-cluster-ip-range` and `--service-node-port-range`.

    Raises ConfigError where two ranges share addresses, which could then be allocated twice.
    """

    # The first is the default of kubeadm.
    service_cidrs: tuple[Network, ...] = (ip_network("10.96.0.0/12"), ip_network("fd00:10:96::/108"))
    """The family of the first range is the default one; ranges of one family are filled in their order."""

    # The default of kube-apiserver.
    node_ports: range = range(30000, 32768)

    def __post_init__(self) -> None:
        for first, second in combinations(self.service_cidrs, 2):
            # `overlaps` raises TypeError for networks of two families.
            if first.version == second.version and first.overlaps(second):
                raise ConfigError(
                    f"Service ranges {first} and {second} overlap; each address may be in one only"
                )

    @property
    def families(self) -> tuple[IPFamily, ...]:
        """The families that have a range, the default one first."""
        return tuple(dict.fromkeys("IPv4" if cidr.version == 4 else "IPv6" for cidr in self.service_cidrs))


class NumberPool:
    """The numbers 0 to `size` - 1, each with at most one owner: offsets of addresses, or node ports.

    The lowest `reserved_band` numbers are for owners who choose their number, as long as others last.
    Kubernetes has such a band too ("Avoid collisions assigning ports/IPs to Services"), so that a
    chosen number rarely meets an allocated one.
    """

    def __init__(self, size: int, reserved_band: int) -> None:
        self.size = size
        # A range that is no larger than the band has no band, or nothing could be allocated.
        self.reserved_band = reserved_band if reserved_band < size else 0
        self.owners: dict[int, Key] = {}

    def reserve(self, number: int, owner: Key) -> None:
        """Give a free number to an owner who chose it."""
        self.owners[number] = owner

    def allocate(self, owner: Key, purpose: str) -> int | None:
        """Give the number that follows from owner and purpose; None where all are taken."""
        if len(self.owners) >= self.size:
            return None

        number = self._probe(f"{owner[0]}/{owner[1]}/{purpose}")
        self.owners[number] = owner
        return number

    def _probe(self, seed: str) -> int:
        """A free number above the band, else any free number."""
        upper = self.size - self.reserved_band
        for attempt in range(_MAX_PROBES):
            digest = hashlib.blake2b(f"{seed}/{attempt}".encode(), digest_size=8).digest()
            number = self.reserved_band + int.from_bytes(digest) % upper
            if number not in self.owners:
                return number

        # Nearly full: go up from the last number, around the top, and so through the band too.
        for step in range(self.size):
            candidate = (number + step) % self.size
            if candidate not in self.owners:
                return candidate
        raise AssertionError("allocate asks only while a number is free")
