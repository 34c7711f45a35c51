"""The endpoints of a Service, and the names that each has of its own (specification 2.4)."""

import functools
import itertools
from collections.abc import Collection, Iterable, Set
from typing import TypeAlias, TypeVar

from msgspec import Struct

from svcdns import addresses
from svcdns.cluster import memo, rrsets
from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import (
    AnyNode,
    EndpointList,
    EndpointNode,
    Node,
    RRset,
    SrvPrefixes,
    Subtree,
)
from svcdns.kube.objects import ReadySlice

Item = TypeVar("Item", int, bytes)

PortNumbers: TypeAlias = tuple[int, ...]
"""Of ports, each once, in order."""

AddressesAndPorts: TypeAlias = tuple[tuple[bytes, ...], PortNumbers]
"""Of an endpoint: its addresses, each once, in order; and its ports."""

ServiceSlices: TypeAlias = tuple[ReadySlice, ...]
"""Of one Service."""


class ServiceEndpoints(Struct, frozen=True, eq=False):
    """Those of a Service that are ready; the same object where they are remembered."""

    addresses_by_ports: dict[PortNumbers, list[bytes]]
    """Addresses in order, by their ports; they make their names, which need no keys (`dns.implied`)."""
    named_by_label: dict[bytes, AddressesAndPorts]
    """All others, by their labels."""

    @property
    def label_count(self) -> int:
        """The number of their labels."""
        return sum(map(len, self.addresses_by_ports.values())) + len(self.named_by_label)

    def collect_addresses(self) -> Collection[bytes]:
        """All of them, each once."""
        return dict.fromkeys(
            itertools.chain(
                *self.addresses_by_ports.values(), *[found for found, _ in self.named_by_label.values()]
            )
        )

    def map_labels(self) -> dict[bytes, tuple[bytes, ...]]:
        """The addresses of all by their labels."""
        found = {
            addresses.to_label(address): (address,)
            for address in itertools.chain(*self.addresses_by_ports.values())
        }
        return found | {label: own for label, (own, _) in self.named_by_label.items()}


def merge_slices(slices: ServiceSlices) -> ServiceEndpoints:
    """Those of a Service's slices."""
    large = sum([len(piece.addresses) for piece in slices]) > rrset_encoding.MAX_INLINE_RECORDS
    return _merge_slices_remembered(slices[0].service_key)(slices) if large else _merge_slices(slices)


def _merge_slices(slices: ServiceSlices) -> ServiceEndpoints:
    plain: dict[bytes, PortNumbers] = {}
    named: dict[bytes, AddressesAndPorts] = {}
    every: set[int] = set()
    for piece in slices:
        ports = _merge_sorted((), [port.port for port in piece.ports or () if port.port])
        every.update(ports)
        fresh = dict.fromkeys(piece.addresses, ports)
        if piece.labels:
            pairs = list(zip(piece.labels, piece.addresses, strict=True))
            fresh = {address: ports for label, address in pairs if label is None}
            for label, address in pairs:
                if label is not None:
                    _add_named(named, label, address, ports)
        for address in plain.keys() & fresh.keys():
            fresh[address] = _merge_sorted(plain[address], ports)
        plain |= fresh
    if named or len(every) > records.MAX_SRV_PREFIXES:
        for address in [a for a, ports in plain.items() if _needs_key(a, ports, named)]:
            _add_named(named, addresses.to_label(address), address, plain.pop(address))
    return ServiceEndpoints(_group_by_ports(plain), named)


_merge_slices_remembered = memo.remember_last_per_service(_merge_slices)


def _group_by_ports(ports_by_address: dict[bytes, PortNumbers]) -> dict[PortNumbers, list[bytes]]:
    kinds = dict.fromkeys(ports_by_address.values())
    if len(kinds) == 1:
        return dict.fromkeys(kinds, sorted(ports_by_address))
    found: dict[PortNumbers, list[bytes]] = {ports: [] for ports in kinds}
    for address in sorted(ports_by_address):
        found[ports_by_address[address]].append(address)
    return found


def _needs_key(address: bytes, ports: PortNumbers, named_by_label: dict[bytes, AddressesAndPorts]) -> bool:
    """It has too many ports for a list, or another has its label as a hostname."""
    return len(ports) > records.MAX_SRV_PREFIXES or (
        bool(named_by_label) and addresses.to_label(address) in named_by_label
    )


def _add_named(
    named_by_label: dict[bytes, AddressesAndPorts], label: bytes, address: bytes, ports: PortNumbers
) -> None:
    known = named_by_label.get(label)
    named_by_label[label] = (
        (_merge_sorted(known[0], (address,)), _merge_sorted(known[1], ports))
        if known
        else ((address,), ports)
    )


def _merge_sorted(first: Iterable[Item], second: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(set(first).union(second)))


def endpoint_part(
    zone_number: int, base: bytes, endpoints: ServiceEndpoints, labels: Set[bytes] | None, ttl: int
) -> Subtree:
    """The names of endpoints with these labels (None: all) that have keys, and the list of all others."""
    if labels is not None and not labels:
        return Subtree({})
    named = endpoints.named_by_label
    if labels is not None:
        named = {label: named[label] for label in labels & named.keys()}
    hosts = (
        {base: _endpoint_list(zone_number, endpoints.addresses_by_ports, ttl)}
        if endpoints.addresses_by_ports
        else {}
    )
    return Subtree(endpoint_nodes(zone_number, base, named, ttl), endpoint_lists=hosts)


def _endpoint_list(
    zone_number: int, addresses_by_ports: dict[PortNumbers, list[bytes]], ttl: int
) -> EndpointList:
    made: dict[int, dict[SrvPrefixes, list[bytes]]] = {}
    for family in (4, 16):
        for ports, found in addresses_by_ports.items():
            if own := [address for address in found if len(address) == family]:
                made.setdefault(family, {})[_srv_heads(ports)] = own
    return EndpointList(zone_number, ttl, made)


def endpoint_nodes(
    zone_number: int, base: bytes, named_by_label: dict[bytes, AddressesAndPorts], ttl: int
) -> dict[bytes, AnyNode]:
    """Each endpoint's own: its addresses, and its ports."""
    made: dict[bytes, AnyNode] = {}
    for label, (found, ports) in named_by_label.items():
        name, heads = names.prepend_label(label, base), _srv_heads(ports)
        if len(found) == 1 and len(ports) <= records.MAX_SRV_PREFIXES:
            made[name] = EndpointNode(zone_number, ttl, name, found, heads)
            continue
        own = rrsets.address_rrsets(found, ttl)
        if ports:
            own[records.SRV] = RRset(ttl, tuple([head + name for head in heads]))
        made[name] = Node(zone_number, own)
    return made


@functools.lru_cache(256)
def _srv_heads(ports: PortNumbers) -> SrvPrefixes:
    """RDATA of an endpoint's SRV records before the target."""
    return tuple([head for _, head in rrsets.srv_heads(ports, len(ports))])
