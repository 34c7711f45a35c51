"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

import functools
from collections.abc import Iterable, Set
from typing import NamedTuple, TypeAlias

from svcdns import addresses, errors
from svcdns.cluster import endpoints, remembered, rrsets
from svcdns.cluster.endpoints import Endpoints, Slices
from svcdns.cluster.options import Options, base_name, exposed_service
from svcdns.cluster.rrsets import Ports, RRsets
from svcdns.dns import answers, names, records
from svcdns.dns.records import Glue, Host, Names, Node, Part, RRset, Services
from svcdns.kube import hosts, store
from svcdns.kube.objects import EndpointPort, Key, Service
from svcdns.kube.store import Store

Port: TypeAlias = tuple[str | None, str | None, int]
"""Name, protocol and number."""


class Wanted(NamedTuple):
    """Which names of a Service: its `own`, BASE and those of its ports; and endpoints by their labels."""

    own: bool
    hosts: Set[bytes] | None
    """None: all."""


def service_names(number: int, zone: bytes, key: Key, wanted: Wanted, state: Store, options: Options) -> Part:
    """The names that are wanted of a Service in the zone of that number."""
    service = exposed_service(key, state, options)
    if service is None:
        return Part({})
    base = base_name(key, zone)
    if service.spec.type == "ExternalName":
        target = external_target(service)
        alias = {records.CNAME: RRset(options.ttl, (target,))} if target else None
        return Part({base: Node(number, alias)} if alias else {})
    slices = () if options.no_endpoints else tuple([state.slices[one] for one in state.slices_for(key)])
    found = endpoints.endpoints_of(slices)
    if options.ignore_empty_service and not found.count and not service.headless:
        return Part({})
    own: Names = {}
    glue: dict[bytes, Glue] = {}
    if wanted.own and service.headless:
        if found.count > answers.INLINE:  # its glue is added when it is asked for
            own = _nodes(number, _large_base(base)(base, slices, found, options.ttl))
        else:
            own = _nodes(number, _headless_base(base, slices, found, options.ttl))
            glue[base] = Glue(options.ttl, found.labelled())
    elif wanted.own:
        own = _cluster_ip_base(number, base, service, found, options.ttl)
    below = endpoints.part(number, base, found, wanted.hosts, options.ttl)
    return Part({**own, **below.names}, glue, below.hosts)


def follow_endpoints(service: Service | None, options: Options) -> bool:
    """Whether a Service's own names change with its endpoints."""
    return service is not None and (
        service.headless or options.ignore_empty_service or not store.service_addresses(service)
    )


def _nodes(number: int, found: dict[bytes, RRsets]) -> Names:
    return {name: Node(number, own) for name, own in found.items()}


def _cluster_ip_base(number: int, base: bytes, service: Service, found: Endpoints, ttl: int) -> Names:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    ips = sorted(set(store.service_addresses(service)), key=len)
    if not ips:
        return {base: Node(number, {})} if found.count else {}  # an empty non-terminal
    ports = tuple([(port.name, port.protocol, port.port) for port in service.spec.ports or ()])
    services, below = _services(ports)
    if len(services) <= records.MAX_SERVICES and len(set(map(len, ips))) == len(ips):
        fits = tuple([one for one in below if len(one[0]) + len(base) <= names.MAX_NAME])
        return {base: Host(number, ttl, base, tuple(ips), services, fits)}
    return _nodes(number, rrsets.with_ports(base, rrsets.of_addresses(ips, ttl), _to(base, ports), ttl))


@functools.lru_cache(1024)
def _services(ports: tuple[Port, ...]) -> tuple[Services, tuple[tuple[bytes, Services], ...]]:
    """At a Service's own name, and at the names of its ports, as `records.Host` has them."""
    found = rrsets.with_ports(names.ROOT, {}, _to(names.ROOT, ports), 0)
    services = {
        name[:-1]: tuple([rdata[:-1] for rrset in own.values() for rdata in rrset.rdata])
        for name, own in found.items()
    }
    return services.pop(b""), tuple(services.items())


def _to(target: bytes, ports: Iterable[Port]) -> Ports:
    found: Ports = {}
    for name, protocol, number in ports:
        rrsets.add_targets(found, name, protocol, number, (target,))
    return found


def _headless_base(base: bytes, slices: Slices, found: Endpoints, ttl: int) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name.

    `found` are those of the slices.
    """
    if not found.count:
        return {}
    labels: dict[tuple[EndpointPort, ...], list[bytes]] = {}
    for piece in slices:  # of which most have the same ports
        labels.setdefault(piece.ports or (), []).extend(hosts.labels(piece))
    ports: Ports = {}
    for shared, known in labels.items():
        targets = sorted(names.children(dict.fromkeys(known), base))
        for port in shared:
            if port.port:
                rrsets.add_targets(ports, port.name, port.protocol, port.port, targets)
    return rrsets.with_ports(base, rrsets.of_addresses(found.addresses(), ttl), ports, ttl)


_large_base = remembered.last_of_each(_headless_base)


def warning(service: Service) -> str | None:
    """What keeps a Service that exists from having its names, for the log."""
    if service.spec.type == "ExternalName" and external_target(service) is None:
        return f"spec.externalName {service.spec.external_name!r} is no domain name: its name does not exist"
    return None


def external_target(service: Service) -> bytes | None:
    """The name in `spec.externalName`, or None where it is none: an address, or too long."""
    text = (service.spec.external_name or "").rstrip(".")
    if not text or addresses.packed(text) or not all(map(names.is_label, text.split("."))):
        return None
    try:
        return names.from_text(text)
    except errors.DomainNameError:
        return None
