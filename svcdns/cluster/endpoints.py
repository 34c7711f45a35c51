"""The endpoints of a Service, and the names that each has of its own (specification 2.4)."""

import functools
from collections.abc import Iterable, Set
from typing import TypeAlias, TypeVar

from svcdns.cluster import rrsets
from svcdns.dns import names, records
from svcdns.dns.records import Host, Hosts, Node, Owner, Part, RRset, Services
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

Some = TypeVar("Some", int, bytes)

Known: TypeAlias = tuple[tuple[bytes, ...], tuple[int, ...], bool]
"""Of an endpoint: addresses and port numbers, each once, and whether its label is made of an address."""

Labelled: TypeAlias = dict[bytes, Known]
"""Endpoints by their labels."""


def hosts_of(slices: Iterable[Key], state: Store) -> Labelled:
    """Those of a Service's slices."""
    hosts: Labelled = {}
    for key in slices:
        ports = _merged((), [port.port for port in state.slices[key].ports or () if port.port])
        for label, address, is_dashed in state.hosts(key):
            known = hosts.get(label)
            if known is None:
                hosts[label] = (address,), ports, is_dashed
            else:
                hosts[label] = (
                    _merged(known[0], (address,)),
                    _merged(known[1], ports),
                    known[2] or is_dashed,
                )
    return hosts


def _merged(one: Iterable[Some], other: Iterable[Some]) -> tuple[Some, ...]:
    return tuple(sorted(set(one).union(other)))


def part(number: int, base: bytes, hosts: Labelled, labels: Set[bytes] | None, ttl: int) -> Part:
    """The endpoints with these labels (None: all): names with keys, and the list of all without."""
    if labels is not None and not labels:
        return Part({})
    shown = hosts if labels is None else {label: hosts[label] for label in labels & hosts.keys()}
    named = {label: host for label, host in shown.items() if not _is_implied(host)}
    implied = _implied(number, hosts, ttl)
    return Part(host_names(number, base, named, ttl), hosts={base: implied} if implied.addresses else {})


def _is_implied(host: Known) -> bool:
    """Its name follows from its address, and needs no key of its own (`dns.implied`)."""
    found, ports, is_dashed = host
    return is_dashed and len(found) == 1 and len(ports) <= records.MAX_SERVICES


def _implied(number: int, hosts: Labelled, ttl: int) -> Hosts:
    by_ports: dict[tuple[int, ...], list[bytes]] = {}
    for found, ports, is_dashed in hosts.values():
        if is_dashed and len(found) == 1 and len(ports) <= records.MAX_SERVICES:  # _is_implied, for thousands
            by_ports.setdefault(ports, []).append(found[0])
    made: dict[int, dict[Services, list[bytes]]] = {}
    for family in (4, 16):
        for ports, addresses in by_ports.items():
            if own := [address for address in addresses if len(address) == family]:
                made.setdefault(family, {})[_heads(ports)] = own
    return Hosts(number, ttl, made)


def host_names(number: int, base: bytes, hosts: Labelled, ttl: int) -> dict[bytes, Owner]:
    """Each endpoint's own: its addresses, and its ports."""
    made: dict[bytes, Owner] = {}
    for label, (found, ports, _) in hosts.items():
        name, heads = names.child(label, base), _heads(ports)
        if len(found) == 1 and len(ports) <= records.MAX_SERVICES:
            made[name] = Host(number, ttl, name, found, heads)
            continue
        own = rrsets.of_addresses(found, ttl)
        if ports:
            own[records.SRV] = RRset(ttl, tuple([head + name for head in heads]))
        made[name] = Node(number, own)
    return made


@functools.lru_cache(256)
def _heads(ports: tuple[int, ...]) -> tuple[bytes, ...]:
    """RDATA of an endpoint's SRV records before the target."""
    return tuple([head for _, head in rrsets.srv_heads(ports, len(ports))])
