"""The cluster that is measured: as plain data, the same for the same seed.

From here `manifests` writes what svcdns reads, and `zones` what its peers read.
"""

import random
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

ZONE = "cluster.local"
SERVICE_RANGE = IPv4Network("10.96.0.0/12")
POD_RANGE = IPv4Network("10.128.0.0/9")
DNS_ADDRESS = str(SERVICE_RANGE[10])

WORDS = ("cart", "user", "order", "stock", "price", "search", "login", "media", "audit", "queue")


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port: of the Service and of its endpoints."""

    name: str
    number: int
    target: int


PORTS = (Port("http", 80, 8080), Port("metrics", 9090, 9090))


@dataclass(frozen=True, slots=True)
class Service:
    """One Service; `address` is its cluster IP, `target` an ExternalName's."""

    namespace: str
    name: str
    kind: Literal["cluster", "headless", "external"]
    address: str | None = None
    target: str | None = None
    ports: tuple[Port, ...] = ()
    endpoints: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Its DNS name, without the last dot."""
        return f"{self.name}.{self.namespace}.svc.{ZONE}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Namespaces and Services; the last Service is the cluster's DNS."""

    namespaces: tuple[str, ...]
    services: tuple[Service, ...]

    def services_of_kind(self, kind: Literal["cluster", "headless", "external"]) -> list[Service]:
        """The Services of one kind."""
        return [service for service in self.services if service.kind == kind]


def build(services: int, namespaces: int = 100, endpoints: int = 10, seed: int = 1) -> Cluster:
    """85% cluster IP with two named ports, 10% headless, 5% ExternalName."""
    rng = random.Random(seed)
    spaces = tuple(f"team-{number:03}" for number in range(namespaces))
    kinds = ["headless"] * (services // 10) + ["external"] * (services // 20)
    kinds += ["cluster"] * (services - len(kinds))
    rng.shuffle(kinds)
    addresses = iter(rng.sample(range(256, SERVICE_RANGE.num_addresses - 1), services))
    pods = iter(rng.sample(range(256, POD_RANGE.num_addresses - 1), services * endpoints))

    def service(number: int, kind: str) -> Service:
        space = spaces[number % namespaces]
        name = f"{rng.choice(WORDS)}-{rng.choice(WORDS)}-{number}"
        if kind == "external":
            return Service(space, name, "external", target=f"{name}.example.org")

        backends = tuple(str(POD_RANGE[next(pods)]) for _ in range(endpoints))
        if kind == "headless":
            return Service(space, name, "headless", ports=PORTS, endpoints=backends)

        address = str(SERVICE_RANGE[next(addresses)])
        return Service(space, name, "cluster", address, ports=PORTS, endpoints=backends)

    generated_services = tuple(service(number, kind) for number, kind in enumerate(kinds))
    dns = Service("kube-system", "kube-dns", "cluster", DNS_ADDRESS, ports=(Port("dns", 53, 53),))

    return Cluster((*spaces, "kube-system"), (*generated_services, dns))
