"""The ready endpoints of a slice, and the label under which each is known (`HOST`)."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from svcdns import addresses
from svcdns.kube.objects import Endpoint, EndpointSlice

Host: TypeAlias = tuple[bytes, bytes]
"""Label and address of an endpoint."""

_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?")
_LENGTHS = {"IPv4": 4, "IPv6": 16}


def ready_hosts(endpoints: EndpointSlice, pod_names: bool) -> Iterator[Host]:
    """Each address of the slice's own family of each ready endpoint."""
    length = _LENGTHS.get(endpoints.address_type)
    if length is None:
        return
    for endpoint in endpoints.endpoints or ():
        if endpoint.ready:
            name = _name(endpoint, pod_names)
            for text in endpoint.addresses:
                address = addresses.packed(text)
                if address is not None and len(address) == length:
                    yield name or addresses.dashed(address).encode(), address


def _name(endpoint: Endpoint, pod_names: bool) -> bytes | None:
    """Its `hostname`, or with `pod_names` its Pod's name, where they are one label."""
    names = [endpoint.hostname]
    if pod_names and endpoint.target_ref is not None:
        names.append(endpoint.target_ref.name)
    for name in names:
        if name and _LABEL.fullmatch(name):
            return name.lower().encode()
    return None
