"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

from collections.abc import Iterable, Set
from typing import NamedTuple

from svcdns import addresses, errors
from svcdns.cluster import endpoints, rrsets
from svcdns.cluster.endpoints import Labelled
from svcdns.cluster.options import Options, exposed_service
from svcdns.cluster.rrsets import Ports, RRsets
from svcdns.dns import answers, names, records
from svcdns.dns.records import Names, Node, Part, RRset
from svcdns.kube import store
from svcdns.kube.objects import Key, Service
from svcdns.kube.store import Store


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
    base = names.from_texts((key[1], key[0], "svc"), zone)
    if service.spec.type == "ExternalName":
        target = external_target(service)
        alias = {records.CNAME: RRset(options.ttl, (target,))} if target else None
        return Part({base: Node(number, alias)} if alias else {})
    slices = [] if options.no_endpoints else state.slices_for(key)
    hosts = endpoints.hosts_of(slices, state)
    if options.ignore_empty_service and not hosts and not service.headless:
        return Part({})
    made: dict[bytes, RRsets] = {}
    glue: Names = {}
    if wanted.own and service.headless:
        made = _headless_base(base, slices, hosts, state, options.ttl)
        if len(hosts) <= answers.INLINE:  # the glue of a larger set is added when it is asked for
            glue = endpoints.host_names(number, base, hosts, options.ttl)
    elif wanted.own:
        made = _cluster_ip_base(base, service, hosts, options.ttl)
    own: Names = {name: Node(number, found) for name, found in made.items()}
    below = endpoints.part(number, base, hosts, wanted.hosts, options.ttl)
    return Part({**own, **below.names}, glue, below.hosts)


def follow_endpoints(service: Service | None, options: Options) -> bool:
    """Whether a Service's own names change with its endpoints."""
    return service is not None and (
        service.headless or options.ignore_empty_service or not store.service_addresses(service)
    )


def _cluster_ip_base(base: bytes, service: Service, hosts: Labelled, ttl: int) -> dict[bytes, RRsets]:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    own = rrsets.of_addresses(set(store.service_addresses(service)), ttl)
    if not own:
        return {base: {}} if hosts else {}  # an empty non-terminal
    ports: Ports = {}
    for port in service.spec.ports or ():
        rrsets.add_targets(ports, port.name, port.protocol, port.port, {base: None})
    return rrsets.with_ports(base, own, ports, ttl)


def _headless_base(
    base: bytes, slices: Iterable[Key], hosts: Labelled, state: Store, ttl: int
) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name."""
    if not hosts:
        return {}
    ports: Ports = {}
    for key in slices:
        targets = {names.child(label, base): None for label, _, _ in state.hosts(key)}
        for port in state.slices[key].ports or ():
            if port.port:
                rrsets.add_targets(ports, port.name, port.protocol, port.port, targets)
    own = rrsets.of_addresses({address for found, _, _ in hosts.values() for address in found}, ttl)
    return rrsets.with_ports(base, own, ports, ttl)


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
