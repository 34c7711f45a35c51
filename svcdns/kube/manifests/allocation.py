"""Cluster IPs and node ports: the API server's allocators, without their memory.

    chosen addresses and ports, in the order of the Services' names: reserved, or refused when taken
    then the missing ones: each follows from the Service's name (`service_ranges.NumberPool`)

The same Services get the same numbers at every start, in whatever order the files are read. A new
Service leaves the numbers of the others as they are, but for rare collisions. Sources: Kubernetes
"Service ClusterIP allocation" and "Avoid collisions assigning ports to NodePort Services".
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from svcdns.addresses import Network
from svcdns.errors import ObjectError
from svcdns.kube.manifests import defaults, field_rules, ip_families
from svcdns.kube.manifests.manifest_objects import ManifestService
from svcdns.kube.manifests.service_ranges import NumberPool, ServiceRanges
from svcdns.kube.manifests.service_validation import cluster_ip_field
from svcdns.kube.objects import Key

AllocationErrors: TypeAlias = dict[Key, tuple[ObjectError, ...]]


def allocate_services(
    services: Mapping[Key, ManifestService], ranges: ServiceRanges
) -> tuple[dict[Key, ManifestService], AllocationErrors]:
    """The Services with families, cluster IPs and node ports; and the errors of those refused.

    Where two Services choose the same number, the first by namespace and name gets it. Whatever else
    the refused one chose stays free.
    """
    addresses = _ClusterIPAllocator(ranges)
    ports = _NodePortAllocator(ranges.node_ports)
    accepted: dict[Key, ManifestService] = {}
    refused: AllocationErrors = {}

    # All choices first: an allocated number must not take one that a later Service chose.
    for key in sorted(services):
        service, errors = ip_families.assign_families(services[key], ranges.families)
        errors = errors or (*addresses.find_conflicts(service), *ports.find_conflicts(service))
        if errors:
            refused[key] = errors
            continue

        addresses.reserve(key, service)
        ports.reserve(key, service)
        accepted[key] = service

    allocated: dict[Key, ManifestService] = {}
    for key, service in accepted.items():
        try:
            allocated[key] = ports.allocate_missing(key, addresses.allocate_missing(key, service))
        except ObjectError as error:
            refused[key] = (error,)
    return allocated, refused


class _ClusterIPAllocator:
    """Each range has a pool; a number of the pool is the offset of an address in the range."""

    def __init__(self, ranges: ServiceRanges) -> None:
        self.pools = [(cidr, _address_pool(cidr)) for cidr in ranges.service_cidrs]

    def find_conflicts(self, service: ManifestService) -> Iterator[ObjectError]:
        """The chosen addresses that are out of range, or another Service's."""
        for index, text in enumerate(service.cluster_addresses):
            field = cluster_ip_field(index)
            location = self._locate(text)

            if location is None:
                valid = ", ".join(str(cidr) for cidr, _ in self.pools)
                message = f"the provided IP is not in the valid range. The range of valid IPs is {valid}"
                yield field_rules.invalid_value(field, text, f"failed to allocate IP {text}: {message}")
                continue

            pool, offset = location
            if owner := pool.owners.get(offset):
                message = f"provided IP is already allocated to Service {owner[0]}/{owner[1]}"
                yield field_rules.invalid_value(field, text, f"failed to allocate IP {text}: {message}")

    def reserve(self, key: Key, service: ManifestService) -> None:
        """Give the Service the addresses that it chose."""
        for text in service.cluster_addresses:
            if location := self._locate(text):
                pool, offset = location
                pool.reserve(offset, key)

    def allocate_missing(self, key: Key, service: ManifestService) -> ManifestService:
        """The Service with an address of each of its families; raises ObjectError when a range is full."""
        spec = service.spec
        if spec.type == "ExternalName" or service.is_headless:
            return service

        # The chosen addresses are of the first families, in the same order (`ip_families`).
        missing = (spec.ip_families or ())[len(service.cluster_addresses) :]
        if not missing:
            return service

        ips = (*service.cluster_addresses, *(self._allocate(key, family) for family in missing))
        new_spec = msgspec.structs.replace(spec, cluster_ip=ips[0], cluster_ips=ips)
        return msgspec.structs.replace(service, spec=new_spec)

    def _allocate(self, key: Key, family: str) -> str:
        # Ranges of one family are filled in their order: the next is used when this one is full.
        for cidr, pool in self.pools:
            if field_rules.ip_family_of(cidr.network_address) == family:
                offset = pool.allocate(key, family)
                if offset is not None:
                    return str(cidr.network_address + offset + 1)

        raise ObjectError("spec.clusterIPs", f"failed to allocate a serviceIP: the {family} range is full")

    def _locate(self, text: str) -> tuple[NumberPool, int] | None:
        """The pool of an address, and its number there; None for an address that is never given out."""
        address = field_rules.parse_address(text)
        for cidr, pool in self.pools:
            if address is not None and address in cidr:
                # Number 0 is the first address behind the network address.
                offset = int(address) - int(cidr.network_address) - 1
                return (pool, offset) if 0 <= offset < pool.size else None
        return None


def _address_pool(cidr: Network) -> NumberPool:
    """Neither the network address nor IPv4's broadcast address is given out."""
    unusable = 2 if cidr.version == 4 else 1

    # The band's size is Kubernetes': a 16th of the range, between 16 and 256 addresses.
    reserved_band = min(max(16, cidr.num_addresses // 16), 256)
    return NumberPool(max(cidr.num_addresses - unusable, 0), reserved_band)


class _NodePortAllocator:
    """The ports that every node opens; the ports of a Service with one number may share one."""

    def __init__(self, ports: range) -> None:
        self.port_range = ports

        # Kubernetes' size again: a 32nd of the range, between 16 and 128 ports.
        self.pool = NumberPool(len(ports), reserved_band=min(max(16, len(ports) // 32), 128))

    def find_conflicts(self, service: ManifestService) -> Iterator[ObjectError]:
        """The chosen node ports that are out of range, another Service's, or another port's."""
        ports_by_node_port: dict[int, int] = {}
        for field, node_port, port in _chosen_ports(service):
            if node_port not in self.port_range:
                valid = f"{self.port_range.start}-{self.port_range.stop - 1}"
                message = f"provided port is not in the valid range. The range of valid ports is {valid}"
                yield field_rules.invalid_value(field, node_port, message)
            elif owner := self.pool.owners.get(node_port - self.port_range.start):
                message = f"provided port is already allocated to Service {owner[0]}/{owner[1]}"
                yield field_rules.invalid_value(field, node_port, message)
            elif ports_by_node_port.setdefault(node_port, port) != port:
                message = "provided port is already allocated to another port"
                yield field_rules.invalid_value(field, node_port, message)

    def reserve(self, key: Key, service: ManifestService) -> None:
        """Give the Service the node ports that it chose."""
        # Ports of one number may share a node port, so the same one may be reserved twice.
        for _, node_port, _ in _chosen_ports(service):
            self.pool.reserve(node_port - self.port_range.start, key)

    def allocate_missing(self, key: Key, service: ManifestService) -> ManifestService:
        """The Service with the node ports it needs; raises ObjectError when the range is full."""
        spec = service.spec
        ports = spec.ports or ()

        if spec.type == "NodePort" or (
            spec.type == "LoadBalancer" and spec.allocate_load_balancer_node_ports
        ):
            # TCP and UDP of one number share a node port; of two that are chosen, the first counts.
            node_ports = {port.port: port.node_port for port in reversed(ports) if port.node_port}
            for port in ports:
                if port.port not in node_ports:
                    node_ports[port.port] = self._allocate(key, str(port.port))
            ports = tuple(
                msgspec.structs.replace(port, node_port=port.node_port or node_ports[port.port])
                for port in ports
            )

        health_check = spec.health_check_node_port
        if defaults.needs_health_check_port(spec) and not health_check:
            health_check = self._allocate(key, "health")

        new_spec = msgspec.structs.replace(
            spec, ports=ports or spec.ports, health_check_node_port=health_check
        )
        return msgspec.structs.replace(service, spec=new_spec)

    def _allocate(self, key: Key, purpose: str) -> int:
        number = self.pool.allocate(key, purpose)
        if number is None:
            raise ObjectError("spec.ports", "failed to allocate a nodePort: the range is full")
        return number + self.port_range.start


def _chosen_ports(service: ManifestService) -> Iterator[tuple[str, int, int]]:
    """Each chosen node port: its field, its number, and the port it is for (0: the health check)."""
    spec = service.spec
    if spec.type not in defaults.EXTERNAL_SERVICE_TYPES:
        return

    for index, port in enumerate(spec.ports or ()):
        if port.node_port:
            yield f"spec.ports[{index}].nodePort", port.node_port, port.port

    if spec.health_check_node_port:
        yield "spec.healthCheckNodePort", spec.health_check_node_port, 0
