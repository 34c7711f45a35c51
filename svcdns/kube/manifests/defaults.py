"""The defaults that the API server fills into an object before it checks and stores it.

Those that need no other object; IP families, addresses and node ports are `allocate`'s. Source:
Kubernetes API reference v1, the default named at each field.
"""

import msgspec

from svcdns.kube import objects
from svcdns.kube.manifests.manifest_objects import ManifestObject, ManifestService

EXTERNAL_SERVICE_TYPES = ("NodePort", "LoadBalancer")


def fill_defaults(obj: ManifestObject) -> ManifestObject:
    """The object with its defaults; one without a namespace is in `default`."""
    meta = obj.metadata
    scoped = isinstance(obj, objects.Namespace | objects.ServiceCIDR)
    namespace = None if scoped else meta.namespace or "default"
    if namespace != meta.namespace:
        obj = msgspec.structs.replace(obj, metadata=msgspec.structs.replace(meta, namespace=namespace))
    if isinstance(obj, ManifestService):
        return msgspec.structs.replace(obj, spec=_fill_service_spec(obj.spec))
    return obj


def _fill_service_spec(spec: objects.ServiceSpec) -> objects.ServiceSpec:
    kind = spec.type or "ClusterIP"
    ips = spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else None)
    allocate = spec.allocate_load_balancer_node_ports
    return msgspec.structs.replace(
        spec,
        type=kind,
        cluster_ip=spec.cluster_ip or (ips[0] if ips else None),
        cluster_ips=ips,
        ports=tuple(map(_fill_port, spec.ports)) if spec.ports is not None else None,
        session_affinity=spec.session_affinity or "None",
        internal_traffic_policy=spec.internal_traffic_policy
        or (None if kind == "ExternalName" else "Cluster"),
        external_traffic_policy=spec.external_traffic_policy
        or ("Cluster" if is_externally_reachable(spec) else None),
        allocate_load_balancer_node_ports=True if allocate is None and kind == "LoadBalancer" else allocate,
    )


def is_externally_reachable(spec: objects.ServiceSpec) -> bool:
    """Whether traffic from outside the cluster can arrive, so that a policy for it makes sense."""
    return spec.type in EXTERNAL_SERVICE_TYPES or (
        spec.type in (None, "ClusterIP") and bool(spec.external_ips)
    )


def needs_health_check_port(spec: objects.ServiceSpec) -> bool:
    """Whether a load balancer has to ask each node if it has a local endpoint."""
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def _fill_port(port: objects.ServicePort) -> objects.ServicePort:
    return msgspec.structs.replace(
        port, protocol=port.protocol or "TCP", target_port=port.target_port or port.port
    )
