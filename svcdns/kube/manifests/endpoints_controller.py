"""Which addresses stand behind a Service: the endpoint controllers of a cluster, as functions.

    Pods that the selector matches -> EndpointSlices    (the endpointslice controller)
    Endpoints written by hand      -> EndpointSlices    (the endpointslicemirroring controller)

A Pod counts with its addresses of the Service's families, unless it has ended (Succeeded, Failed) or
has no address: a hand-written Pod without `status.podIPs` gives no endpoint. Only its Ready condition
makes it ready, and it is never ready while it is being deleted. Sources: Kubernetes "EndpointSlices"
and "DNS for Services and Pods" (hostname and subdomain).
"""

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from svcdns.kube.manifests import field_rules
from svcdns.kube.manifests.manifest_objects import (
    EndpointAddress,
    Endpoints,
    ManifestPod,
    ManifestService,
)
from svcdns.kube.objects import (
    SERVICE_NAME_LABEL,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
    ObjectMeta,
    ObjectReference,
    ServicePort,
)

EndpointPorts: TypeAlias = tuple[EndpointPort, ...]
GroupedEndpoint: TypeAlias = tuple[str, EndpointPorts, Endpoint]
"""The family of an endpoint, its ports, and the endpoint: the first two decide its slice."""

# The default of the controller's --max-endpoints-per-slice.
_MAX_ENDPOINTS_PER_SLICE = 100


class PodLabelIndex:
    """Pods by namespace and label, so that a selector is compared with few of them."""

    def __init__(self, pods: Iterable[ManifestPod]) -> None:
        self._by_label: defaultdict[tuple[str | None, str, str], list[ManifestPod]] = defaultdict(list)
        for pod in pods:
            for key, value in (pod.metadata.labels or {}).items():
                self._by_label[pod.metadata.namespace, key, value].append(pod)

    def select(self, service: ManifestService) -> list[ManifestPod]:
        """The Pods of the Service's namespace that match every label of its selector, by name."""
        namespace = service.metadata.namespace
        selector = service.spec.selector or {}

        # The rarest label leaves the fewest Pods to compare.
        pods_by_label = [self._by_label.get((namespace, *label), []) for label in selector.items()]
        candidates = min(pods_by_label, key=len, default=[])

        matching = (pod for pod in candidates if selector.items() <= (pod.metadata.labels or {}).items())
        return sorted(matching, key=lambda pod: pod.metadata.name)


def slices_from_pods(service: ManifestService, pods: Iterable[ManifestPod]) -> list[EndpointSlice]:
    """The slices of a Service with a selector; Pods with other port numbers are in other slices."""
    return _group_into_slices(
        service, (endpoint for pod in pods for endpoint in _pod_endpoints(service, pod))
    )


def slices_from_endpoints(service: ManifestService, endpoints: Endpoints) -> list[EndpointSlice]:
    """The slices that hold the same as the older Endpoints."""
    return _group_into_slices(service, _subset_endpoints(endpoints))


def _pod_endpoints(service: ManifestService, pod: ManifestPod) -> Iterator[GroupedEndpoint]:
    """The endpoints that a Pod gives the Service: one for each family."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return

    addresses_by_family: defaultdict[str, list[str]] = defaultdict(list)
    for text in pod.pod_addresses:
        if address := field_rules.parse_address(text):
            addresses_by_family[field_rules.ip_family_of(address)].append(str(address))

    serving = any(
        condition.type == "Ready" and condition.status == "True" for condition in pod.status.conditions or ()
    )
    terminating = pod.metadata.deletion_timestamp is not None
    # `publishNotReadyAddresses` makes all ready, also what is being deleted.
    ready = bool(service.spec.publish_not_ready_addresses) or (serving and not terminating)

    # A hostname counts only in the Service that the Pod's subdomain names.
    has_name_here = pod.spec.hostname and pod.spec.subdomain == service.metadata.name
    ports = _resolve_ports(service.spec.ports or (), pod)

    for family in service.spec.ip_families or ():
        if addresses := addresses_by_family.get(family):
            endpoint = Endpoint(
                addresses=tuple(addresses),
                conditions=EndpointConditions(ready=ready, serving=serving, terminating=terminating),
                hostname=pod.spec.hostname if has_name_here else None,
                target_ref=ObjectReference(kind="Pod", name=pod.metadata.name),
            )
            yield family, ports, endpoint


def _resolve_ports(ports: Sequence[ServicePort], pod: ManifestPod) -> EndpointPorts:
    """The Service's ports on this Pod; a port whose name the Pod does not have is left out."""
    numbers = ((port, _resolve_target_port(port, pod)) for port in ports)
    return tuple(
        EndpointPort(name=port.name or "", protocol=port.protocol, port=number)
        for port, number in numbers
        if number is not None
    )


def _resolve_target_port(port: ServicePort, pod: ManifestPod) -> int | None:
    if not isinstance(port.target_port, str):
        return port.target_port

    # Other init containers have ended when the Pod serves, so their ports are closed.
    sidecars = (
        container for container in pod.spec.init_containers or () if container.restart_policy == "Always"
    )
    for container in (*(pod.spec.containers or ()), *sidecars):
        for container_port in container.ports or ():
            protocol = container_port.protocol or "TCP"
            if container_port.name == port.target_port and protocol == port.protocol:
                return container_port.container_port
    return None


def _subset_endpoints(endpoints: Endpoints) -> Iterator[GroupedEndpoint]:
    for subset in endpoints.subsets or ():
        ports = tuple(
            EndpointPort(name=port.name or "", protocol=port.protocol or "TCP", port=port.port)
            for port in subset.ports or ()
        )

        for ready, addresses in ((True, subset.addresses), (False, subset.not_ready_addresses)):
            for address in addresses or ():
                if parsed := field_rules.parse_address(address.ip):
                    yield field_rules.ip_family_of(parsed), ports, _endpoint(address, ready=ready)


def _endpoint(address: EndpointAddress, *, ready: bool) -> Endpoint:
    return Endpoint(
        addresses=(address.ip,),
        conditions=EndpointConditions(ready=ready),
        hostname=address.hostname or None,
        target_ref=address.target_ref,
    )


def _group_into_slices(
    service: ManifestService, grouped_endpoints: Iterable[GroupedEndpoint]
) -> list[EndpointSlice]:
    """Slices of one family and one set of ports each, with the same names at every start."""
    groups: defaultdict[tuple[str, EndpointPorts], list[Endpoint]] = defaultdict(list)
    for family, ports, endpoint in grouped_endpoints:
        groups[family, ports].append(endpoint)

    return [
        _build_slice(service, family, ports, number, endpoints)
        for (family, ports), group in groups.items()
        for number, endpoints in _split_endpoints(group).items()
    ]


def _split_endpoints(endpoints: Sequence[Endpoint]) -> Mapping[int, Sequence[Endpoint]]:
    """Slices of about the usual size, by number; an endpoint that comes or goes changes one of them."""
    # Powers of two, so that the count seldom changes: every change of it moves endpoints between slices.
    count = 1
    while count * _MAX_ENDPOINTS_PER_SLICE < len(endpoints):
        count *= 2
    if count == 1:
        return {0: endpoints}

    # By a hash of the address, not in order, or an endpoint in the middle would shift all behind it.
    buckets: defaultdict[int, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        buckets[zlib.crc32(endpoint.addresses[0].encode()) % count].append(endpoint)
    return buckets


def _build_slice(
    service: ManifestService, family: str, ports: EndpointPorts, number: int, endpoints: Sequence[Endpoint]
) -> EndpointSlice:
    # The name follows from what the slice is for, so that a restart does not rename it.
    name = service.metadata.name
    identity = repr((family, [(port.name, port.protocol, port.port) for port in ports], number))
    suffix = hashlib.blake2b(identity.encode(), digest_size=4).hexdigest()

    return EndpointSlice(
        metadata=ObjectMeta(
            name=f"{name}-{suffix}",
            namespace=service.metadata.namespace,
            labels={SERVICE_NAME_LABEL: name},
        ),
        address_type=family,
        endpoints=tuple(endpoints),
        ports=ports,
    )
