"""The ready endpoints of a slice, and the label under which each is known (`HOST`)."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from svcdns import addresses
from svcdns.kube.objects import Endpoint, EndpointSlice

Host: TypeAlias = tuple[bytes, bytes, bool]
"""Label and address of an endpoint, and whether the label is made of the address."""

_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?")
_LENGTHS = {"IPv4": 4, "IPv6": 16}


def ready_hosts(endpoints: EndpointSlice, pod_names: bool) -> Iterator[Host]:
    """Each address of the slice's own family of each ready endpoint."""
    for endpoint, address in _ready(endpoints):
        name = _name(endpoint, pod_names)
        yield name or addresses.dashed(address).encode(), address, name is None


def ready_addresses(endpoints: EndpointSlice) -> Iterator[bytes]:
    """The same without the labels."""
    return (address for _, address in _ready(endpoints))


def _ready(endpoints: EndpointSlice) -> Iterator[tuple[Endpoint, bytes]]:
    length = _LENGTHS.get(endpoints.address_type)
    if length is None:
        return
    for endpoint in endpoints.endpoints or ():
        if endpoint.ready:
            for text in endpoint.addresses:
                address = addresses.packed(text)
                if address is not None and len(address) == length:
                    yield endpoint, address


def _name(endpoint: Endpoint, pod_names: bool) -> bytes | None:
    """Its `hostname`, or with `pod_names` its Pod's name, where they are one label."""
    if endpoint.hostname and _LABEL.fullmatch(endpoint.hostname):
        return endpoint.hostname.lower().encode()
    if pod_names and endpoint.target_ref is not None:
        name = endpoint.target_ref.name
        if name and _LABEL.fullmatch(name):
            return name.lower().encode()
    return None
