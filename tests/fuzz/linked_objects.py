"""Services and EndpointSlices that belong together, with values at the edges of what an API server accepts.

They are made from a seed: hypothesis would take longer to draw their fields than the cluster to answer them.
"""

import random

from tests.fake_apiserver import Object

SERVICES = ("web", "db", "a" * 63)
PORT_NUMBERS = (None, 0, 1, 53, 80, 65535, 65536, 70000, -1, 2**31 - 1, -(2**31))
"""The API server does not check those of slices."""
IPV4 = ("10.0.0.1", "10.0.0.2", "010.9.2.12", "0.0.0.0", "255.255.255.255", "10.0.0.256", "")
IPV6 = ("fd00::1", "fd00::", "::", "::ffff:10.0.0.1", "::ffff:010.0.0.1", "fe80::1%eth0", "FD00::1")
CLUSTER_IPS = ("10.96.0.1", "10.96.0.1", "010.096.009.002", "fd00:1::1", "None", "None", "")
HOSTNAMES = (None, None, "a", "10-0-0-1", "fd00--1", "h" * 63, "_tcp")
EXTERNAL_NAMES = ("example.net", "web.default.svc.cluster.local", "10.0.0.1", ".", "x." * 126 + "y", None)


def from_seed(seed: int) -> list[tuple[str, Object]]:
    """Kinds and objects: a Namespace, some Services, and slices of theirs or of none that exists."""
    chance = random.Random(seed)
    documents: list[tuple[str, Object]] = [("Namespace", {"metadata": {"name": "default"}})]
    names = chance.sample(SERVICES, chance.randint(1, len(SERVICES)))
    documents += [("Service", _service(chance, name)) for name in names]
    documents += [
        ("EndpointSlice", _endpoint_slice(chance, number)) for number in range(chance.randint(0, 4))
    ]

    chance.shuffle(documents)
    return documents


def _service(chance: random.Random, name: str) -> Object:
    cluster_ip = chance.choice(CLUSTER_IPS)
    spec: Object = {
        "type": chance.choice(("ClusterIP", "ClusterIP", "NodePort", "ExternalName", None)),
        "clusterIP": cluster_ip,
        "clusterIPs": chance.choice((None, [], [cluster_ip], [cluster_ip, "fd00:1::2"])),
        "externalName": chance.choice(EXTERNAL_NAMES),
        "publishNotReadyAddresses": chance.choice((None, True, False)),
        "ports": chance.choice((None, [], _service_ports(chance))),
    }
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def _service_ports(chance: random.Random) -> list[Object]:
    return [
        {
            "name": chance.choice((None, "http", "p" * 15)),
            "port": chance.choice((1, 80, 65535)),
            "protocol": chance.choice((None, "TCP", "UDP", "SCTP")),
        }
        for _ in range(chance.randint(1, 3))
    ]


def _endpoint_slice(chance: random.Random, number: int) -> Object:
    address_type = chance.choice(("IPv4", "IPv4", "IPv6", "FQDN"))
    ports = [
        {
            "name": chance.choice((None, "", "http", "p" * 63)),
            "port": chance.choice(PORT_NUMBERS),
            "protocol": chance.choice((None, "TCP", "UDP", "SCTP")),
            "appProtocol": chance.choice((None, "kubernetes.io/h2c")),
        }
        for _ in range(chance.randint(0, 3))
    ]
    labels = {"kubernetes.io/service-name": chance.choice((*SERVICES, "none"))}
    return {
        "metadata": {"name": f"slice-{number}", "namespace": "default", "labels": labels},
        "addressType": address_type,
        "ports": chance.choice((None, ports, ports)),
        "endpoints": [_endpoint(chance, address_type) for _ in range(chance.randint(0, 4))],
    }


def _endpoint(chance: random.Random, address_type: str) -> Object:
    texts = {"IPv4": IPV4, "IPv6": IPV6}.get(address_type, ("example.net",))
    return {
        "addresses": chance.choices(texts, k=chance.randint(1, 2)),
        "conditions": chance.choice((None, {}, {"ready": None}, {"ready": True}, {"ready": False})),
        "hostname": chance.choice(HOSTNAMES),
        "nodeName": chance.choice((None, "node-1")),
        "zone": chance.choice((None, "z")),
        "hints": chance.choice((None, {"forZones": [{"name": "z"}]})),
        "targetRef": chance.choice((None, {"kind": "Pod", "name": "web-0"})),
    }
