"""The cluster as Kubernetes objects, for svcdns: one `kind: List`, as kubectl writes it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster, Service

SLICE_LABEL = "kubernetes.io/service-name"


def write_manifests(cluster: Cluster, path: Path) -> None:
    """Write Namespaces, Services and their EndpointSlices as JSON."""
    items = [namespace_object(name) for name in cluster.namespaces]
    for service in cluster.services:
        items.append(service_object(service))
        if service.endpoints:
            items.append(slice_object(service, service.endpoints))

    document = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}
    path.write_text(json.dumps(document))


def namespace_object(name: str) -> dict[str, Any]:
    """A v1 Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def service_object(service: Service) -> dict[str, Any]:
    """A v1 Service as the API server returns it."""
    spec: dict[str, Any] = {"type": "ClusterIP", "sessionAffinity": "None"}
    if service.kind == "external":
        spec = {"type": "ExternalName", "externalName": service.target}
    else:
        address = service.address or "None"
        spec |= {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"]}
        spec |= {"ipFamilyPolicy": "SingleStack", "selector": {"app": service.name}}
        spec["ports"] = [
            {"name": port.name, "protocol": "TCP", "port": port.number, "targetPort": port.target}
            for port in service.ports
        ]

    metadata = {"name": service.name, "namespace": service.namespace, "labels": {"app": service.name}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def slice_object(service: Service, addresses: Sequence[str], number: int = 0) -> dict[str, Any]:
    """A discovery.k8s.io/v1 EndpointSlice with some endpoints of the Service."""
    metadata = {
        "name": f"{service.name}-x7k{number:02}",
        "namespace": service.namespace,
        "labels": {SLICE_LABEL: service.name},
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": "IPv4",
        "ports": [{"name": port.name, "protocol": "TCP", "port": port.target} for port in service.ports],
        "endpoints": [endpoint(service, address) for address in addresses],
    }


def endpoint(service: Service, address: str) -> dict[str, Any]:
    """A Pod that is ready, as an EndpointSlice has it."""
    pod = f"{service.name}-{address.replace('.', '-')}"
    return {
        "addresses": [address],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": "node-17.example.org",
        "zone": "zone-a",
        "targetRef": {
            "kind": "Pod",
            "namespace": service.namespace,
            "name": pod,
            "uid": "0b8d4a86-6c1c-4ab5-9a7a-5d2d1c7e6f10",
        },
    }
