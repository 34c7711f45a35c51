"""The rules of the API server for EndpointSlices and the older Endpoints; see `validate`."""

from collections.abc import Iterator

from svcdns.errors import ObjectError
from svcdns.kube import fields
from svcdns.kube.manifest_objects import EndpointAddress, Endpoints
from svcdns.kube.objects import EndpointPort, EndpointSlice

_ADDRESS_TYPES = ("IPv4", "IPv6", "FQDN")


def endpoint_slice(piece: EndpointSlice) -> Iterator[ObjectError]:
    """The rules of discovery.k8s.io/v1 EndpointSlices: each address is of the slice's type."""
    if piece.address_type not in _ADDRESS_TYPES:
        yield fields.unsupported("addressType", piece.address_type, _ADDRESS_TYPES)
        return
    for index, endpoint in enumerate(piece.endpoints or ()):
        field = f"endpoints[{index}]"
        if not endpoint.addresses:
            yield fields.required(f"{field}.addresses", "must contain at least 1 address")
        for number, address in enumerate(endpoint.addresses):
            yield from _slice_address(f"{field}.addresses[{number}]", address, piece.address_type)
        if endpoint.hostname:
            yield from fields.check(f"{field}.hostname", endpoint.hostname, fields.dns_label)
    yield from _endpoint_ports("ports", piece.ports, named=False)


def _slice_address(field: str, text: str, address_type: str) -> Iterator[ObjectError]:
    if address_type == "FQDN":
        yield from fields.check(field, text, fields.dns_subdomain)
        return
    address = fields.address(text)
    if address is None or fields.family_of(address) != address_type:
        yield fields.invalid(field, text, f"must be a valid {address_type} address")
    elif message := fields.special(address):
        yield fields.invalid(field, text, message)


def endpoints(obj: Endpoints) -> Iterator[ObjectError]:
    """The rules of v1 Endpoints."""
    for index, subset in enumerate(obj.subsets or ()):
        field = f"subsets[{index}]"
        if not subset.addresses and not subset.not_ready_addresses:
            yield fields.required(field, "must specify `addresses` or `notReadyAddresses`")
        for name, addresses in (
            ("addresses", subset.addresses),
            ("notReadyAddresses", subset.not_ready_addresses),
        ):
            for number, address in enumerate(addresses or ()):
                yield from _endpoint_address(f"{field}.{name}[{number}]", address)
        yield from _endpoint_ports(f"{field}.ports", subset.ports, named=True)


def _endpoint_address(field: str, address: EndpointAddress) -> Iterator[ObjectError]:
    yield from fields.check(f"{field}.ip", address.ip, fields.endpoint_ip)
    if address.hostname:
        yield from fields.check(f"{field}.hostname", address.hostname, fields.dns_label)


def _endpoint_ports(
    field: str, ports: tuple[EndpointPort, ...] | None, *, named: bool
) -> Iterator[ObjectError]:
    """`named`: several ports need a name each (a slice's may have one without)."""
    seen: set[str] = set()
    for index, port in enumerate(ports or ()):
        name, place = port.name or "", f"{field}[{index}]"
        if name:
            yield from fields.check(f"{place}.name", name, fields.dns_label)
        elif named and len(ports or ()) > 1:
            yield fields.required(f"{place}.name")
        if name in seen and (name or not named):
            yield fields.duplicate(f"{place}.name", name)
        seen.add(name)
        if port.protocol and port.protocol not in fields.PROTOCOLS:
            yield fields.unsupported(f"{place}.protocol", port.protocol, fields.PROTOCOLS)
        if port.port is not None and (message := fields.port_number(port.port)):
            yield fields.invalid(f"{place}.port", port.port, message)
