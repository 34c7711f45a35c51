"""Objects that belong together, with values at the edges of what an API server accepts, made from a seed.

hypothesis would take longer to draw their fields than the cluster to answer them. What the API server checks
(pkg/apis/core/validation, pkg/apis/discovery/validation): hostnames and the names of Services and ports are
labels of at most 63 characters, while names of Pods have dots. A port of a Service is from 1 to 65535, but a
port of a slice any int32. Addresses are of their family, but old clusters have stored leading zeros.
"""

import random
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from svcdns.kube.objects import Kind
from tests.fake_apiserver import Object

T = TypeVar("T")

NAMESPACES = ("default", "shop", "n" * 63)
SERVICES = ("web", "db", "a" * 63, "svc", "1st")
PORT_NUMBERS = (None, 0, 1, 53, 80, 65535, 65536, 70000, -1, 2**31 - 1, -(2**31))
IPV4 = ("10.0.0.1", "10.0.0.2", "10.96.0.1", "010.9.2.12", "0.0.0.0", "255.255.255.255", "10.0.0.256", "")
IPV6 = ("fd00::1", "fd00::", "::", "::ffff:10.0.0.1", "::ffff:010.0.0.1", "fe80::1%eth0", "FD00::1")
CLUSTER_IPS = ("10.96.0.1", "10.96.0.1", "10.0.0.1", "010.096.009.002", "fd00:1::1", "None", "None", "")
HOSTNAMES = (None, None, "a", "10-0-0-1", "fd00--1", "h" * 63, "_tcp", "web")
POD_NAMES = ("web-0", "web-1", "a.b", "p" * 63, ".".join(["q" * 62] * 4))
EXTERNAL_NAMES = ("example.net", "web.default.svc.cluster.local", "10.0.0.1", ".", "x." * 126 + "y", None)
LABELS: tuple[dict[str, str] | None, ...] = (None, {}, {"app": "web"}, {"service.kubernetes.io/headless": ""})
CIDRS = ("10.96.0.0/12", "10.0.0.0/28", "fd00:1::/112", "10.96.0.0/16", "0.0.0.0/0", "fd00::/8", "nothing")


class LinkedObject(NamedTuple):
    """An object, or another version of it."""

    kind: Kind
    document: Object


class Maker:
    """Makes objects that name one another."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.pick = self._random.choice
        self._makers: tuple[Callable[[], LinkedObject], ...] = (
            *(self._service,) * 4,
            *(self._endpoint_slice,) * 4,
            self._pod,
            self._namespace,
            self._service_cidr,
        )

    def objects(self) -> list[LinkedObject]:
        """A few objects of all kinds; some are versions of the same."""
        return [self.pick(self._makers)() for _ in range(self._random.randint(2, 9))]

    def sample(self, items: list[T], most: int) -> list[T]:
        """Some of the items, in any order."""
        return self._random.sample(items, self._random.randint(0, min(most, len(items))))

    def _some(self, make: Callable[[], Object], most: int) -> list[Object]:
        return [make() for _ in range(self._random.randint(0, most))]

    def _metadata(self, name: str) -> Object:
        return {"name": name, "namespace": self.pick(NAMESPACES), "labels": self.pick(LABELS)}

    def _namespace(self) -> LinkedObject:
        metadata = {"name": self.pick(NAMESPACES), "labels": self.pick(LABELS)}
        return LinkedObject("Namespace", {"metadata": metadata})

    def _service_cidr(self) -> LinkedObject:
        cidrs = self.pick((None, [], [self.pick(CIDRS)], [self.pick(CIDRS), self.pick(CIDRS)]))
        return LinkedObject("ServiceCIDR", {"metadata": {"name": "kubernetes"}, "spec": {"cidrs": cidrs}})

    def _pod(self) -> LinkedObject:
        metadata = self._metadata(self.pick(POD_NAMES))
        metadata["deletionTimestamp"] = self.pick((None, None, "2026-01-01T00:00:00Z"))
        addresses = self.pick(([], [self.pick(IPV4)], [self.pick(IPV4), self.pick(IPV6)]))
        status = {
            "phase": self.pick(("Running", "Pending", "Succeeded", None)),
            "podIP": self.pick((None, self.pick(IPV4))),
            "podIPs": self.pick((None, [{"ip": address} for address in addresses])),
        }
        return LinkedObject("Pod", {"metadata": metadata, "status": status})

    def _service(self) -> LinkedObject:
        cluster_ip = self.pick(CLUSTER_IPS)
        spec: Object = {
            "type": self.pick(("ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName", None)),
            "clusterIP": cluster_ip,
            "clusterIPs": self.pick((None, [], [cluster_ip], [cluster_ip, "fd00:1::2"])),
            "externalName": self.pick(EXTERNAL_NAMES),
            "externalIPs": self.pick((None, [self.pick(IPV4)])),
            "publishNotReadyAddresses": self.pick((None, True, False)),
            "ports": self.pick((None, self._some(self._service_port, 3))),
        }
        ingress = self.pick((None, [{"ip": self.pick(IPV4)}, {"hostname": "lb.example.net"}]))
        status = self.pick((None, {"loadBalancer": {"ingress": ingress}}))
        return LinkedObject(
            "Service", {"metadata": self._metadata(self.pick(SERVICES)), "spec": spec, "status": status}
        )

    def _service_port(self) -> Object:
        return {
            "name": self.pick((None, "http", "p" * 63)),
            "port": self.pick((1, 80, 65535)),
            "protocol": self.pick((None, "TCP", "UDP", "SCTP")),
        }

    def _endpoint_slice(self) -> LinkedObject:
        address_type = self.pick(("IPv4", "IPv4", "IPv6", "FQDN"))
        metadata = self._metadata(f"slice-{self.pick(range(4))}")
        metadata["labels"] = {"kubernetes.io/service-name": self.pick((*SERVICES, "none"))}
        document = {
            "metadata": metadata,
            "addressType": address_type,
            "ports": self.pick((None, self._some(self._slice_port, 3))),
            "endpoints": self.pick((None, self._some(lambda: self._endpoint(address_type), 4))),
        }
        return LinkedObject("EndpointSlice", document)

    def _slice_port(self) -> Object:
        return {
            "name": self.pick((None, "", "http", "p" * 63)),
            "port": self.pick(PORT_NUMBERS),
            "protocol": self.pick((None, "TCP", "UDP", "SCTP")),
            "appProtocol": self.pick((None, "kubernetes.io/h2c")),
        }

    def _endpoint(self, address_type: str) -> Object:
        texts = {"IPv4": IPV4, "IPv6": IPV6}.get(address_type, ("example.net",))
        ready = self.pick((None, {}, {"ready": None}, {"ready": True}, {"ready": False, "serving": True}))
        return {
            "addresses": self._random.choices(texts, k=self._random.randint(1, 2)),
            "conditions": ready,
            "hostname": self.pick(HOSTNAMES),
            "targetRef": self.pick((None, {"kind": "Pod", "name": self.pick(POD_NAMES)})),
        }
