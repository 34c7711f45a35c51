"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

import functools
from collections.abc import Collection, Iterable, Mapping, Set
from typing import NamedTuple, TypeAlias

from svcdns import addresses
from svcdns.cluster import memo, rrsets, service_endpoints
from svcdns.cluster.options import ClusterOptions, find_exposed_service, service_base_name
from svcdns.cluster.rrsets import RRsets, TargetsByPort
from svcdns.cluster.service_endpoints import ServiceEndpoints, ServiceSlices
from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.subtree import (
    MAX_SHARED_RECORDS,
    NO_GLUE,
    EndpointNode,
    GlueAddresses,
    Node,
    NodesByName,
    SharedRecord,
    SharedRecords,
    Subtree,
)
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from svcdns.errors import DomainNameError
from svcdns.kube import ready_endpoints, store
from svcdns.kube.objects import EndpointPort, Key, Service
from svcdns.kube.store import Store

PortKey: TypeAlias = tuple[str | None, str | None, int]
"""Name, protocol and number of a port."""


class NameSelection(NamedTuple):
    """Which names of a Service are to be built."""

    has_own_names: bool
    """BASE and the names of its ports."""
    endpoint_labels: Set[bytes] | None
    """The endpoints with these labels; None: all of them."""


def service_part(
    zone_number: int, zone: bytes, key: Key, selection: NameSelection, state: Store, options: ClusterOptions
) -> Subtree:
    """The selected names of a Service in a zone; raises DomainNameError where BASE is too long."""
    service = find_exposed_service(key, state, options)
    if service is None:
        return Subtree({})

    base = service_base_name(key, zone)
    # Specification 2.5: the name is an alias, and has no ports or endpoints.
    if service.spec.type == "ExternalName":
        target = external_target(service)
        if target is None:
            return Subtree({})
        return Subtree({base: Node(zone_number, {records.CNAME: RRset(options.ttl, (target,))})})

    slices: ServiceSlices = ()
    if not options.no_endpoints:
        slices = tuple([state.slices[slice_key] for slice_key in state.sorted_slices_of(key)])
    endpoints = service_endpoints.merge_slices(slices, service.is_headless)
    if options.ignore_empty_service and not endpoints.label_count and not service.is_headless:
        return Subtree({})

    # A change of one endpoint leaves the names of a cluster IP alone: they are not built then.
    own_nodes: NodesByName = {}
    glue = NO_GLUE
    if selection.has_own_names and service.is_headless:
        own_nodes, glue = _headless_nodes(zone_number, base, slices, endpoints, options.ttl)
    elif selection.has_own_names:
        own_nodes = _cluster_ip_nodes(zone_number, base, service, endpoints, options.ttl)

    endpoint_part = service_endpoints.endpoint_part(
        zone_number, base, endpoints, selection.endpoint_labels, options.ttl
    )
    return Subtree({**own_nodes, **endpoint_part.nodes}, glue, endpoint_part.endpoint_lists)


def depends_on_endpoints(service: Service | None, options: ClusterOptions) -> bool:
    """Whether a Service's own names change with its endpoints."""
    return service is not None and (
        service.is_headless or options.ignore_empty_service or not store.service_addresses(service)
    )


def _make_nodes(zone_number: int, rrsets_by_name: dict[bytes, RRsets]) -> NodesByName:
    return {name: Node(zone_number, own_rrsets) for name, own_rrsets in rrsets_by_name.items()}


def _cluster_ip_nodes(
    zone_number: int, base: bytes, service: Service, endpoints: ServiceEndpoints, ttl: int
) -> NodesByName:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    ips = sorted(set(store.service_addresses(service)), key=len)
    if not ips:
        # An empty non-terminal while it has endpoints, whose names lie below it (RFC 8020).
        return {base: Node(zone_number, {})} if endpoints.label_count else {}

    ports = tuple([(port.name, port.protocol, port.port) for port in service.spec.ports or ()])
    shared_records, subdomains = _shared_port_records(ports)

    # One address of a family, and few ports: nearly all Services. They are encoded by a template.
    has_one_of_each = len(set(map(len, ips))) == len(ips)
    room = names.MAX_NAME_LENGTH - len(base)
    has_all_names = all(len(labels) <= room for labels, _ in subdomains)
    if has_one_of_each and has_all_names and len(shared_records) <= MAX_SHARED_RECORDS:
        return {base: EndpointNode(zone_number, ttl, base, tuple(ips), shared_records, subdomains)}

    base_rrsets = rrsets.address_rrsets(ips, ttl)
    return _make_nodes(
        zone_number, rrsets.add_srv_names(base, base_rrsets, _ports_to_target(base, ports), ttl)
    )


@functools.lru_cache(1024)  # sets of ports with their names: many Services share one
def _shared_port_records(
    ports: tuple[PortKey, ...],
) -> tuple[SharedRecords, tuple[tuple[bytes, SharedRecords], ...]]:
    """The records at a Service's own name, and those below it, as EndpointNode has them."""
    # With the root as the Service's name, what comes out is what all Services with these ports share.
    rrsets_by_name = rrsets.add_srv_names(names.ROOT, {}, _ports_to_target(names.ROOT, ports), 0)
    shared_by_labels: dict[bytes, SharedRecords] = {}
    for name, own_rrsets in rrsets_by_name.items():
        labels = name.removesuffix(names.ROOT)
        shared_by_labels[labels] = tuple(
            [
                SharedRecord(rrtype, rdata.removesuffix(names.ROOT), has_target=True)
                for rrtype, rrset in own_rrsets.items()
                for rdata in rrset.rdata
            ]
        )

    own_records = shared_by_labels.pop(b"")
    return own_records, tuple(shared_by_labels.items())


def _ports_to_target(target: bytes, ports: Iterable[PortKey]) -> TargetsByPort:
    targets_by_port: TargetsByPort = {}
    for name, protocol, number in ports:
        rrsets.add_port_targets(targets_by_port, name, protocol, number, (target,))

    return targets_by_port


def _headless_nodes(
    zone_number: int, base: bytes, slices: ServiceSlices, endpoints: ServiceEndpoints, ttl: int
) -> tuple[NodesByName, Mapping[bytes, GlueAddresses]]:
    """BASE and its ports, and the endpoints' addresses as glue: if they are many, only of those with keys."""
    # A large answer is cut to size when it is sent, and glue is looked up then for what is left of it.
    if endpoints.label_count > rrset_encoding.MAX_INLINE_RECORDS:
        rrsets_by_name = _headless_rrsets_remembered(base)(base, slices, endpoints, ttl)
        # A port may have few of them: its answer is the same, whichever of their nodes are made beside it.
        glue = {base: GlueAddresses(ttl, endpoints.map_named_labels())}
        return _make_nodes(zone_number, rrsets_by_name), glue

    rrsets_by_name = _headless_rrsets(base, slices, endpoints, ttl)
    glue = {base: GlueAddresses(ttl, endpoints.map_labels())}
    return _make_nodes(zone_number, rrsets_by_name), glue


def _headless_rrsets(
    base: bytes, slices: ServiceSlices, endpoints: ServiceEndpoints, ttl: int
) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name.

    `endpoints` are those of the slices.
    """
    if not endpoints.label_count:
        return {}

    # Most slices of a Service have the same ports, so that their targets are one list.
    labels_by_ports: dict[tuple[EndpointPort, ...], list[bytes]] = {}
    for ready_slice in slices:
        # The ports of a slice without ready endpoints have no target, and so no name.
        if not ready_slice.addresses:
            continue
        labels = labels_by_ports.setdefault(ready_slice.ports or (), [])
        labels.extend(ready_endpoints.endpoint_labels(ready_slice))

    targets_by_port: TargetsByPort = {}
    for ports, labels in labels_by_ports.items():
        targets = _endpoint_names(dict.fromkeys(labels), base)
        for port in ports:
            if port.number and targets:
                rrsets.add_port_targets(targets_by_port, port.name, port.protocol, port.number, targets)

    base_rrsets = rrsets.address_rrsets(endpoints.collect_addresses(), ttl)
    return rrsets.add_srv_names(base, base_rrsets, targets_by_port, ttl)


def _endpoint_names(labels: Collection[bytes], base: bytes) -> list[bytes]:
    """The names of endpoints, in order; a label that makes its name too long has none."""
    room = names.MAX_NAME_LENGTH - len(base)
    # Mostly all fit, and 10,000 labels need no second list.
    if room <= names.MAX_LABEL_LENGTH:
        labels = [label for label in labels if len(label) < room]
    return sorted(names.prepend_labels(labels, base))


_headless_rrsets_remembered = memo.remember_last_per_service(_headless_rrsets)


def service_warning(service: Service) -> str | None:
    """What keeps a Service that exists from having its names or addresses, for the log."""
    if service.spec.type == "ExternalName" and external_target(service) is None:
        return f"spec.externalName {service.spec.external_name!r} is no domain name: its name does not exist"

    dropped = [ip for ip in service.cluster_addresses if addresses.parse_stored(ip) is None]
    return f"cluster IPs {', '.join(map(repr, dropped))} are left out: no IP addresses" if dropped else None


def external_target(service: Service) -> bytes | None:
    """The name in `spec.externalName`, or None where it is none: an address, or too long."""
    # The API server takes addresses, too; a CNAME to one would lead nowhere.
    text = (service.spec.external_name or "").rstrip(".")
    if not text or addresses.parse(text) or not all(map(names.is_label, text.split("."))):
        return None

    try:
        return names.from_text(text)
    except DomainNameError:
        return None
