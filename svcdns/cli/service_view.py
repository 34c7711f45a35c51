"""A Service as its table row and its description show it: all fields of `kube` and some more.

`kube` reads only what decides answers. The fields here are for people.
"""

from typing import Any

from msgspec import Struct

from svcdns.kube import objects
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.manifest_objects import ManifestMeta


class ServiceViewSpec(objects.ServiceSpec, frozen=True, rename="camel"):
    """`spec` of a Service."""

    load_balancer_source_ranges: tuple[str, ...] | None = None
    traffic_distribution: str | None = None


class IngressView(objects.LoadBalancerIngress, frozen=True, rename="camel"):
    """An item of `status.loadBalancer.ingress`."""

    ip_mode: str | None = None


class LoadBalancerView(Struct, frozen=True):
    """`status.loadBalancer` of a Service."""

    ingress: tuple[IngressView, ...] | None = None


class StatusView(Struct, frozen=True, rename="camel"):
    """`status` of a Service."""

    load_balancer: LoadBalancerView | None = None


class ServiceView(Struct, frozen=True):
    """A Service with all fields that its table row and its description have."""

    metadata: ManifestMeta
    spec: ServiceViewSpec = ServiceViewSpec()
    status: StatusView | None = None

    @property
    def ingress(self) -> tuple[IngressView, ...]:
        """The addresses of its load balancer; empty while it has none."""
        balancer = self.status.load_balancer if self.status else None
        return (balancer.ingress if balancer else None) or ()


def to_service_view(document: dict[str, Any]) -> ServiceView:
    """A document as a Service; raises ObjectError where a field is wrong."""
    return manifest_decoder.convert_document(document, ServiceView)
