"""Scenarios as manifests: text in, the built cluster and its faults as text out."""

from ipaddress import ip_network

from svcdns.kube.manifests import control_plane
from svcdns.kube.manifests.control_plane import BuiltCluster, DeclaredObject
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import EndpointSlice, Service
from svcdns.sources.manifests import manifest_parser

SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: %s}"
NAMED_SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: 80}], %s}}"
V4 = "10.0.0.0/16"
BOTH = "10.0.0.0/16 fd00::/112"
V6_FIRST = "fd00::/112 10.0.0.0/16"


def declared(text: str) -> list[DeclaredObject]:
    """The objects of a manifest that has no faults of its own."""
    result = manifest_parser.parse_manifest("given.yaml", text.encode())

    assert not result.syntax_errors
    assert [str(fault.error) for fault in result.faults] == []

    return list(result.declared_objects)


def errors(text: str) -> list[str]:
    """What is wrong with each object by itself."""
    result = manifest_parser.parse_manifest("given.yaml", text.encode())

    assert not result.syntax_errors

    return [str(fault.error) for fault in result.faults]


def cluster(text: str, *cidrs: str, ports: range = range(30000, 32768)) -> BuiltCluster:
    """The cluster that a control plane with these ranges makes of a manifest."""
    networks = tuple(map(ip_network, cidrs)) or ServiceRanges().service_cidrs
    return control_plane.build_cluster(declared(text), ServiceRanges(networks, ports))


def faults(built: BuiltCluster) -> list[str]:
    return [f"{fault.identity}: {fault.error}" for fault in built.errors]


def service(built: BuiltCluster, name: str, namespace: str = "default") -> Service:
    obj = built.objects["Service"][namespace, name]

    assert isinstance(obj, Service)

    return obj


def endpoints(built: BuiltCluster, name: str) -> list[str]:
    """Each endpoint of a Service as `addresses hostname ready ports`, sorted."""
    lines = []
    for endpoint_slice in built.objects["EndpointSlice"].values():
        assert isinstance(endpoint_slice, EndpointSlice)

        if endpoint_slice.service_key != ("default", name):
            continue

        ports = ",".join(f"{port.name}:{port.protocol}:{port.port}" for port in endpoint_slice.ports or ())
        for endpoint in endpoint_slice.endpoints or ():
            state = "ready" if endpoint.is_ready else "unready"
            lines.append(" ".join(filter(None, (*endpoint.addresses, endpoint.hostname, state, ports))))

    return sorted(lines)


def services(*specs: str) -> str:
    """Services named a, b, c, ... with one port each."""
    return "\n---\n".join(NAMED_SERVICE % (chr(97 + number), spec) for number, spec in enumerate(specs))
