"""A Service as its table row and its description show it: all fields of `kube` and some more."""

from typing import Any

from msgspec import Struct

from svcdns.kube import objects
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.manifest_objects import ManifestMeta


class ServiceViewSpec(objects.ServiceSpec, frozen=True, rename="camel"):
    """The spec with what is only shown."""

    load_balancer_source_ranges: tuple[str, ...] | None = None
    traffic_distribution: str | None = None


class IngressView(objects.LoadBalancerIngress, frozen=True, rename="camel"):
    """status.loadBalancer.ingress[] with the mode of its address."""

    ip_mode: str | None = None


class LoadBalancerView(Struct, frozen=True):
    """status.loadBalancer."""

    ingress: tuple[IngressView, ...] | None = None


class StatusView(Struct, frozen=True, rename="camel"):
    """status of a Service."""

    load_balancer: LoadBalancerView | None = None


class ServiceView(Struct, frozen=True):
    """A Service with all that its table row and its description have."""

    metadata: ManifestMeta
    spec: ServiceViewSpec = ServiceViewSpec()
    status: StatusView | None = None

    @property
    def ingress(self) -> tuple[IngressView, ...]:
        """Where a load balancer takes its traffic; empty while there is none."""
        balancer = self.status.load_balancer if self.status else None
        return (balancer.ingress if balancer else None) or ()


def to_service_view(document: dict[str, Any]) -> ServiceView:
    """The document typed; raises ObjectError."""
    return manifest_decoder.convert_document(document, ServiceView)
