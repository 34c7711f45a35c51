"""Objects as small as the answers need them: repeated values are shared, unused ones dropped.

Each object is reduced before the next one is decoded, so that a page takes little memory meanwhile.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from svcdns.kube import ready_endpoints
from svcdns.kube.objects import (
    EndpointSlice,
    Kind,
    KubeObject,
    Namespace,
    ObjectMeta,
    Pod,
    PodStatus,
    ReadySlice,
    Service,
    ServiceCIDR,
    StoredObject,
)

_T = TypeVar("_T")
_MAX_INTERNED = 50_000
"""The most values that are remembered for sharing. Then it starts anew: sharing only saves memory."""


class ObjectStripper:
    """Rebuilds the decoded objects of one kind; `with_pod_names` is as in `ready_endpoints.to_stored`."""

    __slots__ = ("_interned", "_strip_kind", "_with_pod_names")

    def __init__(self, kind: Kind, *, with_pod_names: bool = False) -> None:
        self._strip_kind = _STRIPPERS[kind]
        self._with_pod_names = with_pod_names
        self._interned: dict[Any, Any] = {}

    def __call__(self, obj: KubeObject) -> StoredObject:
        """Return the reduced object; it says the same about DNS."""
        if len(self._interned) > _MAX_INTERNED:
            self._interned.clear()
        return self._strip_kind(self, obj)

    def _intern(self, value: _T) -> _T:
        # Equal values of different types (1 and True) never meet here: the fields are typed.
        return self._interned.setdefault(value, value)  # type: ignore[no-any-return]

    def _strip_metadata(self, metadata: ObjectMeta, labels: dict[str, str] | None) -> ObjectMeta:
        return ObjectMeta(
            name=metadata.name,
            namespace=self._intern(metadata.namespace),
            resource_version=metadata.resource_version,
            labels=labels,
            deletion_timestamp=metadata.deletion_timestamp,
        )

    def _strip_service(self, service: Service) -> Service:
        spec = service.spec

        # The text of a cluster IP is there once, as `clusterIP`; "None" is that of many Services.
        cluster_ips = spec.cluster_ips
        if spec.cluster_ip and cluster_ips == (spec.cluster_ip,):
            cluster_ips = self._intern(cluster_ips) if spec.cluster_ip == "None" else (spec.cluster_ip,)

        # Most Services have an empty status.
        ingress = service.status and service.status.load_balancer and service.status.load_balancer.ingress
        return Service(
            metadata=self._strip_metadata(service.metadata, service.metadata.labels),
            spec=replace(
                spec,
                type=self._intern(spec.type),
                cluster_ips=cluster_ips,
                ip_families=self._intern(spec.ip_families),
                ip_family_policy=self._intern(spec.ip_family_policy),
                ports=self._intern(spec.ports),
                session_affinity=self._intern(spec.session_affinity),
                external_traffic_policy=self._intern(spec.external_traffic_policy),
                internal_traffic_policy=self._intern(spec.internal_traffic_policy),
            ),
            status=service.status if ingress else None,
        )

    def _strip_slice(self, endpoint_slice: EndpointSlice) -> ReadySlice:
        ready_slice = ready_endpoints.to_ready_slice(endpoint_slice, self._with_pod_names)
        return replace(ready_slice, ports=self._intern(ready_slice.ports))

    def _strip_pod(self, pod: Pod) -> Pod:
        # `podIP` is the first of `podIPs`, and needed only where these are missing.
        ips = pod.status.pod_ips
        status = PodStatus(self._intern(pod.status.phase), None if ips else pod.status.pod_ip, ips)
        return Pod(self._strip_metadata(pod.metadata, None), status)

    def _strip_namespace(self, namespace: Namespace) -> Namespace:
        return namespace

    def _strip_service_cidr(self, service_cidr: ServiceCIDR) -> ServiceCIDR:
        return ServiceCIDR(self._strip_metadata(service_cidr.metadata, None), service_cidr.spec)


_STRIPPERS: dict[Kind, Callable[[ObjectStripper, Any], StoredObject]] = {
    "Service": ObjectStripper._strip_service,
    "EndpointSlice": ObjectStripper._strip_slice,
    "Namespace": ObjectStripper._strip_namespace,
    "Pod": ObjectStripper._strip_pod,
    "ServiceCIDR": ObjectStripper._strip_service_cidr,
}
