"""Objects that belong together, with `edge_values`: Services and their slices, Pods and the rest.

Plain `random` makes them: hypothesis would take longer to draw their fields than the cluster to answer them.
"""

from collections.abc import Callable
from random import Random

from tests.fake_apiserver import Object
from tests.fuzz import edge_values as edge

LABELS: tuple[dict[str, str] | None, ...] = (None, None, {}, {"app": "web"}, {"app": "db", "tier": ""})
LARGE = 150
"""Addresses of a large slice: above the limits from which answers have a key and a cut of their own."""


def service(chance: Random, namespace: str, name: str) -> Object:
    """A Service of any kind."""
    ports = _service_ports(chance)
    kind = chance.choice(("ClusterIP", "ClusterIP", "headless", "headless", "ExternalName", "LoadBalancer"))
    spec: Object = {"type": kind, "ports": ports, "selector": chance.choice((None, {"app": "web"}))}

    if kind == "ExternalName":
        odd = chance.random() < 0.2
        spec["externalName"] = chance.choice(edge.ODD_EXTERNAL_NAMES if odd else edge.EXTERNAL_NAMES)
    elif kind == "headless":
        spec |= {"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}
        spec["ports"] = chance.choice((None, [], ports))
        spec["publishNotReadyAddresses"] = chance.choice((None, True))
    else:
        families = chance.choice((("IPv4",), ("IPv4",), ("IPv6",), ("IPv4", "IPv6"), ("IPv6", "IPv4")))
        ips = [chance.choice(edge.CLUSTER_IPS[family]) for family in families]
        # API servers before 1.20 set `clusterIP` alone.
        spec |= {"clusterIP": ips[0], "clusterIPs": ips if len(ips) > 1 or chance.random() < 0.8 else None}
        spec["ipFamilies"] = list(families)
        spec["externalIPs"] = chance.choice((None, ["192.168.1.1"], ["10.0.0.1", "fd00::1"]))

    made = _namespaced(chance, "Service", namespace, name, chance.choice(LABELS), spec=spec)
    if kind == "LoadBalancer":
        ingress = chance.choice((None, [], [{"ip": "10.0.0.1"}], [{"hostname": "lb.example.net"}]))
        made["status"] = {"loadBalancer": {"ingress": ingress}}
    return made


def _service_ports(chance: Random) -> list[Object]:
    names = chance.sample(edge.SERVICE_PORT_NAMES, chance.choice((1, 1, 2, 3)))
    numbers = chance.sample(edge.SERVICE_PORT_NUMBERS, len(names))
    # The same number twice, where the protocols differ.
    if len(names) == 2 and chance.random() < 0.3:
        protocols, numbers = ["TCP", "UDP"], [53, 53]
    else:
        protocols = chance.choices(edge.PROTOCOLS, k=len(names))

    ports: list[Object] = [
        {"name": name, "port": number, "protocol": protocol}
        for name, number, protocol in zip(names, numbers, protocols, strict=True)
    ]
    if len(ports) == 1 and chance.random() < 0.5:
        del ports[0]["name"]
    return ports


def endpoint_slice(chance: Random, namespace: str, name: str) -> Object:
    """An EndpointSlice: of a Service, of one that does not exist, or of none."""
    address_type = chance.choice(("IPv4", "IPv4", "IPv4", "IPv6", "IPv6", "FQDN"))
    owner = chance.choice(edge.OWNERS)
    labels = {"kubernetes.io/service-name": owner} if owner else chance.choice(LABELS)
    endpoints = [endpoint(chance, address_type) for _ in range(chance.choice((0, 1, 1, 2, 3, 4)))]
    if chance.random() < 0.004 and address_type != "FQDN":
        text = "10.1.0.{}" if address_type == "IPv4" else "fd00:1::{:x}"
        endpoints += [{"addresses": [text.format(number)]} for number in range(LARGE)]

    return _namespaced(
        chance,
        "EndpointSlice",
        namespace,
        name,
        labels,
        addressType=address_type,
        endpoints=chance.choice((endpoints, endpoints, endpoints, endpoints, None)),
        ports=_slice_ports(chance),
    )


def _slice_ports(chance: Random) -> list[Object] | None:
    names = chance.sample(edge.SLICE_PORT_NAMES, chance.choice((0, 1, 1, 1, 2, 3)))
    ports: list[Object] = [
        {
            "name": name,
            "port": chance.choice(edge.SLICE_PORT_NUMBERS),
            "protocol": chance.choice(edge.PROTOCOLS),
        }
        for name in names
    ]
    if ports and chance.random() < 0.1:
        ports[0]["port"] = chance.choice(edge.ODD_PORT_NUMBERS)
    # Rarely more than an endpoint's template has room for.
    if chance.random() < 0.02:
        ports += [{"name": f"n{number}", "port": number, "protocol": "TCP"} for number in range(1000, 1010)]
    return ports or chance.choice((None, []))


def endpoint(chance: Random, address_type: str) -> Object:
    """One of a slice's endpoints."""
    made: Object = {
        "addresses": chance.choices(edge.ADDRESSES[address_type], k=chance.choice((1, 1, 1, 1, 2))),
        "conditions": chance.choice(edge.READY),
    }
    if chance.random() < 0.3:
        made["hostname"] = chance.choice(edge.HOSTNAMES)
    if chance.random() < 0.3:
        made["targetRef"] = {"kind": "Pod", "name": chance.choice(edge.PODS)}
    return made


def pod(chance: Random, namespace: str, name: str) -> Object:
    """A Pod: with one address, two or none yet, running, ended or ending."""
    texts = [
        chance.choice(edge.ADDRESSES[family])
        for family in chance.choice(((), ("IPv4",), ("IPv4",), ("IPv6",), ("IPv4", "IPv6")))
    ]
    status: Object = {"phase": chance.choice(edge.PHASES)}
    if texts:
        status |= {"podIP": texts[0], "podIPs": chance.choice((None, [{"ip": text} for text in texts]))}

    made = _namespaced(chance, "Pod", namespace, name, None, status=status)
    if chance.random() < 0.1:
        made["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return made


def namespace_object(chance: Random, _: str, name: str) -> Object:
    """A Namespace."""
    return {"kind": "Namespace", "metadata": {"name": name, "labels": chance.choice(LABELS)}}


def service_cidr(chance: Random, _: str, name: str) -> Object:
    """A ServiceCIDR."""
    spec = {"cidrs": list(chance.choice(edge.SERVICE_CIDRS))}
    return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": spec}


MAKERS: dict[str, Callable[[Random, str, str], Object]] = {
    "Service": service,
    "EndpointSlice": endpoint_slice,
    "Pod": pod,
    "Namespace": namespace_object,
    "ServiceCIDR": service_cidr,
}
NAMES: dict[str, tuple[str, ...]] = {
    "Service": edge.SERVICES,
    "EndpointSlice": edge.SLICES,
    "Pod": edge.PODS,
    "Namespace": edge.NAMESPACES,
    "ServiceCIDR": ("kubernetes", "more"),
}


def _namespaced(
    chance: Random, kind: str, namespace: str, name: str, labels: dict[str, str] | None, **fields: object
) -> Object:
    version = str(chance.getrandbits(30))
    metadata = {"name": name, "namespace": namespace, "labels": labels, "resourceVersion": version}
    return {"kind": kind, "metadata": metadata, **fields}
