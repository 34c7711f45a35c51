"""The endpoints of a Service, and the names that each has of its own (specification 2.4)."""

import functools
import itertools
from collections.abc import Collection, Iterable, Set
from typing import TypeAlias, TypeVar

from msgspec import Struct

from svcdns import addresses
from svcdns.cluster import remembered, rrsets
from svcdns.dns import answers, names, records
from svcdns.dns.records import Host, Hosts, Node, Owner, Part, RRset, Services
from svcdns.kube.objects import ReadySlice

Some = TypeVar("Some", int, bytes)

Numbers: TypeAlias = tuple[int, ...]
"""Of ports, each once, in order."""

Known: TypeAlias = tuple[tuple[bytes, ...], Numbers]
"""Of an endpoint: its addresses, each once, in order; and its ports."""

Slices: TypeAlias = tuple[ReadySlice, ...]
"""Of one Service."""


class Endpoints(Struct, frozen=True, eq=False):
    """Those of a Service that are ready; the same object where they are remembered."""

    plain: dict[Numbers, list[bytes]]
    """Addresses in order, by their ports; they make their names, which need no keys (`dns.implied`)."""
    named: dict[bytes, Known]
    """All others, by their labels."""

    @property
    def count(self) -> int:
        """The number of their labels."""
        return sum(map(len, self.plain.values())) + len(self.named)

    def addresses(self) -> Collection[bytes]:
        """All of them, each once."""
        return dict.fromkeys(
            itertools.chain(*self.plain.values(), *[found for found, _ in self.named.values()])
        )

    def labelled(self) -> dict[bytes, tuple[bytes, ...]]:
        """The addresses of all by their labels."""
        found = {addresses.label(address): (address,) for address in itertools.chain(*self.plain.values())}
        return found | {label: own for label, (own, _) in self.named.items()}


def endpoints_of(slices: Slices) -> Endpoints:
    """Those of a Service's slices."""
    large = sum([len(piece.addresses) for piece in slices]) > answers.INLINE
    return _of_many(slices[0].service)(slices) if large else _made(slices)


def _made(slices: Slices) -> Endpoints:
    plain: dict[bytes, Numbers] = {}
    named: dict[bytes, Known] = {}
    every: set[int] = set()
    for piece in slices:
        ports = _merged((), [port.port for port in piece.ports or () if port.port])
        every.update(ports)
        fresh = dict.fromkeys(piece.addresses, ports)
        if piece.labels:
            pairs = list(zip(piece.labels, piece.addresses, strict=True))
            fresh = {address: ports for label, address in pairs if label is None}
            for label, address in pairs:
                if label is not None:
                    _add(named, label, address, ports)
        for address in plain.keys() & fresh.keys():
            fresh[address] = _merged(plain[address], ports)
        plain |= fresh
    if named or len(every) > records.MAX_SERVICES:
        for address in [a for a, ports in plain.items() if _needs_key(a, ports, named)]:
            _add(named, addresses.label(address), address, plain.pop(address))
    return Endpoints(_by_ports(plain), named)


_of_many = remembered.last_of_each(_made)


def _by_ports(plain: dict[bytes, Numbers]) -> dict[Numbers, list[bytes]]:
    kinds = dict.fromkeys(plain.values())
    if len(kinds) == 1:
        return dict.fromkeys(kinds, sorted(plain))
    found: dict[Numbers, list[bytes]] = {ports: [] for ports in kinds}
    for address in sorted(plain):
        found[plain[address]].append(address)
    return found


def _needs_key(address: bytes, ports: Numbers, named: dict[bytes, Known]) -> bool:
    """It has too many ports for a list, or another has its label as a hostname."""
    return len(ports) > records.MAX_SERVICES or (bool(named) and addresses.label(address) in named)


def _add(named: dict[bytes, Known], label: bytes, address: bytes, ports: Numbers) -> None:
    known = named.get(label)
    named[label] = (_merged(known[0], (address,)), _merged(known[1], ports)) if known else ((address,), ports)


def _merged(one: Iterable[Some], other: Iterable[Some]) -> tuple[Some, ...]:
    return tuple(sorted(set(one).union(other)))


def part(number: int, base: bytes, found: Endpoints, labels: Set[bytes] | None, ttl: int) -> Part:
    """The names of endpoints with these labels (None: all) that have keys, and the list of all others."""
    if labels is not None and not labels:
        return Part({})
    named = found.named
    if labels is not None:
        named = {label: named[label] for label in labels & named.keys()}
    hosts = {base: _listed(number, found.plain, ttl)} if found.plain else {}
    return Part(host_names(number, base, named, ttl), hosts=hosts)


def _listed(number: int, plain: dict[Numbers, list[bytes]], ttl: int) -> Hosts:
    made: dict[int, dict[Services, list[bytes]]] = {}
    for family in (4, 16):
        for ports, found in plain.items():
            if own := [address for address in found if len(address) == family]:
                made.setdefault(family, {})[_heads(ports)] = own
    return Hosts(number, ttl, made)


def host_names(number: int, base: bytes, hosts: dict[bytes, Known], ttl: int) -> dict[bytes, Owner]:
    """Each endpoint's own: its addresses, and its ports."""
    made: dict[bytes, Owner] = {}
    for label, (found, ports) in hosts.items():
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
def _heads(ports: Numbers) -> Services:
    """RDATA of an endpoint's SRV records before the target."""
    return tuple([head for _, head in rrsets.srv_heads(ports, len(ports))])
