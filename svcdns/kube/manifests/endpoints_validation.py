"""The rules of the API server for EndpointSlices and the older Endpoints; see `validation`."""

from collections.abc import Iterator

from svcdns.errors import ObjectError
from svcdns.kube.manifests import field_rules
from svcdns.kube.manifests.manifest_objects import EndpointAddress, Endpoints
from svcdns.kube.objects import EndpointPort, EndpointSlice

_ADDRESS_TYPES = ("IPv4", "IPv6", "FQDN")


def validate_endpoint_slice(endpoint_slice: EndpointSlice) -> Iterator[ObjectError]:
    """The rules of discovery.k8s.io/v1 EndpointSlices: each address is of the slice's type."""
    if endpoint_slice.address_type not in _ADDRESS_TYPES:
        yield field_rules.unsupported_value("addressType", endpoint_slice.address_type, _ADDRESS_TYPES)
        # Without a type, every address would be wrong too: one mistake, one error.
        return

    for index, endpoint in enumerate(endpoint_slice.endpoints or ()):
        field = f"endpoints[{index}]"
        if not endpoint.addresses:
            yield field_rules.required_value(f"{field}.addresses", "must contain at least 1 address")

        for number, address in enumerate(endpoint.addresses):
            address_field = f"{field}.addresses[{number}]"
            yield from _validate_slice_address(address_field, address, endpoint_slice.address_type)

        if endpoint.hostname:
            hostname_field = f"{field}.hostname"
            yield from field_rules.run_checks(hostname_field, endpoint.hostname, field_rules.check_dns_label)

    yield from _validate_endpoint_ports("ports", endpoint_slice.ports, needs_names=False)


def _validate_slice_address(field: str, text: str, address_type: str) -> Iterator[ObjectError]:
    if address_type == "FQDN":
        yield from field_rules.run_checks(field, text, field_rules.check_dns_subdomain)
        return

    address = field_rules.parse_address(text)
    if address is None or field_rules.ip_family_of(address) != address_type:
        yield field_rules.invalid_value(field, text, f"must be a valid {address_type} address")
    elif message := field_rules.check_not_special(address):
        yield field_rules.invalid_value(field, text, message)


def validate_endpoints(endpoints: Endpoints) -> Iterator[ObjectError]:
    """The rules of v1 Endpoints."""
    for index, subset in enumerate(endpoints.subsets or ()):
        field = f"subsets[{index}]"
        if not subset.addresses and not subset.not_ready_addresses:
            yield field_rules.required_value(field, "must specify `addresses` or `notReadyAddresses`")

        for name, addresses in (
            ("addresses", subset.addresses),
            ("notReadyAddresses", subset.not_ready_addresses),
        ):
            for number, address in enumerate(addresses or ()):
                yield from _validate_endpoint_address(f"{field}.{name}[{number}]", address)

        yield from _validate_endpoint_ports(f"{field}.ports", subset.ports, needs_names=True)


def _validate_endpoint_address(field: str, address: EndpointAddress) -> Iterator[ObjectError]:
    yield from field_rules.run_checks(f"{field}.ip", address.ip, field_rules.check_endpoint_ip)
    if address.hostname:
        yield from field_rules.run_checks(f"{field}.hostname", address.hostname, field_rules.check_dns_label)


def _validate_endpoint_ports(
    field: str, ports: tuple[EndpointPort, ...] | None, *, needs_names: bool
) -> Iterator[ObjectError]:
    """`needs_names`: several ports need a name each; a slice may have one port without."""
    seen: set[str] = set()
    for index, port in enumerate(ports or ()):
        name = port.name or ""
        port_field = f"{field}[{index}]"

        if name:
            yield from field_rules.run_checks(f"{port_field}.name", name, field_rules.check_dns_label)
        elif needs_names and len(ports or ()) > 1:
            yield field_rules.required_value(f"{port_field}.name")

        # Where names are needed, the missing one is an error already, so "" is no duplicate as well.
        if name in seen and (name or not needs_names):
            yield field_rules.duplicate_value(f"{port_field}.name", name)
        seen.add(name)

        if port.protocol and port.protocol not in field_rules.PROTOCOLS:
            yield field_rules.unsupported_value(
                f"{port_field}.protocol", port.protocol, field_rules.PROTOCOLS
            )
        if port.port is not None and (message := field_rules.check_port_number(port.port)):
            yield field_rules.invalid_value(f"{port_field}.port", port.port, message)
