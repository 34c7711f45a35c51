"""The Kubernetes objects that answers are made from: frozen, slotted, only the fields used.

Field names are those of the API in snake case (`rename="camel"` reads the JSON). msgspec skips unknown
fields without building them, and `null` counts as absent, as in the API. Objects that come from JSON
hold no cycles, so the garbage collector need not walk them (`gc=False`): that saves a third of the time
that a list takes. Sources: Kubernetes API reference v1, discovery.k8s.io/v1, networking.k8s.io/v1.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

Key: TypeAlias = tuple[str, str]
"""(namespace, name); the namespace is `""` for objects of CLUSTER_SCOPED kinds."""

Kind: TypeAlias = Literal["Service", "EndpointSlice", "Namespace", "Pod", "ServiceCIDR"]

CLUSTER_SCOPED = frozenset(("Namespace", "ServiceCIDR"))
"""Kinds whose objects are in no namespace; their keys have `""` for it."""

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
"""The label by which an EndpointSlice names its Service."""

# Two octets on the wire (RFC 2782); a larger number could not be encoded.
Port = Annotated[int, Meta(ge=0, le=65535)]


class ObjectMeta(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """metadata: `namespace` is empty for cluster-scoped objects."""

    name: str = ""
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    labels: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class ServicePort(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """spec.ports[]: `target_port` is a number or the name of a container port, else `port`."""

    port: Port
    name: str | None = None
    protocol: str | None = None
    target_port: int | str | None = None
    node_port: int | None = None
    app_protocol: str | None = None


class ServiceSpec(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """spec of a Service; `cluster_ips` of a headless Service is `("None",)`."""

    type: str | None = None
    # `rename="camel"` would make `clusterIp`, and the API spells such names with capitals.
    cluster_ip: str | None = msgspec.field(name="clusterIP", default=None)
    cluster_ips: tuple[str, ...] | None = msgspec.field(name="clusterIPs", default=None)
    ip_families: tuple[str, ...] | None = None
    ip_family_policy: str | None = None
    external_name: str | None = None
    external_ips: tuple[str, ...] | None = msgspec.field(name="externalIPs", default=None)
    ports: tuple[ServicePort, ...] | None = None
    selector: dict[str, str] | None = None
    publish_not_ready_addresses: bool | None = None
    session_affinity: str | None = None
    external_traffic_policy: str | None = None
    internal_traffic_policy: str | None = None
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_ip: str | None = msgspec.field(name="loadBalancerIP", default=None)
    load_balancer_class: str | None = None
    health_check_node_port: int | None = None


class LoadBalancerIngress(Struct, frozen=True, gc=False, omit_defaults=True):
    """status.loadBalancer.ingress[]: an address or a host name."""

    ip: str | None = None
    hostname: str | None = None


class LoadBalancerStatus(Struct, frozen=True, gc=False, omit_defaults=True):
    """status.loadBalancer."""

    ingress: tuple[LoadBalancerIngress, ...] | None = None


class ServiceStatus(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """status of a Service."""

    load_balancer: LoadBalancerStatus | None = None


class Service(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A v1 Service."""

    metadata: ObjectMeta
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus | None = None

    @property
    def is_headless(self) -> bool:
        """Whether it has `clusterIP: None` and is no ExternalName."""
        return self.spec.type != "ExternalName" and (
            self.spec.cluster_ip == "None" or self.spec.cluster_ips == ("None",)
        )

    @property
    def cluster_addresses(self) -> tuple[str, ...]:
        """The cluster IPs as written; empty for a headless, an ExternalName or an unallocated Service."""
        spec = self.spec
        if spec.type == "ExternalName":
            return ()

        # API servers before 1.20 set `clusterIP` alone.
        ips = spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else ())
        return tuple(ip for ip in ips if ip and ip != "None")


class EndpointConditions(Struct, frozen=True, gc=False, omit_defaults=True):
    """conditions of an endpoint; an unset `ready` counts as true."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ObjectReference(Struct, frozen=True, gc=False, omit_defaults=True):
    """targetRef: the Pod behind an endpoint."""

    kind: str | None = None
    name: str | None = None


class Endpoint(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """endpoints[] of a slice; its addresses are interchangeable, and consumers may use the first alone."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions | None = None
    hostname: str | None = None
    target_ref: ObjectReference | None = None

    @property
    def is_ready(self) -> bool:
        """Whether its ready condition is true or unset (discovery.k8s.io/v1)."""
        return self.conditions is None or self.conditions.ready is not False


class EndpointPort(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """ports[] of a slice; a port without a number stands for every port."""

    name: str | None = None
    protocol: str | None = None
    port: int | None = None

    @property
    def number(self) -> int | None:
        """The port, or None where there is none or an SRV record cannot hold it (two octets, RFC 2782).

        The API server does not check the ports of slices: 70000 and -1 pass.
        """
        return self.port if self.port is not None and 0 < self.port <= 65535 else None


class EndpointSlice(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A discovery.k8s.io/v1 EndpointSlice; `address_type` is IPv4, IPv6 or FQDN."""

    metadata: ObjectMeta
    address_type: str
    endpoints: tuple[Endpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

    @property
    def service_key(self) -> Key | None:
        """The Service that the slice belongs to, by its label."""
        name = (self.metadata.labels or {}).get(SERVICE_NAME_LABEL)
        return (self.metadata.namespace or "", name) if name else None


class ReadySlice(Struct, frozen=True, gc=False):
    """The part of an EndpointSlice that answers need, at a fifth of its size (see `ready_endpoints`).

    `addresses` are those of its ready endpoints that are of the slice's own family, as 4 or 16 bytes.
    `labels` has the label of each address in the same order, or None where the label is made from the
    address. It is empty where all labels are.
    """

    metadata: ObjectMeta
    service_key: Key | None
    ports: tuple[EndpointPort, ...] | None
    addresses: tuple[bytes, ...]
    labels: tuple[bytes | None, ...] = ()
    dropped: tuple[str, ...] = ()
    """What the slice has that no record can be made of, for the log."""


class NamespaceAnnotations(Struct, frozen=True, gc=False, omit_defaults=True):
    """The annotation of svcdns: it names the namespaces whose Pods may get its Services, or is `*`."""

    allow_injection_into: str | None = msgspec.field(name="svcdns.io/allow-injection-into", default=None)


class NamespaceMeta(ObjectMeta, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """metadata of a Namespace."""

    annotations: NamespaceAnnotations | None = None


class Namespace(Struct, frozen=True, gc=False):
    """A v1 Namespace."""

    metadata: NamespaceMeta


class PodIP(Struct, frozen=True, gc=False, omit_defaults=True):
    """status.podIPs[]."""

    ip: str = ""


class PodCondition(Struct, frozen=True, gc=False):
    """status.conditions[]; `status` is True, False or Unknown."""

    type: str
    status: str


class PodStatus(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """status of a Pod, as far as its DNS names need it."""

    phase: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    pod_ips: tuple[PodIP, ...] | None = msgspec.field(name="podIPs", default=None)


class Pod(Struct, frozen=True, gc=False):
    """A v1 Pod, as far as its DNS names need it; the API server's watch decodes Pods into this."""

    metadata: ObjectMeta
    status: PodStatus = PodStatus()

    @property
    def pod_addresses(self) -> tuple[str, ...]:
        """The addresses as written: status.podIPs, else status.podIP."""
        # `podIPs` has `podIP` as its first entry; a hand-written Pod may have either alone.
        if self.status.pod_ips:
            return tuple(pod_ip.ip for pod_ip in self.status.pod_ips if pod_ip.ip)
        return (self.status.pod_ip,) if self.status.pod_ip else ()


class ServiceCIDRSpec(Struct, frozen=True, gc=False, omit_defaults=True):
    """spec of a ServiceCIDR: at most one network of each family."""

    cidrs: tuple[str, ...] | None = None


class ServiceCIDR(Struct, frozen=True, gc=False):
    """A networking.k8s.io/v1 ServiceCIDR: networks that cluster IPs are taken from."""

    metadata: ObjectMeta
    spec: ServiceCIDRSpec = ServiceCIDRSpec()


KubeObject: TypeAlias = Service | EndpointSlice | Namespace | Pod | ServiceCIDR

StoredObject: TypeAlias = Service | ReadySlice | Namespace | Pod | ServiceCIDR
"""An object as sources report it and the store keeps it."""

OBJECT_TYPES: dict[Kind, type[KubeObject]] = {
    "Service": Service,
    "EndpointSlice": EndpointSlice,
    "Namespace": Namespace,
    "ServiceCIDR": ServiceCIDR,
    "Pod": Pod,
}


class Change(Struct, frozen=True, gc=False):
    """One object as it is now; `new_object` is None where it was removed."""

    kind: Kind
    key: Key
    new_object: StoredObject | None
    change_time: float | None = None
    """When the change began, in seconds since 1970; None where the API server does not say it."""


def key_of(obj: KubeObject | StoredObject) -> Key:
    """(namespace, name) of an object."""
    return (obj.metadata.namespace or "", obj.metadata.name)


def convert_object(kind: Kind, document: Any) -> KubeObject:
    """Build the object from parsed YAML or JSON; raises msgspec.ValidationError with the path."""
    return msgspec.convert(document, OBJECT_TYPES[kind])
