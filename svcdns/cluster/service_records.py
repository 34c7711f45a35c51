"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

import functools
from collections.abc import Iterable, Set
from typing import NamedTuple, TypeAlias

from svcdns import addresses, errors
from svcdns.cluster import memo, rrsets, service_endpoints
from svcdns.cluster.options import ClusterOptions, find_exposed_service, service_base_name
from svcdns.cluster.rrsets import RRsets, TargetsByPort
from svcdns.cluster.service_endpoints import ServiceEndpoints, ServiceSlices
from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import (
    EndpointNode,
    GlueAddresses,
    Node,
    NodesByName,
    RRset,
    SrvPrefixes,
    Subtree,
)
from svcdns.kube import ready_endpoints, store
from svcdns.kube.objects import EndpointPort, Key, Service
from svcdns.kube.store import Store

PortKey: TypeAlias = tuple[str | None, str | None, int]
"""Name, protocol and number."""


class NameSelection(NamedTuple):
    """Which names of a Service: its `own`, BASE and those of its ports; and endpoints by their labels."""

    has_own_names: bool
    endpoint_labels: Set[bytes] | None
    """None: all."""


def service_part(
    zone_number: int, zone: bytes, key: Key, selection: NameSelection, state: Store, options: ClusterOptions
) -> Subtree:
    """The names that are wanted of a Service in the zone of that number."""
    service = find_exposed_service(key, state, options)
    if service is None:
        return Subtree({})
    base = service_base_name(key, zone)
    if service.spec.type == "ExternalName":
        target = external_target(service)
        alias = {records.CNAME: RRset(options.ttl, (target,))} if target else None
        return Subtree({base: Node(zone_number, alias)} if alias else {})
    slices = () if options.no_endpoints else tuple([state.slices[one] for one in state.sorted_slices_of(key)])
    found = service_endpoints.merge_slices(slices)
    if options.ignore_empty_service and not found.label_count and not service.is_headless:
        return Subtree({})
    own: NodesByName = {}
    glue: dict[bytes, GlueAddresses] = {}
    if selection.has_own_names and service.is_headless:
        if found.label_count > rrset_encoding.MAX_INLINE_RECORDS:  # its glue is added when it is asked for
            own = _make_nodes(
                zone_number, _headless_rrsets_remembered(base)(base, slices, found, options.ttl)
            )
        else:
            own = _make_nodes(zone_number, _headless_rrsets(base, slices, found, options.ttl))
            glue[base] = GlueAddresses(options.ttl, found.map_labels())
    elif selection.has_own_names:
        own = _cluster_ip_names(zone_number, base, service, found, options.ttl)
    below = service_endpoints.endpoint_part(zone_number, base, found, selection.endpoint_labels, options.ttl)
    return Subtree({**own, **below.nodes}, glue, below.endpoint_lists)


def depends_on_endpoints(service: Service | None, options: ClusterOptions) -> bool:
    """Whether a Service's own names change with its endpoints."""
    return service is not None and (
        service.is_headless or options.ignore_empty_service or not store.service_addresses(service)
    )


def _make_nodes(zone_number: int, rrsets_by_name: dict[bytes, RRsets]) -> NodesByName:
    return {name: Node(zone_number, own) for name, own in rrsets_by_name.items()}


def _cluster_ip_names(
    zone_number: int, base: bytes, service: Service, endpoints: ServiceEndpoints, ttl: int
) -> NodesByName:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    ips = sorted(set(store.service_addresses(service)), key=len)
    if not ips:
        return {base: Node(zone_number, {})} if endpoints.label_count else {}  # an empty non-terminal
    ports = tuple([(port.name, port.protocol, port.port) for port in service.spec.ports or ()])
    services, below = _srv_services(ports)
    if len(services) <= records.MAX_SRV_PREFIXES and len(set(map(len, ips))) == len(ips):
        fits = tuple([one for one in below if len(one[0]) + len(base) <= names.MAX_NAME_LENGTH])
        return {base: EndpointNode(zone_number, ttl, base, tuple(ips), services, fits)}
    return _make_nodes(
        zone_number,
        rrsets.add_srv_names(base, rrsets.address_rrsets(ips, ttl), _ports_to_target(base, ports), ttl),
    )


@functools.lru_cache(1024)
def _srv_services(ports: tuple[PortKey, ...]) -> tuple[SrvPrefixes, tuple[tuple[bytes, SrvPrefixes], ...]]:
    """At a Service's own name, and at the names of its ports, as `records.Host` has them."""
    found = rrsets.add_srv_names(names.ROOT, {}, _ports_to_target(names.ROOT, ports), 0)
    services = {
        name[:-1]: tuple([rdata[:-1] for rrset in own.values() for rdata in rrset.rdata])
        for name, own in found.items()
    }
    return services.pop(b""), tuple(services.items())


def _ports_to_target(target: bytes, ports: Iterable[PortKey]) -> TargetsByPort:
    found: TargetsByPort = {}
    for name, protocol, number in ports:
        rrsets.add_port_targets(found, name, protocol, number, (target,))
    return found


def _headless_rrsets(
    base: bytes, slices: ServiceSlices, endpoints: ServiceEndpoints, ttl: int
) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name.

    `found` are those of the slices.
    """
    if not endpoints.label_count:
        return {}
    labels: dict[tuple[EndpointPort, ...], list[bytes]] = {}
    for piece in slices:  # of which most have the same ports
        labels.setdefault(piece.ports or (), []).extend(ready_endpoints.endpoint_labels(piece))
    ports: TargetsByPort = {}
    for shared, known in labels.items():
        targets = sorted(names.prepend_labels(dict.fromkeys(known), base))
        for port in shared:
            if port.port:
                rrsets.add_port_targets(ports, port.name, port.protocol, port.port, targets)
    return rrsets.add_srv_names(base, rrsets.address_rrsets(endpoints.collect_addresses(), ttl), ports, ttl)


_headless_rrsets_remembered = memo.remember_last_per_service(_headless_rrsets)


def service_warning(service: Service) -> str | None:
    """What keeps a Service that exists from having its names, for the log."""
    if service.spec.type == "ExternalName" and external_target(service) is None:
        return f"spec.externalName {service.spec.external_name!r} is no domain name: its name does not exist"
    return None


def external_target(service: Service) -> bytes | None:
    """The name in `spec.externalName`, or None where it is none: an address, or too long."""
    text = (service.spec.external_name or "").rstrip(".")
    if not text or addresses.parse(text) or not all(map(names.is_label, text.split("."))):
        return None
    try:
        return names.from_text(text)
    except errors.DomainNameError:
        return None
