"""The endpoints of a Service, and the names that each has of its own (specification 2.4)."""

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from svcdns.cluster import rrsets
from svcdns.dns import names, records
from svcdns.dns.records import Host, Node, Owner, RRset
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

Some = TypeVar("Some", int, bytes)

Hosts: TypeAlias = dict[bytes, tuple[tuple[bytes, ...], tuple[int, ...]]]
"""By the label of an endpoint: its addresses and its port numbers, each once."""


def hosts_of(slices: Iterable[Key], state: Store) -> Hosts:
    """Those of a Service's slices."""
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


def host_names(number: int, base: bytes, hosts: Hosts, ttl: int) -> dict[bytes, Owner]:
    """Each endpoint's own: its addresses, and its ports."""
    services: dict[tuple[int, ...], tuple[bytes, ...]] = {}
    made: dict[bytes, Owner] = {}
    for label, (found, ports) in hosts.items():
        name = names.child(label, base)
        heads = services.get(ports)
        if heads is None:
            heads = services[ports] = tuple([head for _, head in rrsets.srv_heads(ports, len(ports))])
        if len(found) == 1 and len(ports) <= records.MAX_SERVICES:
            made[name] = Host(number, ttl, name, found[0], heads)
            continue
        own = rrsets.of_addresses(found, ttl)
        if ports:
            own[records.SRV] = RRset(ttl, tuple([head + name for head in heads]))
        made[name] = Node(number, own)
    return made
