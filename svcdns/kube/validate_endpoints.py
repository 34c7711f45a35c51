"""The rules of the API server for EndpointSlices and the older Endpoints; see `validate`."""

from collections.abc import Iterator

from svcdns.errors import ObjectError
from svcdns.kube import fields
from svcdns.kube.manifest_objects import EndpointAddress, Endpoints
from svcdns.kube.objects import EndpointPort, EndpointSlice

_ADDRESS_TYPES = ("IPv4", "IPv6", "FQDN")


def validate_endpoint_slice(endpoint_slice: EndpointSlice) -> Iterator[ObjectError]:
    """The rules of discovery.k8s.io/v1 EndpointSlices: each address is of the slice's type."""
    if endpoint_slice.address_type not in _ADDRESS_TYPES:
        yield fields.unsupported_value("addressType", endpoint_slice.address_type, _ADDRESS_TYPES)
        return
    for index, endpoint in enumerate(endpoint_slice.endpoints or ()):
        field = f"endpoints[{index}]"
        if not endpoint.addresses:
            yield fields.required_value(f"{field}.addresses", "must contain at least 1 address")
        for number, address in enumerate(endpoint.addresses):
            yield from _validate_slice_address(f"{field}.addresses[{number}]", address, endpoint_slice.address_type)
        if endpoint.hostname:
            yield from fields.run_checks(f"{field}.hostname", endpoint.hostname, fields.check_dns_label)
    yield from _validate_endpoint_ports("ports", endpoint_slice.ports, needs_names=False)


def _validate_slice_address(field: str, text: str, address_type: str) -> Iterator[ObjectError]:
    if address_type == "FQDN":
        yield from fields.run_checks(field, text, fields.check_dns_subdomain)
        return
    address = fields.parse_address(text)
    if address is None or fields.ip_family_of(address) != address_type:
        yield fields.invalid_value(field, text, f"must be a valid {address_type} address")
    elif message := fields.check_not_special(address):
        yield fields.invalid_value(field, text, message)


def validate_endpoints(obj: Endpoints) -> Iterator[ObjectError]:
    """The rules of v1 Endpoints."""
    for index, subset in enumerate(obj.subsets or ()):
        field = f"subsets[{index}]"
        if not subset.addresses and not subset.not_ready_addresses:
            yield fields.required_value(field, "must specify `addresses` or `notReadyAddresses`")
        for name, addresses in (
            ("addresses", subset.addresses),
            ("notReadyAddresses", subset.not_ready_addresses),
        ):
            for number, address in enumerate(addresses or ()):
                yield from _validate_endpoint_address(f"{field}.{name}[{number}]", address)
        yield from _validate_endpoint_ports(f"{field}.ports", subset.ports, needs_names=True)


def _validate_endpoint_address(field: str, address: EndpointAddress) -> Iterator[ObjectError]:
    yield from fields.run_checks(f"{field}.ip", address.ip, fields.check_endpoint_ip)
    if address.hostname:
        yield from fields.run_checks(f"{field}.hostname", address.hostname, fields.check_dns_label)


def _validate_endpoint_ports(
    field: str, ports: tuple[EndpointPort, ...] | None, *, needs_names: bool
) -> Iterator[ObjectError]:
    """`named`: several ports need a name each (a slice's may have one without)."""
    seen: set[str] = set()
    for index, port in enumerate(ports or ()):
        name, place = port.name or "", f"{field}[{index}]"
        if name:
            yield from fields.run_checks(f"{place}.name", name, fields.check_dns_label)
        elif needs_names and len(ports or ()) > 1:
            yield fields.required_value(f"{place}.name")
        if name in seen and (name or not needs_names):
            yield fields.duplicate_value(f"{place}.name", name)
        seen.add(name)
        if port.protocol and port.protocol not in fields.PROTOCOLS:
            yield fields.unsupported_value(f"{place}.protocol", port.protocol, fields.PROTOCOLS)
        if port.port is not None and (message := fields.check_port_number(port.port)):
            yield fields.invalid_value(f"{place}.port", port.port, message)
