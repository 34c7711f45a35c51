"""A big cluster from a seed, like the recorded one: the same for the same seed and size."""

import random
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

Object = dict[str, Any]

NAMESPACES = ("default", "kube-system", "svc", "pod", "com", "team-a", "team-b", "team-c")
_WORDS = ("web", "api", "db", "cache", "queue", "mail", "auth", "front-end")
_KINDS = (
    "ClusterIP",
    "ClusterIP",
    "ClusterIP",
    "NodePort",
    "LoadBalancer",
    "headless",
    "headless",
    "ExternalName",
)
_FAMILIES = (("IPv4",), ("IPv4",), ("IPv6",), ("IPv4", "IPv6"), ("IPv6", "IPv4"))
_NETWORKS = {
    "service IPv4": "10.96.0.1",
    "service IPv6": "fd00:10:96::1",
    "IPv4": "10.200.0.1",
    "IPv6": "fd00:200::1",
}


def make_cluster(seed: int, services: int = 100, pods: int = 30, endpoints: int = 6) -> list[Object]:
    """Namespaces, Services of every kind with up to `endpoints` endpoints in each slice, and Pods."""
    return list(_Maker(seed).objects(services, pods, endpoints))


class _Maker:
    """The dice, and the next free address of each network."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._next = {network: int(ip_address(first)) for network, first in _NETWORKS.items()}

    def objects(self, services: int, pods: int, endpoints: int) -> Iterator[Object]:
        for namespace in NAMESPACES:
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}

        yield self._service("kube-system", "kube-dns", "ClusterIP", ("IPv4", "IPv6"))

        for number in range(services):
            namespace = self._dice.choice(NAMESPACES)
            name = f"{self._dice.choice(_WORDS)}-{number}"
            service = self._service(namespace, name, self._dice.choice(_KINDS), self._dice.choice(_FAMILIES))
            yield service
            yield from self._slices(service, endpoints)

        for number in range(pods):
            yield self._pod(self._dice.choice(NAMESPACES), f"pod-{number}")

    def _address(self, network: str) -> str:
        self._next[network] += 1
        return str(ip_address(self._next[network]))

    def _service(self, namespace: str, name: str, kind: str, families: tuple[str, ...]) -> Object:
        spec: Object = {"type": "ClusterIP" if kind == "headless" else kind, "ports": self._ports()}
        if kind == "ExternalName":
            target = self._dice.choice(
                ("www.example.com", "api.example.org", "api-0.default.svc.cluster.local")
            )
            spec["externalName"] = target
        else:
            addresses = [self._address(f"service {family}") for family in families]
            spec["ipFamilies"] = list(families)
            spec["ipFamilyPolicy"] = "SingleStack" if len(families) == 1 else "RequireDualStack"
            spec["clusterIPs"] = ["None"] if kind == "headless" else addresses
            spec["clusterIP"] = spec["clusterIPs"][0]

        metadata = {"name": name, "namespace": namespace}

        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def _ports(self) -> list[Object]:
        if self._dice.random() < 0.2:
            return [{"protocol": self._dice.choice(("TCP", "UDP", "SCTP")), "port": 80}]

        named = (("http", "TCP", 80), ("dns", "UDP", 53), ("dns-tcp", "TCP", 53), ("metrics", "TCP", 9153))
        chosen = self._dice.sample(named, self._dice.randint(1, len(named)))

        return [{"name": name, "protocol": protocol, "port": port} for name, protocol, port in chosen]

    def _slices(self, service: Object, endpoints: int) -> Iterator[Object]:
        """One or two slices for each family, the numbers of their ports moved by 8000."""
        metadata = service["metadata"]
        spec = service["spec"]
        ports = [{"name": "", **port, "port": port["port"] + 8000} for port in spec["ports"]]

        for family in spec.get("ipFamilies", ()):
            for part in range(self._dice.randint(1, 2)):
                yield {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "name": f"{metadata['name']}-{family.lower()}-{part}",
                        "namespace": metadata["namespace"],
                        "labels": {"kubernetes.io/service-name": metadata["name"]},
                    },
                    "addressType": family,
                    "endpoints": [self._endpoint(family) for _ in range(self._dice.randint(0, endpoints))],
                    "ports": ports,
                }

    def _endpoint(self, family: str) -> Object:
        ready = self._dice.choice((True, True, True, None, False))
        endpoint: Object = {"addresses": [self._address(family)], "conditions": {"ready": ready}}
        if self._dice.random() < 0.3:
            endpoint["hostname"] = f"pet-{self._dice.randrange(4)}"

        return endpoint

    def _pod(self, namespace: str, name: str) -> Object:
        addresses = [self._address("IPv4"), self._address("IPv6")]
        status = {
            "phase": self._dice.choice(("Pending", "Running", "Running", "Succeeded")),
            "podIP": addresses[0],
            "podIPs": [{"ip": address} for address in addresses],
        }
        metadata = {"name": name, "namespace": namespace}

        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}
