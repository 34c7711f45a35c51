"""The defaults that the API server fills into an object before it checks and stores it.

Only those that need no other object: IP families are filled in by `ip_families`, addresses and node
ports by `allocation`. Source: Kubernetes API reference v1, the default named at each field.
"""

import msgspec

from svcdns.kube import objects
from svcdns.kube.manifests.manifest_objects import ManifestObject, ManifestService

EXTERNAL_SERVICE_TYPES = ("NodePort", "LoadBalancer")
"""The types of a Service that traffic from outside the cluster reaches at a port of every node."""


def fill_defaults(obj: ManifestObject) -> ManifestObject:
    """The object with its defaults; an object without a namespace is in `default`."""
    meta = obj.metadata
    is_cluster_scoped = isinstance(obj, objects.Namespace | objects.ServiceCIDR)
    namespace = None if is_cluster_scoped else meta.namespace or "default"

    # Most objects name their namespace, and need no copy.
    if namespace != meta.namespace:
        obj = msgspec.structs.replace(obj, metadata=msgspec.structs.replace(meta, namespace=namespace))

    if isinstance(obj, ManifestService):
        return msgspec.structs.replace(obj, spec=_fill_service_spec(obj.spec))
    return obj


def _fill_service_spec(spec: objects.ServiceSpec) -> objects.ServiceSpec:
    service_type = spec.type or "ClusterIP"
    # `clusterIP` and the first of `clusterIPs` are one value; people write either.
    ips = spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else None)

    allocates_node_ports = spec.allocate_load_balancer_node_ports
    if allocates_node_ports is None and service_type == "LoadBalancer":
        allocates_node_ports = True

    return msgspec.structs.replace(
        spec,
        type=service_type,
        cluster_ip=spec.cluster_ip or (ips[0] if ips else None),
        cluster_ips=ips,
        ports=tuple(map(_fill_port, spec.ports)) if spec.ports is not None else None,
        session_affinity=spec.session_affinity or "None",
        internal_traffic_policy=spec.internal_traffic_policy
        or (None if service_type == "ExternalName" else "Cluster"),
        external_traffic_policy=spec.external_traffic_policy
        or ("Cluster" if is_externally_reachable(spec) else None),
        allocate_load_balancer_node_ports=allocates_node_ports,
    )


def is_externally_reachable(spec: objects.ServiceSpec) -> bool:
    """Whether traffic from outside the cluster can arrive, so that `externalTrafficPolicy` has a meaning."""
    return spec.type in EXTERNAL_SERVICE_TYPES or (
        spec.type in (None, "ClusterIP") and bool(spec.external_ips)
    )


def needs_health_check_port(spec: objects.ServiceSpec) -> bool:
    """Whether the load balancer has to learn from each node if it has an endpoint of the Service."""
    # With `Local`, nodes without one drop the traffic.
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def _fill_port(port: objects.ServicePort) -> objects.ServicePort:
    return msgspec.structs.replace(
        port, protocol=port.protocol or "TCP", target_port=port.target_port or port.port
    )
