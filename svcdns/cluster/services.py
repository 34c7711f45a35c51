"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

from collections.abc import Collection, Iterable, Iterator, Set
from typing import NamedTuple, TypeAlias, TypeVar

from svcdns import addresses, errors
from svcdns.cluster.options import Options, exposed_service
from svcdns.dns import answers, names, records
from svcdns.dns.records import Host, Names, Node, Owner, RRset
from svcdns.kube import store
from svcdns.kube.objects import Key, Service
from svcdns.kube.store import Store

Some = TypeVar("Some", int, bytes)

Hosts: TypeAlias = dict[bytes, tuple[tuple[bytes, ...], tuple[int, ...]]]
"""By the label of an endpoint: its addresses and its port numbers, each once."""

RRsets: TypeAlias = dict[int, RRset]


class Subtree(NamedTuple):
    """The wanted names of a Service, and those that glue may come from."""

    names: Names
    glue: Names


def service_names(
    number: int, zone: bytes, key: Key, wanted: Set[bytes] | None, state: Store, options: Options
) -> Subtree:
    """BASE, its ports, and the endpoints with `wanted` labels (None: all)."""
    service = exposed_service(key, state, options)
    if service is None:
        return Subtree({}, {})
    base = names.from_texts((key[1], key[0], "svc"), zone)
    if service.spec.type == "ExternalName":
        target = external_target(service)
        rrsets = {records.CNAME: RRset(options.ttl, (target,))} if target else None
        return Subtree({base: Node(number, rrsets)} if rrsets else {}, {})
    slices = [] if options.no_endpoints else state.slices_for(key)
    hosts = _hosts(slices, state)
    if options.ignore_empty_service and not hosts and not service.headless:
        return Subtree({}, {})
    if service.headless:
        made = _headless_base(base, slices, hosts, state, options.ttl)
    else:
        made = _cluster_ip_base(base, service, options.ttl)
    found = {name: Node(number, rrsets) for name, rrsets in made.items()}
    whole = len(hosts) <= answers.INLINE  # a larger set's glue is added when it is asked for
    shown = hosts if whole or wanted is None else hosts.keys() & wanted
    nodes = _host_names(number, base, {label: hosts[label] for label in shown}, options.ttl)
    if wanted is None:
        return Subtree(found | nodes, {})
    picked = {name: node for label in wanted if (node := nodes.get(name := names.child(label, base)))}
    return Subtree(found | picked, nodes)


def _host_names(number: int, base: bytes, hosts: Hosts, ttl: int) -> dict[bytes, Owner]:
    """Each endpoint's own: its addresses, and its ports."""
    services: dict[tuple[int, ...], tuple[bytes, ...]] = {}
    made: dict[bytes, Owner] = {}
    for label, (found, ports) in hosts.items():
        name = names.child(label, base)
        heads = services.get(ports)
        if heads is None:
            heads = services[ports] = tuple(_srv([(port, b"") for port in ports]))
        if len(found) == 1 and len(ports) <= records.MAX_SERVICES:
            made[name] = Host(number, ttl, name, found[0], heads)
            continue
        rrsets = address_rrsets(found, ttl)
        if ports:
            rrsets[records.SRV] = RRset(ttl, tuple([head + name for head in heads]))
        made[name] = Node(number, rrsets)
    return made


def _hosts(slices: Iterable[Key], state: Store) -> Hosts:
    hosts: Hosts = {}
    for key in slices:
        ports = _merged((), [port.port for port in state.slices[key].ports or () if port.port])
        for label, address in state.hosts(key):
            known = hosts.get(label)
            if known is None:
                hosts[label] = (address,), ports
            else:
                hosts[label] = _merged(known[0], (address,)), _merged(known[1], ports)
    return hosts


def _merged(one: Iterable[Some], other: Iterable[Some]) -> tuple[Some, ...]:
    return tuple(sorted(set(one).union(other)))


def _cluster_ip_base(base: bytes, service: Service, ttl: int) -> dict[bytes, RRsets]:
    """Specification 2.3: the cluster IPs, and each port at the Service's own name."""
    ports = service.spec.ports or ()
    rrsets = address_rrsets(set(store.service_addresses(service)), ttl)
    if not rrsets:
        return {}
    if ports:
        rrsets[records.SRV] = _srv_rrset({(port.port, base) for port in ports}, ttl)
    named = [(port.name, port.protocol, port.port, base) for port in ports]
    return {base: rrsets} | _port_names(base, named, ttl)


def _headless_base(
    base: bytes, slices: Iterable[Key], hosts: Hosts, state: Store, ttl: int
) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name."""
    if not hosts:
        return {}
    named = [
        (port.name, port.protocol, port.port, names.child(label, base))
        for key in slices
        for port in state.slices[key].ports or ()
        if port.port
        for label, _ in state.hosts(key)
    ]
    rrsets = address_rrsets({address for found, _ in hosts.values() for address in found}, ttl)
    if named:
        rrsets[records.SRV] = _srv_rrset({(port, target) for _, _, port, target in named}, ttl)
    return {base: rrsets} | _port_names(base, named, ttl)


def _port_names(
    base: bytes, ports: Iterable[tuple[str | None, str | None, int, bytes]], ttl: int
) -> dict[bytes, RRsets]:
    """`_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them."""
    grouped: dict[tuple[str, str], set[tuple[int, bytes]]] = {}
    for name, protocol, port, target in ports:
        if name and names.is_label("_" + name):
            grouped.setdefault((name.lower(), (protocol or "TCP").lower()), set()).add((port, target))
    made: dict[bytes, RRsets] = {}
    for (name, protocol), found in grouped.items():
        above = names.child(b"_" + protocol.encode(), base)
        made[above] = {}
        made[names.child(b"_" + name.encode(), above)] = {records.SRV: _srv_rrset(found, ttl)}
    return made


def _srv(ports: Collection[tuple[int, bytes]]) -> Iterator[bytes]:
    """RDATA of these ports and targets: priority 0; the weight is 100 by their number, at least 1."""
    weight = max(1, 100 // len(ports)) if ports else 0
    heads = {port: records.srv(port, b"", weight) for port, _ in ports}
    return (heads[port] + target for port, target in ports)


def _srv_rrset(ports: Set[tuple[int, bytes]], ttl: int) -> RRset:
    return RRset(ttl, tuple(_srv(sorted(ports))))


def address_rrsets(found: Collection[bytes], ttl: int) -> RRsets:
    """A and AAAA of these addresses, in order."""
    v4 = tuple(sorted([address for address in found if len(address) == 4]))
    if len(v4) == len(found):
        return {records.A: RRset(ttl, v4)} if v4 else {}
    v6 = RRset(ttl, tuple(sorted([address for address in found if len(address) == 16])))
    return {records.A: RRset(ttl, v4), records.AAAA: v6} if v4 else {records.AAAA: v6}


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
