"""A Service's own subtree: BASE, its ports, its endpoints (specification 2.3 to 2.5)."""

from collections.abc import Collection, Iterable, Mapping, Set
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

Numbers: TypeAlias = dict[int, dict[bytes, None]]
"""The targets of each port number."""

Ports: TypeAlias = dict[tuple[str, str], Numbers]
"""By the folded name (empty: none) and protocol of a port."""

RRsets: TypeAlias = dict[int, RRset]


class Subtree(NamedTuple):
    """The wanted names of a Service, and those that glue may come from."""

    names: Names
    glue: Names


def service_names(
    number: int, zone: bytes, key: Key, own: bool, wanted: Set[bytes] | None, state: Store, options: Options
) -> Subtree:
    """Its `own` names, BASE and its ports; and the endpoints with `wanted` labels (None: all)."""
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
    made: dict[bytes, RRsets] = {}
    if own and service.headless:
        made = _headless_base(base, slices, hosts, state, options.ttl)
    elif own:
        made = _cluster_ip_base(base, service, options.ttl)
    found = {name: Node(number, rrsets) for name, rrsets in made.items()}
    picked = hosts if wanted is None else {label: hosts[label] for label in wanted if label in hosts}
    # The glue of a larger set is added when it is asked for.
    needed = hosts if own and service.headless and len(hosts) <= answers.INLINE else picked
    nodes = _host_names(number, base, needed, options.ttl)
    if needed is picked:
        return Subtree(found | nodes, {})
    return Subtree(
        found | {name: nodes[name] for name in (names.child(label, base) for label in picked)}, nodes
    )


def follow_endpoints(service: Service | None, options: Options) -> bool:
    """Whether a Service's own names change with its endpoints."""
    return service is not None and (service.headless or options.ignore_empty_service)


def _host_names(number: int, base: bytes, hosts: Hosts, ttl: int) -> dict[bytes, Owner]:
    """Each endpoint's own: its addresses, and its ports."""
    services: dict[tuple[int, ...], tuple[bytes, ...]] = {}
    made: dict[bytes, Owner] = {}
    for label, (found, ports) in hosts.items():
        name = names.child(label, base)
        heads = services.get(ports)
        if heads is None:
            heads = services[ports] = tuple([head for _, head in _srv(ports, len(ports))])
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
    rrsets = address_rrsets(set(store.service_addresses(service)), ttl)
    if not rrsets:
        return {}
    ports: Ports = {}
    for port in service.spec.ports or ():
        _add_targets(ports, port.name, port.protocol, port.port, {base: None})
    return _with_ports(base, rrsets, ports, ttl)


def _headless_base(
    base: bytes, slices: Iterable[Key], hosts: Hosts, state: Store, ttl: int
) -> dict[bytes, RRsets]:
    """Specification 2.4: the endpoints' addresses, and each port at each endpoint's name."""
    if not hosts:
        return {}
    ports: Ports = {}
    for key in slices:
        targets = {names.child(label, base): None for label, _ in state.hosts(key)}
        for port in state.slices[key].ports or ():
            if port.port:
                _add_targets(ports, port.name, port.protocol, port.port, targets)
    rrsets = address_rrsets({address for found, _ in hosts.values() for address in found}, ttl)
    return _with_ports(base, rrsets, ports, ttl)


def _add_targets(
    ports: Ports, name: str | None, protocol: str | None, number: int, targets: Mapping[bytes, None]
) -> None:
    port = (name or "").lower(), (protocol or "TCP").lower()
    ports.setdefault(port, {}).setdefault(number, {}).update(targets)


def _with_ports(base: bytes, own: RRsets, ports: Ports, ttl: int) -> dict[bytes, RRsets]:
    """BASE; `_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them."""
    every: Numbers = {}
    made = {base: own}
    for (name, protocol), numbers in ports.items():
        for number, targets in numbers.items():
            every.setdefault(number, {}).update(targets)
        if name and names.is_label("_" + name):
            above = names.child(b"_" + protocol.encode(), base)
            made[above] = {}
            made[names.child(b"_" + name.encode(), above)] = {records.SRV: _srv_rrset(numbers, ttl)}
    if every:
        own[records.SRV] = _srv_rrset(every, ttl)
    return made


def _srv_rrset(numbers: Numbers, ttl: int) -> RRset:
    heads = _srv(numbers, sum(map(len, numbers.values())))
    return RRset(ttl, tuple([head + target for number, head in heads for target in sorted(numbers[number])]))


def _srv(numbers: Iterable[int], count: int) -> list[tuple[int, bytes]]:
    """RDATA before the target: priority 0; the weight is 100 by the number of records, at least 1."""
    weight = max(1, 100 // count) if count else 0
    return [(number, records.srv(number, b"", weight)) for number in sorted(numbers)]


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
