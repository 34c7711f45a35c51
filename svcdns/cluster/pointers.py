"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from typing import TypeAlias

from svcdns.cluster.options import Options, exposed_service, reverse_numbers
from svcdns.dns import names, records
from svcdns.dns.records import Node, Owner, Part, Pointer, RRset
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

_OCTETS = [bytes((octet,)) for octet in range(256)]


_Endpoints: TypeAlias = dict[bytes, list[bytes]]
"""Names of endpoints by their addresses."""


class Pointers:
    """Makes the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, state: Store, options: Options) -> None:
        self._state = state
        self._options = options
        self._zones = reverse_numbers(options)
        self._lengths = sorted(set(map(len, self._zones)), reverse=True)
        self._bases: dict[Key, bytes | None] = {}
        self._endpoints: dict[Key, _Endpoints] = {}

    def part(self, addresses: Iterable[bytes]) -> Part:
        """Their names, and those right above them, below which an address has a name.

        Nothing lies below the name of an address. A zone's own name is in the table with the zone.
        """
        made: dict[bytes, Owner] = {}
        nameless = []
        for address in addresses:
            name, targets = names.from_address(address), self._targets(address)
            number = self._zone(name) if targets else None
            if number is None:
                nameless.append(address)
            elif len(targets) == 1:
                made[name] = Pointer(number, self._options.ttl, targets[0])
            else:
                rrset = RRset(self._options.ttl, tuple(sorted(set(targets))))
                made[name] = Node(number, {records.PTR: rrset})
        above = {name[name[0] + 1 :] for name in made}
        above |= self._networks(nameless, above)
        return Part(made, above=above - self._zones.keys())

    def _networks(self, nameless: Iterable[bytes], known: Set[bytes]) -> set[bytes]:
        """The names right above those of these addresses, but the `known`, where a neighbour has a name."""
        networks = {names.parent(names.from_address(address)): address for address in nameless}
        return {
            above
            for above, address in networks.items()
            if above not in known and any(map(self._is_named, self._neighbours(address)))
        }

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
            endpoints = self._endpoints.get(key)
            if endpoints is None:
                endpoints = self._endpoints[key] = self._endpoints_of(key)
            found += endpoints.get(address, ())
        return found

    def _endpoints_of(self, key: Key) -> _Endpoints:
        """The names of a slice's endpoints, if they have any."""
        owner = self._state.slices[key].service
        base = None if owner is None or self._options.no_endpoints else self._base(owner)
        if owner is None or base is None or self._state.services[owner].spec.type == "ExternalName":
            return {}
        found: _Endpoints = {}
        for label, address, _ in self._state.hosts(key):
            if len(label) + len(base) < names.MAX_NAME:
                found.setdefault(address, []).append(names.child(label, base))
        return found

    def _base(self, key: Key) -> bytes | None:
        """The name of a Service, None where it has none."""
        try:
            return self._bases[key]
        except KeyError:
            base = None
            if exposed_service(key, self._state, self._options):
                with suppress(DomainNameError):
                    base = names.from_texts((key[1], key[0], "svc"), self._options.zones[0])
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
