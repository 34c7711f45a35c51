"""What the benchmark's API server holds: each object as JSON, as a real one would return it.

A change makes one object anew; a page is some of them joined.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any

import msgspec

from benchmarks import cluster, manifests, zones
from benchmarks.cluster import Cluster, Service

SERVICES = "/api/v1/services"
NAMESPACES = "/api/v1/namespaces"
PODS = "/api/v1/pods"
SLICES = "/apis/discovery.k8s.io/v1/endpointslices"

NEW_ADDRESS_RANGE = IPv4Network("10.112.0.0/12")
"""Addresses that no object of `cluster.build` has: those of endpoints that are new."""
PER_SLICE = 100
"""Endpoints at most: the controller's default (--max-endpoints-per-slice)."""

_CHANGE_TIME_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time"
_MANAGED_FIELDS = msgspec.Raw(
    b'[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z",'
    b'"fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:changed":{}},'
    b'"f:generateName":{},"f:labels":{".":{},"f:managed-by":{},"f:service-name":{}},"f:ownerReferences":'
    b'{".":{},"k:{\\"uid\\":\\"0b8d4a86-6c1c-4ab5-9a7a-5d2d1c7e6f10\\"}":{}}},"f:addressType":{},'
    b'"f:endpoints":{},"f:ports":{}}}]'
)
"""metadata.managedFields, which no client needs and every list has."""


@dataclass(slots=True)
class GeneratedSlice:
    """An EndpointSlice: which one of its Service, and its endpoints as they are now."""

    service: Service
    number: int
    addresses: list[str]


@dataclass(frozen=True, slots=True)
class GeneratedEvent:
    """A line of a watch, and a name that has an address (A) from then on."""

    line: bytes
    name: str


class ObjectLists:
    """All objects by the path of their list; `version` is the resourceVersion of the last change."""

    def __init__(self, generated: Cluster) -> None:
        self.version = 1
        self.lists: dict[str, list[bytes]] = {NAMESPACES: [], SERVICES: [], SLICES: [], PODS: []}
        self.slices: list[GeneratedSlice] = []
        self._new_address_count = 0
        self.lists[NAMESPACES] += [
            self._to_json(manifests.namespace_object(name)) for name in generated.namespaces
        ]
        for service in generated.services:
            self.lists[SERVICES].append(self._to_json(manifests.service_object(service)))
            if service.endpoints:
                self._add_slice(GeneratedSlice(service, 0, list(service.endpoints)))

    @property
    def size(self) -> int:
        """Bytes of all objects."""
        return sum(len(encoded) for encoded_objects in self.lists.values() for encoded in encoded_objects)

    def format_page(self, path: str, offset: int, limit: int) -> bytes:
        """The body of a list's page, from this object on."""
        encoded_objects = self.lists[path]
        next_page = f"{offset + limit}" if offset + limit < len(encoded_objects) else ""
        head = f'{{"metadata":{{"resourceVersion":"{self.version}","continue":"{next_page}"}},"items":['
        return b"".join((head.encode(), b",".join(encoded_objects[offset : offset + limit]), b"]}"))

    def replace_endpoint(self, slice_number: int) -> GeneratedEvent:
        """The last endpoint of a slice is replaced by a new one."""
        endpoint_slice = self.slices[slice_number]
        endpoint_slice.addresses[-1] = self._next_address()
        self.version += 1
        self.lists[SLICES][slice_number] = encoded = self._to_json(_to_slice_object(endpoint_slice))
        name = _endpoint_name(endpoint_slice.service, endpoint_slice.addresses[-1])

        return GeneratedEvent(_event_line("MODIFIED", encoded), name)

    def add_large(self, endpoints: int) -> Iterator[tuple[str, GeneratedEvent]]:
        """A headless Service with so many endpoints: the events that make it, with their lists' paths."""
        service = Service("kube-system", "large", "headless", ports=cluster.PORTS)
        self.version += 1
        self.lists[SERVICES].append(self._to_json(manifests.service_object(service)))
        yield SERVICES, GeneratedEvent(_event_line("ADDED", self.lists[SERVICES][-1]), "")
        for number in range(-(-endpoints // PER_SLICE)):
            count = min(PER_SLICE, endpoints - number * PER_SLICE)
            endpoint_slice = GeneratedSlice(service, number, [self._next_address() for _ in range(count)])
            self.version += 1
            self._add_slice(endpoint_slice)
            yield (
                SLICES,
                GeneratedEvent(
                    _event_line("ADDED", self.lists[SLICES][-1]),
                    _endpoint_name(service, endpoint_slice.addresses[-1]),
                ),
            )

    def _add_slice(self, endpoint_slice: GeneratedSlice) -> None:
        self.slices.append(endpoint_slice)
        self.lists[SLICES].append(self._to_json(_to_slice_object(endpoint_slice)))

    def _next_address(self) -> str:
        self._new_address_count += 1
        return str(NEW_ADDRESS_RANGE[self._new_address_count % NEW_ADDRESS_RANGE.num_addresses])

    def _to_json(self, document: dict[str, Any]) -> bytes:
        document["metadata"] |= {
            "uid": "7d0c7a3e-52a1-4f5c-8a5d-0a4a9c1c2b11",
            "resourceVersion": str(self.version),
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": _MANAGED_FIELDS,
        }
        return msgspec.json.encode(document)


def _to_slice_object(endpoint_slice: GeneratedSlice) -> dict[str, Any]:
    """With what its controller adds."""
    document = manifests.slice_object(endpoint_slice.service, endpoint_slice.addresses, endpoint_slice.number)
    owner = {"apiVersion": "v1", "kind": "Service", "name": endpoint_slice.service.name, "controller": True}
    document["metadata"] |= {
        "generateName": f"{endpoint_slice.service.name}-",
        "annotations": {_CHANGE_TIME_ANNOTATION: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        "ownerReferences": [owner],
    }

    return document


def _endpoint_name(service: Service, address: str) -> str:
    return f"{zones.endpoint_label(address)}.{service.base}"


def _event_line(kind: str, encoded_object: bytes) -> bytes:
    """An event of a watch."""
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), encoded_object)
