"""The ready endpoints of a slice, and their labels (`HOST`).

    EndpointSlice --ready--> ReadySlice, which the store keeps --labels--> what each is known by

95,000 endpoints in 9,500 slices take 9 MB as they are kept, and 46 MB as the API has them.
"""

import functools
import itertools
import re

from svcdns import addresses
from svcdns.kube.objects import Endpoint, EndpointSlice, KubeObject, ObjectMeta, ReadySlice, StoredObject

_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?")
_MAX_CACHED_SLICES = 256
"""Slices whose labels are kept: those of one large Service, and what is being compiled."""
_ADDRESS_LENGTHS = {"IPv4": 4, "IPv6": 16}


def to_stored(obj: KubeObject, use_pod_names: bool = False) -> StoredObject:
    """What is kept of an object; `pod_names`: endpoints without a hostname are known by their Pods."""
    return to_ready_slice(obj, use_pod_names) if isinstance(obj, EndpointSlice) else obj


def to_ready_slice(endpoint_slice: EndpointSlice, use_pod_names: bool) -> ReadySlice:
    """What is kept of a slice; one of another type (FQDN) has no addresses."""
    found: list[bytes] = []
    own: list[bytes | None] = []
    length = _ADDRESS_LENGTHS.get(endpoint_slice.address_type)
    for endpoint in (endpoint_slice.endpoints or ()) if length else ():
        if endpoint.is_ready:
            label = _endpoint_label(endpoint, use_pod_names)
            for text in endpoint.addresses:
                address = addresses.parse(text)
                if address is not None and len(address) == length:
                    found.append(address)
                    own.append(label)
    metadata = endpoint_slice.metadata
    return ReadySlice(
        ObjectMeta(metadata.name, metadata.namespace, resource_version=metadata.resource_version),
        endpoint_slice.service_key,
        endpoint_slice.ports,
        tuple(found),
        tuple(own) if any(own) else (),
    )


@functools.lru_cache(_MAX_CACHED_SLICES)
def endpoint_labels(ready_slice: ReadySlice) -> tuple[bytes, ...]:
    """That of each of its addresses."""
    known = ready_slice.labels or itertools.repeat(None)
    return tuple(
        [
            label or addresses.to_label(address)
            for label, address in zip(known, ready_slice.addresses, strict=False)
        ]
    )


def endpoint_labels_at(ready_slice: ReadySlice, address: bytes) -> list[bytes]:
    """Those of one of its addresses."""
    if not ready_slice.labels:
        return [addresses.to_label(address)]
    pairs = zip(ready_slice.labels, ready_slice.addresses, strict=True)
    return [label or addresses.to_label(address) for label, known in pairs if known == address]


def _endpoint_label(endpoint: Endpoint, use_pod_names: bool) -> bytes | None:
    """Its `hostname`, or with `pod_names` its Pod's name, where they are one label."""
    if endpoint.hostname and _LABEL.fullmatch(endpoint.hostname):
        return endpoint.hostname.lower().encode()
    if use_pod_names and endpoint.target_ref is not None:
        name = endpoint.target_ref.name
        if name and _LABEL.fullmatch(name):
            return name.lower().encode()
    return None
