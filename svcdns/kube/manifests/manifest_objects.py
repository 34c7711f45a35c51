"""The objects as people write them in manifests, with more fields than answers need.

`objects` has the fields that answers are made from. A manifest also has what the control plane works
on (containers of Pods, the older Endpoints), and what `svcdns services` shows of a Service. Source:
Kubernetes API reference v1; a sidecar is an init container with `restartPolicy: Always`.
"""

from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from svcdns.kube import objects, ready_endpoints
from svcdns.kube.objects import (
    EndpointPort,
    EndpointSlice,
    Namespace,
    ObjectReference,
    ServiceCIDR,
    StoredObject,
)


class ManifestMeta(objects.ObjectMeta, frozen=True, rename="camel", omit_defaults=True):
    """metadata with fields that are only shown; `creation_timestamp` is text as in RFC 3339."""

    annotations: dict[str, str] | None = None
    creation_timestamp: str | None = None


class ManifestServicePort(objects.ServicePort, frozen=True, rename="camel", omit_defaults=True):
    """spec.ports[], of which `port` may be out of range until validation."""

    # The bound of `objects.Port` would fail in msgspec, with its words instead of the API server's.
    port: int


class ManifestServiceSpec(objects.ServiceSpec, frozen=True, rename="camel", omit_defaults=True):
    """spec of a Service."""

    ports: tuple[ManifestServicePort, ...] | None = None


class ManifestService(objects.Service, frozen=True, rename="camel", omit_defaults=True):
    """A v1 Service as `svcdns services describe` shows it."""

    metadata: ManifestMeta
    spec: ManifestServiceSpec = ManifestServiceSpec()


class ContainerPort(Struct, frozen=True, rename="camel"):
    """spec.containers[].ports[]."""

    container_port: int
    name: str | None = None
    protocol: str | None = None


class ManifestContainer(Struct, frozen=True, rename="camel"):
    """spec.containers[] and spec.initContainers[]."""

    name: str | None = None
    ports: tuple[ContainerPort, ...] | None = None
    restart_policy: str | None = None


class ManifestPodSpec(Struct, frozen=True, rename="camel"):
    """spec of a Pod as far as its endpoints need it."""

    containers: tuple[ManifestContainer, ...] | None = None
    init_containers: tuple[ManifestContainer, ...] | None = None
    hostname: str | None = None
    subdomain: str | None = None


class ManifestPodStatus(objects.PodStatus, frozen=True, rename="camel"):
    """status of a Pod; a hand-written Pod often has none, and then no address."""

    conditions: tuple[objects.PodCondition, ...] | None = None


class ManifestPod(objects.Pod, frozen=True):
    """A v1 Pod as far as its endpoints need it."""

    spec: ManifestPodSpec = ManifestPodSpec()
    status: ManifestPodStatus = ManifestPodStatus()


class EndpointAddress(Struct, frozen=True, rename="camel"):
    """subsets[].addresses[] of Endpoints."""

    ip: str
    hostname: str | None = None
    target_ref: ObjectReference | None = None


class EndpointSubset(Struct, frozen=True, rename="camel"):
    """subsets[] of Endpoints: each address has each port."""

    addresses: tuple[EndpointAddress, ...] | None = None
    not_ready_addresses: tuple[EndpointAddress, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None


class Endpoints(Struct, frozen=True):
    """A v1 Endpoints object, the predecessor of EndpointSlices; it belongs to the Service of its name."""

    metadata: objects.ObjectMeta
    subsets: tuple[EndpointSubset, ...] | None = None


ManifestObject: TypeAlias = (
    ManifestService | EndpointSlice | Endpoints | Namespace | ManifestPod | ServiceCIDR
)

MANIFEST_TYPES: dict[tuple[str, str], type[ManifestObject]] = {
    ("v1", "Service"): ManifestService,
    ("v1", "Endpoints"): Endpoints,
    ("v1", "Namespace"): Namespace,
    ("v1", "Pod"): ManifestPod,
    ("discovery.k8s.io/v1", "EndpointSlice"): EndpointSlice,
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): EndpointSlice,
    ("networking.k8s.io/v1", "ServiceCIDR"): ServiceCIDR,
    ("networking.k8s.io/v1beta1", "ServiceCIDR"): ServiceCIDR,
}
"""By apiVersion and kind; all other kinds (`serving.knative.dev/v1` Service too) are skipped."""


def to_stored_object(obj: Any, use_pod_names: bool) -> StoredObject:
    """The object as a source reports it, with only the fields of `objects`.

    `use_pod_names` is as in `ready_endpoints.to_stored`.
    """
    # A subclass of Service or Pod would keep all its fields in the store's memory.
    if isinstance(obj, objects.Service):
        return msgspec.convert(obj, objects.Service, from_attributes=True)
    if isinstance(obj, objects.Pod):
        return msgspec.convert(obj, objects.Pod, from_attributes=True)
    return ready_endpoints.to_stored(obj, use_pod_names)
