"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

from collections.abc import Iterable
from typing import TypeAlias

from svcdns import errors
from svcdns.cluster.options import Options, exposed_service
from svcdns.dns import names, records
from svcdns.dns.records import Names, Node, RRset
from svcdns.kube import addresses, store
from svcdns.kube.objects import EndpointSlice, Key, Service
from svcdns.kube.store import Store

Hosts: TypeAlias = dict[bytes, tuple[set[bytes], set[int]]]
"""By the label of an endpoint: its addresses and its port numbers."""


def service_names(number: int, zone: bytes, key: Key, state: Store, options: Options) -> Names:
    """BASE and all names below it; none where the Service is not served."""
    service = exposed_service(key, state, options)
    if service is None:
        return {}
    base = names.from_texts((key[1], key[0], "svc"), zone)
    if service.spec.type == "ExternalName":
        target = external_target(service)
        return {base: Node(number, {records.CNAME: RRset(options.ttl, (target,))})} if target else {}
    slices = [] if options.no_endpoints else state.slices_for(key)
    hosts = _hosts(slices, options)
    if options.ignore_empty_service and not hosts and not service.headless:
        return {}
    made: dict[bytes, dict[int, RRset]] = {}
    for label, (found, ports) in hosts.items():
        name = names.from_labels((label,), base)
        made[name] = address_rrsets(found, options.ttl)
        if ports:
            made[name][records.SRV] = _srv(((port, name) for port in ports), options.ttl)
    if service.headless:
        made |= _headless_base(base, slices, hosts, options)
    else:
        made |= _cluster_ip_base(base, service, options.ttl)
    return {name: Node(number, rrsets) for name, rrsets in made.items()}


def _hosts(slices: Iterable[EndpointSlice], options: Options) -> Hosts:
    hosts: Hosts = {}
    for endpoints in slices:
        ports = {port.port for port in endpoints.ports or () if port.port}
        for hostname, pod, address in store.ready_endpoints(endpoints):
            found = hosts.setdefault(host_label(hostname, pod, address, options), (set(), set()))
            found[0].add(address)
            found[1].update(ports)
    return hosts


def host_label(hostname: str | None, pod: str | None, address: bytes, options: Options) -> bytes:
    """The endpoint's `hostname`, or with `endpoint_pod_names` its Pod's name, or its dashed address."""
    if names.is_label(hostname) and not hostname.startswith("_"):
        return hostname.lower().encode()
    if options.endpoint_pod_names and names.is_label(pod):
        return pod.lower().encode()
    return addresses.dashed(address).encode()


def _cluster_ip_base(base: bytes, service: Service, ttl: int) -> dict[bytes, dict[int, RRset]]:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    ports = service.spec.ports or ()
    rrsets = address_rrsets(store.service_addresses(service), ttl)
    if not rrsets:
        return {}
    if ports:
        rrsets[records.SRV] = _srv(((port.port, base) for port in ports), ttl)
    named = [(port.name, port.protocol, port.port, base) for port in ports]
    return {base: rrsets} | _port_names(base, named, ttl)


def _headless_base(
    base: bytes, slices: Iterable[EndpointSlice], hosts: Hosts, options: Options
) -> dict[bytes, dict[int, RRset]]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name."""
    if not hosts:
        return {}
    named = [
        (port.name, port.protocol, port.port, names.from_labels((label,), base))
        for endpoints in slices
        for label in {host_label(*endpoint, options) for endpoint in store.ready_endpoints(endpoints)}
        for port in endpoints.ports or ()
        if port.port
    ]
    rrsets = address_rrsets({address for found, _ in hosts.values() for address in found}, options.ttl)
    if named:
        rrsets[records.SRV] = _srv(((port, target) for _, _, port, target in named), options.ttl)
    return {base: rrsets} | _port_names(base, named, options.ttl)


def _port_names(
    base: bytes, ports: Iterable[tuple[str | None, str | None, int, bytes]], ttl: int
) -> dict[bytes, dict[int, RRset]]:
    """`_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them."""
    grouped: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for name, protocol, port, target in ports:
        if name and names.is_label("_" + name):
            grouped.setdefault((name.lower(), (protocol or "TCP").lower()), []).append((port, target))
    made: dict[bytes, dict[int, RRset]] = {}
    for (name, protocol), found in grouped.items():
        above = names.from_texts(("_" + protocol,), base)
        made[above] = {}
        made[names.from_texts(("_" + name,), above)] = {records.SRV: _srv(found, ttl)}
    return made


def _srv(ports: Iterable[tuple[int, bytes]], ttl: int) -> RRset:
    """Priority 0; the weight is 100 by their number, rounded down, at least 1."""
    found = sorted(set(ports))
    weight = max(1, 100 // len(found))
    return RRset(ttl, tuple(records.srv(port, target, weight) for port, target in found))


def address_rrsets(found: Iterable[bytes], ttl: int) -> dict[int, RRset]:
    """A and AAAA of these addresses, in order."""
    ordered = sorted(set(found))
    made = {}
    for rrtype, length in ((records.A, 4), (records.AAAA, 16)):
        if rdata := tuple(address for address in ordered if len(address) == length):
            made[rrtype] = RRset(ttl, rdata)
    return made


def external_target(service: Service) -> bytes | None:
    """The name in `spec.externalName`, or None where it is none: an address, or too long."""
    text = (service.spec.external_name or "").rstrip(".")
    if not text or addresses.packed(text) or not all(map(names.is_label, text.split("."))):
        return None
    try:
        return names.from_text(text)
    except errors.DomainNameError:
        return None
