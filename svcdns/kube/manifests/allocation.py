"""Cluster IPs and node ports: the API server's allocators, without their memory.

    chosen addresses and ports, in the order of the Services' names: kept, or refused when taken
    then the missing ones: each derived from the Service's name (see `pool`)

The same Services get the same numbers at every start, in whatever order the files are read, and a
new Service leaves those of the others alone but for rare collisions. Sources: Kubernetes "Service
ClusterIP allocation" and "Avoid collisions assigning ports to NodePort Services".
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from svcdns.addresses import Network
from svcdns.errors import ObjectError
from svcdns.kube.manifests import defaults, field_rules, ip_families
from svcdns.kube.manifests.manifest_objects import ManifestService
from svcdns.kube.manifests.number_pool import NumberPool
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.manifests.service_validation import cluster_ip_field
from svcdns.kube.objects import Key

AllocationErrors: TypeAlias = dict[Key, tuple[ObjectError, ...]]


def allocate_services(
    services: Mapping[Key, ManifestService], ranges: ServiceRanges
) -> tuple[dict[Key, ManifestService], AllocationErrors]:
    """The Services with families, cluster IPs and node ports, and those that cannot have theirs.

    Of two that choose the same number the first by namespace and name has it; what the other one
    chose besides stays free.
    """
    addresses, ports = _ClusterIPAllocator(ranges), _NodePortAllocator(ranges.node_ports)
    chosen: dict[Key, ManifestService] = {}
    refused: AllocationErrors = {}
    for key in sorted(services):
        service, errors = ip_families.assign_families(services[key], ranges.families)
        errors = errors or (*addresses.find_conflicts(service), *ports.find_conflicts(service))
        if errors:
            refused[key] = errors
            continue
        addresses.reserve(key, service)
        ports.reserve(key, service)
        chosen[key] = service
    allocated: dict[Key, ManifestService] = {}
    for key, service in chosen.items():
        try:
            allocated[key] = ports.allocate_missing(key, addresses.allocate_missing(key, service))
        except ObjectError as error:
            refused[key] = (error,)
    return allocated, refused


class _ClusterIPAllocator:
    """One pool per range; a number in it is the offset from the network address."""

    def __init__(self, ranges: ServiceRanges) -> None:
        self.pools = [(cidr, _address_pool(cidr)) for cidr in ranges.service_cidrs]

    def find_conflicts(self, service: ManifestService) -> Iterator[ObjectError]:
        for index, text in enumerate(service.cluster_addresses):
            field = cluster_ip_field(index)
            place = self._locate(text)
            if place is None:
                valid = ", ".join(str(cidr) for cidr, _ in self.pools)
                message = f"the provided IP is not in the valid range. The range of valid IPs is {valid}"
                yield field_rules.invalid_value(field, text, f"failed to allocate IP {text}: {message}")
            elif owner := place[0].owners.get(place[1]):
                message = f"provided IP is already allocated to Service {owner[0]}/{owner[1]}"
                yield field_rules.invalid_value(field, text, f"failed to allocate IP {text}: {message}")

    def reserve(self, key: Key, service: ManifestService) -> None:
        for text in service.cluster_addresses:
            if place := self._locate(text):
                place[0].reserve(place[1], key)

    def allocate_missing(self, key: Key, service: ManifestService) -> ManifestService:
        """The Service with an address for each family that has none; raises ObjectError when full."""
        spec = service.spec
        if spec.type == "ExternalName" or service.is_headless:
            return service
        missing = (spec.ip_families or ())[len(service.cluster_addresses) :]
        if not missing:
            return service
        ips = (*service.cluster_addresses, *(self._allocate(key, family) for family in missing))
        spec = msgspec.structs.replace(spec, cluster_ip=ips[0], cluster_ips=ips)
        return msgspec.structs.replace(service, spec=spec)

    def _allocate(self, key: Key, family: str) -> str:
        for cidr, pool in self.pools:
            if field_rules.ip_family_of(cidr.network_address) == family:
                offset = pool.allocate(key, family)
                if offset is not None:
                    return str(cidr.network_address + offset + 1)
        raise ObjectError("spec.clusterIPs", f"failed to allocate a serviceIP: the {family} range is full")

    def _locate(self, text: str) -> tuple[NumberPool, int] | None:
        address = field_rules.parse_address(text)
        for cidr, pool in self.pools:
            if address is not None and address in cidr:
                offset = int(address) - int(cidr.network_address) - 1
                return (pool, offset) if 0 <= offset < pool.size else None
        return None


def _address_pool(cidr: Network) -> NumberPool:
    """Neither the network address (offset 0) nor IPv4's broadcast address is given out."""
    unusable = 2 if cidr.version == 4 else 1
    return NumberPool(
        max(cidr.num_addresses - unusable, 0), reserved_band=min(max(16, cidr.num_addresses // 16), 256)
    )


class _NodePortAllocator:
    """The ports that every node opens; a Service's ports of one number may share one."""

    def __init__(self, ports: range) -> None:
        self.port_range = ports
        self.pool = NumberPool(len(ports), reserved_band=min(max(16, len(ports) // 32), 128))

    def find_conflicts(self, service: ManifestService) -> Iterator[ObjectError]:
        shared: dict[int, int] = {}
        for field, number, port in _chosen_ports(service):
            if number not in self.port_range:
                valid = f"{self.port_range.start}-{self.port_range.stop - 1}"
                message = f"provided port is not in the valid range. The range of valid ports is {valid}"
                yield field_rules.invalid_value(field, number, message)
            elif owner := self.pool.owners.get(number - self.port_range.start):
                message = f"provided port is already allocated to Service {owner[0]}/{owner[1]}"
                yield field_rules.invalid_value(field, number, message)
            elif shared.setdefault(number, port) != port:
                yield field_rules.invalid_value(
                    field, number, "provided port is already allocated to another port"
                )

    def reserve(self, key: Key, service: ManifestService) -> None:
        for _, number, _ in _chosen_ports(service):
            self.pool.reserve(number - self.port_range.start, key)

    def allocate_missing(self, key: Key, service: ManifestService) -> ManifestService:
        """The Service with the node ports it needs; raises ObjectError when there are no more."""
        spec = service.spec
        ports = spec.ports or ()
        if spec.type == "NodePort" or (
            spec.type == "LoadBalancer" and spec.allocate_load_balancer_node_ports
        ):
            given = {port.port: port.node_port for port in reversed(ports) if port.node_port}
            for port in ports:
                if port.port not in given:
                    given[port.port] = self._allocate(key, str(port.port))
            ports = tuple(
                msgspec.structs.replace(port, node_port=port.node_port or given[port.port]) for port in ports
            )
        health_check = spec.health_check_node_port
        if defaults.needs_health_check_port(spec) and not health_check:
            health_check = self._allocate(key, "health")
        spec = msgspec.structs.replace(spec, ports=ports or spec.ports, health_check_node_port=health_check)
        return msgspec.structs.replace(service, spec=spec)

    def _allocate(self, key: Key, purpose: str) -> int:
        number = self.pool.allocate(key, purpose)
        if number is None:
            raise ObjectError("spec.ports", "failed to allocate a nodePort: the range is full")
        return number + self.port_range.start


def _chosen_ports(service: ManifestService) -> Iterator[tuple[str, int, int]]:
    """Each chosen node port: its field, the number and the port it is for (0: the health check)."""
    spec = service.spec
    if spec.type not in defaults.EXTERNAL_SERVICE_TYPES:
        return
    for index, port in enumerate(spec.ports or ()):
        if port.node_port:
            yield f"spec.ports[{index}].nodePort", port.node_port, port.port
    if spec.health_check_node_port:
        yield "spec.healthCheckNodePort", spec.health_check_node_port, 0
