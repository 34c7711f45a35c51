"""The endpoints of a Service, and the names that each has of its own (specification 2.4).

    ReadySlice ... -> ServiceEndpoints -> nodes of endpoints with keys, and one list of all others

What each endpoint owns beside its addresses is decided in `_shared_records` alone. The table stores
records of any type there (`dns.table.subtree.SharedRecord`).
"""

import functools
import itertools
from collections.abc import Collection, Iterable, Set
from typing import NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from svcdns import addresses
from svcdns.cluster import memo, rrsets
from svcdns.dns.table import rrset_encoding
from svcdns.dns.table.subtree import (
    MAX_SHARED_RECORDS,
    AnyNode,
    EndpointList,
    EndpointNode,
    Node,
    SharedRecord,
    SharedRecords,
    Subtree,
    shared_rrsets,
)
from svcdns.dns.wire import names, records
from svcdns.kube.objects import ReadySlice

Item = TypeVar("Item", int, bytes)

PortNumbers: TypeAlias = tuple[int, ...]
"""The ports of an endpoint, each once, in order."""


class EndpointKind(NamedTuple):
    """What decides which records an endpoint owns beside its addresses."""

    ports: PortNumbers
    is_headless: bool
    """Whether its Service is headless."""


AddressesAndPorts: TypeAlias = tuple[tuple[bytes, ...], PortNumbers]
"""An endpoint: its addresses (each once, in order), and its ports."""

ServiceSlices: TypeAlias = tuple[ReadySlice, ...]
"""The slices of one Service."""


class ServiceEndpoints(Struct, frozen=True, eq=False):
    """The ready endpoints of a Service. What is remembered (`memo`) is the same object, so it has no `==`."""

    addresses_by_ports: dict[PortNumbers, list[bytes]]
    """Addresses in order, by their ports: endpoints whose names spell the address need no keys
    (`dns.table.synthesized`)."""
    named_by_label: dict[bytes, AddressesAndPorts]
    """All other endpoints, by the first label of their names."""
    is_headless: bool
    """Whether the Service is headless."""

    @property
    def label_count(self) -> int:
        """The number of endpoints that have names of their own."""
        return sum(map(len, self.addresses_by_ports.values())) + len(self.named_by_label)

    def collect_addresses(self) -> Collection[bytes]:
        """The addresses of all endpoints, each once."""
        named_addresses = [own_addresses for own_addresses, _ in self.named_by_label.values()]
        return dict.fromkeys(itertools.chain(*self.addresses_by_ports.values(), *named_addresses))

    def map_labels(self) -> dict[bytes, tuple[bytes, ...]]:
        """The addresses of all endpoints by the first labels of their names."""
        addresses_by_label: dict[bytes, tuple[bytes, ...]] = {
            addresses.to_label(address): (address,)
            for address in itertools.chain(*self.addresses_by_ports.values())
        }
        return addresses_by_label | self.map_named_labels()

    def map_named_labels(self) -> dict[bytes, tuple[bytes, ...]]:
        """The same of the endpoints that have keys."""
        return {label: own_addresses for label, (own_addresses, _) in self.named_by_label.items()}


def merge_slices(slices: ServiceSlices, is_headless: bool) -> ServiceEndpoints:
    """The endpoints of all slices of a Service, which is headless or not."""
    address_count = sum([len(ready_slice.addresses) for ready_slice in slices])

    # Only where it costs much: what is remembered for small Services would push out the large ones.
    if address_count > rrset_encoding.MAX_INLINE_RECORDS:
        return _merge_slices_remembered(slices[0].service_key)(slices, is_headless)
    return _merge_slices(slices, is_headless)


def _merge_slices(slices: ServiceSlices, is_headless: bool) -> ServiceEndpoints:
    ports_by_address: dict[bytes, PortNumbers] = {}
    named_by_label: dict[bytes, AddressesAndPorts] = {}
    all_ports: set[int] = set()

    for ready_slice in slices:
        ports = _merge_sorted((), [port.number for port in ready_slice.ports or () if port.number])
        all_ports.update(ports)

        slice_ports = dict.fromkeys(ready_slice.addresses, ports)
        if ready_slice.labels:
            labels_and_addresses = list(zip(ready_slice.labels, ready_slice.addresses, strict=True))
            slice_ports = {address: ports for label, address in labels_and_addresses if label is None}
            for label, address in labels_and_addresses:
                if label is not None:
                    _add_named(named_by_label, label, address, ports)

        # An endpoint may be in two slices: with other ports, or while it moves.
        for address in ports_by_address.keys() & slice_ports.keys():
            slice_ports[address] = _merge_sorted(ports_by_address[address], ports)
        ports_by_address |= slice_ports

    # The usual Service has neither hostnames nor many ports, and this loop has nothing to find.
    if named_by_label or not _fits_list(EndpointKind(tuple(sorted(all_ports)), is_headless)):
        for address, ports in list(ports_by_address.items()):
            label = addresses.to_label(address)
            if label in named_by_label or not _fits_list(EndpointKind(ports, is_headless)):
                _add_named(named_by_label, label, address, ports_by_address.pop(address))

    return ServiceEndpoints(_group_by_ports(ports_by_address), named_by_label, is_headless)


_merge_slices_remembered = memo.remember_last_per_service(_merge_slices)


def _fits_list(kind: EndpointKind) -> bool:
    return len(_shared_records(kind)) <= MAX_SHARED_RECORDS


def _group_by_ports(ports_by_address: dict[bytes, PortNumbers]) -> dict[PortNumbers, list[bytes]]:
    # Mostly there is one set of ports, and the addresses need no loop.
    port_sets = dict.fromkeys(ports_by_address.values())
    if len(port_sets) == 1:
        return dict.fromkeys(port_sets, sorted(ports_by_address))

    grouped: dict[PortNumbers, list[bytes]] = {ports: [] for ports in port_sets}
    for address in sorted(ports_by_address):
        grouped[ports_by_address[address]].append(address)

    return grouped


def _add_named(
    named_by_label: dict[bytes, AddressesAndPorts], label: bytes, address: bytes, ports: PortNumbers
) -> None:
    """Add an address to the endpoint of a label; endpoints that share a hostname are one name."""
    if label not in named_by_label:
        named_by_label[label] = ((address,), ports)
        return

    label_addresses, label_ports = named_by_label[label]
    named_by_label[label] = (_merge_sorted(label_addresses, (address,)), _merge_sorted(label_ports, ports))


def _merge_sorted(first: Iterable[Item], second: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(set(first).union(second)))


def endpoint_part(
    zone_number: int, base: bytes, endpoints: ServiceEndpoints, labels: Set[bytes] | None, ttl: int
) -> Subtree:
    """The names of endpoints with these labels (None: all) that have keys, and the list of all others.

    The list is made whole, whichever label has changed: it is one value of the table.
    """
    if labels is not None and not labels:
        return Subtree({})

    named_by_label = endpoints.named_by_label
    if labels is not None:
        named_by_label = {label: named_by_label[label] for label in labels & named_by_label.keys()}

    endpoint_lists = {}
    if endpoints.addresses_by_ports:
        endpoint_lists[base] = _endpoint_list(zone_number, endpoints, ttl)

    nodes = _endpoint_nodes(zone_number, base, named_by_label, endpoints.is_headless, ttl)
    return Subtree(nodes, endpoint_lists=endpoint_lists)


def _endpoint_list(zone_number: int, endpoints: ServiceEndpoints, ttl: int) -> EndpointList:
    # One value of the table for each family: its entries have one size, so that they can be bisected.
    addresses_by_size: dict[int, dict[SharedRecords, list[bytes]]] = {}
    for size in (4, 16):
        for ports, packed_addresses in endpoints.addresses_by_ports.items():
            shared_records = _shared_records(EndpointKind(ports, endpoints.is_headless))
            family_addresses = [address for address in packed_addresses if len(address) == size]
            if family_addresses:
                addresses_by_size.setdefault(size, {})[shared_records] = family_addresses

    return EndpointList(zone_number, ttl, addresses_by_size)


def _endpoint_nodes(
    zone_number: int,
    base: bytes,
    named_by_label: dict[bytes, AddressesAndPorts],
    is_headless: bool,
    ttl: int,
) -> dict[bytes, AnyNode]:
    """The node of each endpoint: its addresses, and its ports."""
    nodes: dict[bytes, AnyNode] = {}
    room = names.MAX_NAME_LENGTH - len(base)
    for label, (own_addresses, ports) in named_by_label.items():
        # An endpoint whose name would be too long has none.
        if len(label) >= room:
            continue
        name = names.prepend_label(label, base)
        shared_records = _shared_records(EndpointKind(ports, is_headless))

        if len(own_addresses) == 1:
            node = EndpointNode(zone_number, ttl, name, own_addresses, shared_records)
            fits_template = len(shared_records) <= MAX_SHARED_RECORDS
            nodes[name] = node if fits_template else Node(zone_number, node.rrsets)
        else:
            # Several endpoints with one hostname: their name has all their addresses.
            rrsets_by_type = rrsets.address_rrsets(own_addresses, ttl)
            nodes[name] = Node(zone_number, rrsets_by_type | shared_rrsets(name, shared_records, ttl))

    return nodes


@functools.lru_cache(256)  # sets of ports: many Services share one
def _shared_records(kind: EndpointKind) -> SharedRecords:
    """What an endpoint of this kind owns beside its addresses: a type more is added here."""
    srv_heads = rrsets.srv_heads(kind.ports, len(kind.ports))
    return tuple([SharedRecord(records.SRV, head, has_target=True) for _, head in srv_heads])


def slice_warning(ready_slice: ReadySlice) -> str | None:
    """What of a slice is left out because no record can have it, for the log."""
    # A port without a number stands for every port, and 0 is one.
    numbers = [port.port for port in ready_slice.ports or () if port.port and port.number is None]
    reasons = [*ready_slice.dropped]
    if numbers:
        reasons.append(f"ports {', '.join(map(str, numbers))} are left out: a port is 1 to 65535")

    return "; ".join(reasons) or None
