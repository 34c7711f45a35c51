"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable, Iterator, Set
from contextlib import suppress

from svcdns.cluster.options import (
    ClusterOptions,
    find_exposed_service,
    reverse_zone_numbers,
    service_base_name,
)
from svcdns.dns.table.subtree import AnyNode, Node, PointerNode, Subtree
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset
from svcdns.errors import DomainNameError
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

_OCTETS = [bytes((octet,)) for octet in range(256)]


class PtrBuilder:
    """Builds the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, store: Store, options: ClusterOptions) -> None:
        self._store = store
        self._options = options
        self._zones = reverse_zone_numbers(options)
        # Longest first: the closest zone decides.
        self._zone_lengths = sorted(set(map(len, self._zones)), reverse=True)
        self._service_names: dict[Key, bytes | None] = {}
        """BASE by the key of a Service; None where it has no name."""
        self._slice_service_names: dict[Key, bytes] = {}
        """BASE by the key of a slice; empty where the slice's endpoints have no names."""

    def build_part(self, addresses: Iterable[bytes], previous_parents: Set[bytes]) -> Subtree:
        """The reverse names of these addresses, and the names right above them.

        Of `previous_parents`, which existed before, the part has those that still have a name below
        them. Nothing lies below the name of an address. A zone's own name is in the table with the zone.
        """
        nodes: dict[bytes, AnyNode] = {}
        nameless_by_parent: dict[bytes, bytes] = {}

        for address in addresses:
            name = names.reverse_name(address)
            targets = self._find_targets(address)
            zone_number = self._find_zone_number(name) if targets else None

            # Nearly every address has one name, and a node for that is small and quick to encode.
            if zone_number is None:
                nameless_by_parent[names.parent(name)] = address
            elif len(targets) == 1:
                nodes[name] = PointerNode(zone_number, self._options.ttl, targets[0])
            else:
                rrset = RRset(self._options.ttl, tuple(sorted(set(targets))))
                nodes[name] = Node(zone_number, {records.PTR: rrset})

        # A name above exists with one below it. Only where none was built here, the store is searched.
        parents = {names.parent(name) for name in nodes}
        for parent in previous_parents & nameless_by_parent.keys() - parents:
            if any(map(self._has_ptr, self._sibling_addresses(nameless_by_parent[parent]))):
                parents.add(parent)

        return Subtree(nodes, empty_non_terminals=parents - self._zones.keys())

    def _sibling_addresses(self, address: bytes) -> Iterator[bytes]:
        """The addresses that some object has and whose names differ from this one's in the first label."""
        # The first label is the last octet of IPv4, and the last 4 bits of IPv6.
        first = address[-1] & 0xF0
        octets = _OCTETS if len(address) == 4 else _OCTETS[first : first + 16]

        # Endpoints first: there are more of them, so a sibling is found sooner.
        for index in (self._store.slices_by_address, self._store.services_by_address):
            yield from index.filter_indexed(map(address[:-1].__add__, octets))

    def _has_ptr(self, address: bytes) -> bool:
        if not self._find_targets(address):
            return False

        return self._find_zone_number(names.reverse_name(address)) is not None

    def _find_targets(self, address: bytes) -> list[bytes]:
        """The targets of its PTR records: the Services of a cluster IP, else all endpoints that have it."""
        # A cluster IP that is also an endpoint's address is the Service's: that is what its users see.
        service_keys = self._store.services_by_address.find_owners(address)
        service_names = [base for key in service_keys if (base := self._service_name(key))]
        if service_names:
            return service_names

        endpoint_names: list[bytes] = []
        for slice_key in self._store.slices_by_address.find_owners(address):
            base = self._slice_service_names.get(slice_key)
            if base is None:
                base = self._slice_service_names[slice_key] = self._slice_service_name(slice_key) or b""
            if base:
                # A label that makes the name too long has no name, and so no reverse name.
                room = names.MAX_NAME_LENGTH - len(base)
                labels = ready_endpoints.endpoint_labels_at(self._store.slices[slice_key], address)
                endpoint_names += [names.prepend_label(label, base) for label in labels if len(label) < room]

        return endpoint_names

    def _slice_service_name(self, slice_key: Key) -> bytes | None:
        """BASE of a slice's Service, None where the slice's endpoints have no names."""
        service_key = self._store.slices[slice_key].service_key
        if service_key is None or self._options.no_endpoints:
            return None

        base = self._service_name(service_key)
        if base is None or self._store.services[service_key].spec.type == "ExternalName":
            return None
        return base

    def _service_name(self, key: Key) -> bytes | None:
        """BASE of a Service, None where it has no name."""
        if key in self._service_names:
            return self._service_names[key]

        base = None
        if find_exposed_service(key, self._store, self._options):
            with suppress(DomainNameError):
                base = service_base_name(key, self._options.zones[0])
        self._service_names[key] = base
        return base

    def _find_zone_number(self, name: bytes) -> int | None:
        """The number of the closest reverse zone that the name of an address is in."""
        # The end of the name is a zone's name only at a label: the zone's first byte is a length, and no
        # label of such a name holds a byte that looks like one (they are digits, or hexadecimal).
        for length in self._zone_lengths:
            zone_number = self._zones.get(name[-length:])
            if zone_number is not None:
                return zone_number

        return None
