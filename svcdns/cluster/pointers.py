"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable, Iterator, Set
from contextlib import suppress

from svcdns.cluster.options import Options, base_name, exposed_service, reverse_numbers
from svcdns.dns import names, records
from svcdns.dns.records import Node, Owner, Part, Pointer, RRset
from svcdns.errors import DomainNameError
from svcdns.kube import hosts
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

_OCTETS = [bytes((octet,)) for octet in range(256)]


class Pointers:
    """Makes the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, state: Store, options: Options) -> None:
        self._state = state
        self._options = options
        self._zones = reverse_numbers(options)
        self._lengths = sorted(set(map(len, self._zones)), reverse=True)
        self._bases: dict[Key, bytes | None] = {}
        """The name of a Service."""
        self._owners: dict[Key, bytes] = {}
        """The same of a slice's Service, below which its endpoints have names; empty where they have none."""

    def part(self, addresses: Iterable[bytes], above: Set[bytes]) -> Part:
        """Their names, and those right above them; of `above`, which were there, what still has one below.

        Nothing lies below the name of an address. A zone's own name is in the table with the zone.
        """
        made: dict[bytes, Owner] = {}
        nameless: dict[bytes, bytes] = {}
        for address in addresses:
            name, targets = names.from_address(address), self._targets(address)
            number = self._zone(name) if targets else None
            if number is None:
                nameless[names.parent(name)] = address
            elif len(targets) == 1:
                made[name] = Pointer(number, self._options.ttl, targets[0])
            else:
                rrset = RRset(self._options.ttl, tuple(sorted(set(targets))))
                made[name] = Node(number, {records.PTR: rrset})
        found = {name[name[0] + 1 :] for name in made}
        for name in above & nameless.keys() - found:
            if any(map(self._is_named, self._neighbours(nameless[name]))):
                found.add(name)
        return Part(made, above=found - self._zones.keys())

    def _neighbours(self, address: bytes) -> Iterator[bytes]:
        """The addresses that some object has and whose names differ from that of this one in a label."""
        first = address[-1] & 0xF0
        octets = _OCTETS if len(address) == 4 else _OCTETS[first : first + 16]
        for index in (self._state.slices_at, self._state.services_at):  # there are more endpoints
            yield from index.known(map(address[:-1].__add__, octets))

    def _is_named(self, address: bytes) -> bool:
        return bool(self._targets(address)) and self._zone(names.from_address(address)) is not None

    def _targets(self, address: bytes) -> list[bytes]:
        """What its name leads to: the Services of a cluster IP, else all endpoints that have it."""
        if services := self._state.services_at.get(address):
            found = [base for key in services if (base := self._base(key))]
            if found:
                return found
        found = []
        for key in self._state.slices_at.get(address):
            base = self._owners.get(key)
            if base is None:
                base = self._owners[key] = self._owner(key) or b""
            if base:
                room = names.MAX_NAME - len(base)
                labels = hosts.labels_at(self._state.slices[key], address)
                found += [names.child(label, base) for label in labels if len(label) < room]
        return found

    def _owner(self, key: Key) -> bytes | None:
        """The name of a slice's Service, None where its endpoints have none."""
        owner = self._state.slices[key].service
        if owner is None or self._options.no_endpoints or (base := self._base(owner)) is None:
            return None
        return base if self._state.services[owner].spec.type != "ExternalName" else None

    def _base(self, key: Key) -> bytes | None:
        """The name of a Service, None where it has none."""
        try:
            return self._bases[key]
        except KeyError:
            base = None
            if exposed_service(key, self._state, self._options):
                with suppress(DomainNameError):
                    base = base_name(key, self._options.zones[0])
            self._bases[key] = base
            return base

    def _zone(self, name: bytes) -> int | None:
        """The number of the reverse zone with the longest suffix of the name of an address.

        No label of such a name looks like the length that a zone's name begins with.
        """
        for length in self._lengths:
            number = self._zones.get(name[-length:])
            if number is not None:
                return number
        return None
