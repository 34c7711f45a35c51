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
    """Makes the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, store: Store, options: ClusterOptions) -> None:
        self._store = store
        self._options = options
        self._zones = reverse_zone_numbers(options)
        self._zone_lengths = sorted(set(map(len, self._zones)), reverse=True)
        self._service_names: dict[Key, bytes | None] = {}
        """The name of a Service."""
        self._slice_service_names: dict[Key, bytes] = {}
        """The same of a slice's Service, below which its endpoints have names; empty where they have none."""

    def build_part(self, addresses: Iterable[bytes], previous_parents: Set[bytes]) -> Subtree:
        """Their names, and those right above them; of `above`, which were there, what still has one below.

        Nothing lies below the name of an address. A zone's own name is in the table with the zone.
        """
        made: dict[bytes, AnyNode] = {}
        nameless: dict[bytes, bytes] = {}
        for address in addresses:
            name, targets = names.reverse_name(address), self._find_targets(address)
            number = self._find_zone_number(name) if targets else None
            if number is None:
                nameless[names.parent(name)] = address
            elif len(targets) == 1:
                made[name] = PointerNode(number, self._options.ttl, targets[0])
            else:
                rrset = RRset(self._options.ttl, tuple(sorted(set(targets))))
                made[name] = Node(number, {records.PTR: rrset})
        found = {name[name[0] + 1 :] for name in made}
        for name in previous_parents & nameless.keys() - found:
            if any(map(self._has_ptr, self._sibling_addresses(nameless[name]))):
                found.add(name)
        return Subtree(made, empty_non_terminals=found - self._zones.keys())

    def _sibling_addresses(self, address: bytes) -> Iterator[bytes]:
        """The addresses that some object has and whose names differ from that of this one in a label."""
        first = address[-1] & 0xF0
        octets = _OCTETS if len(address) == 4 else _OCTETS[first : first + 16]
        for index in (
            self._store.slices_by_address,
            self._store.services_by_address,
        ):  # there are more endpoints
            yield from index.filter_indexed(map(address[:-1].__add__, octets))

    def _has_ptr(self, address: bytes) -> bool:
        return (
            bool(self._find_targets(address))
            and self._find_zone_number(names.reverse_name(address)) is not None
        )

    def _find_targets(self, address: bytes) -> list[bytes]:
        """What its name leads to: the Services of a cluster IP, else all endpoints that have it."""
        if services := self._store.services_by_address.find_owners(address):
            found = [base for key in services if (base := self._service_name(key))]
            if found:
                return found
        found = []
        for key in self._store.slices_by_address.find_owners(address):
            base = self._slice_service_names.get(key)
            if base is None:
                base = self._slice_service_names[key] = self._slice_service_name(key) or b""
            if base:
                room = names.MAX_NAME_LENGTH - len(base)
                labels = ready_endpoints.endpoint_labels_at(self._store.slices[key], address)
                found += [names.prepend_label(label, base) for label in labels if len(label) < room]
        return found

    def _slice_service_name(self, key: Key) -> bytes | None:
        """The name of a slice's Service, None where its endpoints have none."""
        owner = self._store.slices[key].service_key
        if owner is None or self._options.no_endpoints or (base := self._service_name(owner)) is None:
            return None
        return base if self._store.services[owner].spec.type != "ExternalName" else None

    def _service_name(self, key: Key) -> bytes | None:
        """The name of a Service, None where it has none."""
        try:
            return self._service_names[key]
        except KeyError:
            base = None
            if find_exposed_service(key, self._store, self._options):
                with suppress(DomainNameError):
                    base = service_base_name(key, self._options.zones[0])
            self._service_names[key] = base
            return base

    def _find_zone_number(self, name: bytes) -> int | None:
        """The number of the reverse zone with the longest suffix of the name of an address.

        No label of such a name looks like the length that a zone's name begins with.
        """
        for length in self._zone_lengths:
            number = self._zones.get(name[-length:])
            if number is not None:
                return number
        return None
