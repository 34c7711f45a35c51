"""Objects as small as the answers need them: repeated values are shared, unused ones dropped.

Each is made slim before the next one is decoded: what a page takes meanwhile is little.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from svcdns.kube import hosts
from svcdns.kube.objects import (
    EndpointSlice,
    Kept,
    Kind,
    KubeObject,
    Namespace,
    ObjectMeta,
    Pod,
    PodStatus,
    ReadySlice,
    Service,
    ServiceCIDR,
)

_T = TypeVar("_T")
_MOST_SHARED = 50_000
"""Sharing is only thrift, so when it has remembered too much it starts anew."""


class Slimmer:
    """Rebuilds the decoded objects of one kind; `pod_names` as in `hosts.kept`."""

    __slots__ = ("_make", "_pod_names", "_shared")

    def __init__(self, kind: Kind, *, pod_names: bool = False) -> None:
        self._make = _SLIM[kind]
        self._pod_names = pod_names
        self._shared: dict[Any, Any] = {}

    def __call__(self, obj: KubeObject) -> Kept:
        """Return the slim object; it says the same about DNS."""
        if len(self._shared) > _MOST_SHARED:
            self._shared.clear()
        return self._make(self, obj)

    def _share(self, value: _T) -> _T:
        # Equal values of several types (1 and True) never meet: the fields are typed.
        return self._shared.setdefault(value, value)  # type: ignore[no-any-return]

    def _metadata(self, metadata: ObjectMeta, labels: dict[str, str] | None) -> ObjectMeta:
        return ObjectMeta(
            name=metadata.name,
            namespace=self._share(metadata.namespace),
            resource_version=metadata.resource_version,
            labels=labels,
            deletion_timestamp=metadata.deletion_timestamp,
        )

    def _service(self, service: Service) -> Service:
        spec = service.spec
        cluster_ips = spec.cluster_ips
        if spec.cluster_ip and cluster_ips == (spec.cluster_ip,):
            cluster_ips = self._share(cluster_ips) if spec.cluster_ip == "None" else (spec.cluster_ip,)
        ingress = service.status and service.status.load_balancer and service.status.load_balancer.ingress
        return Service(
            metadata=self._metadata(service.metadata, service.metadata.labels),
            spec=replace(
                spec,
                type=self._share(spec.type),
                cluster_ips=cluster_ips,
                ip_families=self._share(spec.ip_families),
                ip_family_policy=self._share(spec.ip_family_policy),
                ports=self._share(spec.ports),
                session_affinity=self._share(spec.session_affinity),
                external_traffic_policy=self._share(spec.external_traffic_policy),
                internal_traffic_policy=self._share(spec.internal_traffic_policy),
            ),
            status=service.status if ingress else None,
        )

    def _slice(self, piece: EndpointSlice) -> ReadySlice:
        found = hosts.ready(piece, self._pod_names)
        return replace(found, ports=self._share(found.ports))

    def _pod(self, pod: Pod) -> Pod:
        ips = pod.status.pod_ips
        status = PodStatus(self._share(pod.status.phase), None if ips else pod.status.pod_ip, ips)
        return Pod(self._metadata(pod.metadata, None), status)

    def _namespace(self, namespace: Namespace) -> Namespace:
        return namespace

    def _service_cidr(self, service_cidr: ServiceCIDR) -> ServiceCIDR:
        return ServiceCIDR(self._metadata(service_cidr.metadata, None), service_cidr.spec)


_SLIM: dict[Kind, Callable[[Slimmer, Any], Kept]] = {
    "Service": Slimmer._service,
    "EndpointSlice": Slimmer._slice,
    "Namespace": Slimmer._namespace,
    "Pod": Slimmer._pod,
    "ServiceCIDR": Slimmer._service_cidr,
}
