"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from typing import NamedTuple

from svcdns.cluster.options import Options, exposed_service, reverse_numbers
from svcdns.dns import names, records
from svcdns.dns.records import Node, Owner, Part, Pointer, RRset
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Key
from svcdns.kube.store import Store

_OCTETS = [bytes((octet,)) for octet in range(256)]


class _Hosts(NamedTuple):
    """The endpoints of a slice: the name of their Service, if it has one, and their labels by address."""

    base: bytes | None
    labels: dict[bytes, list[bytes]]


class Pointers:
    """Makes the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, state: Store, options: Options) -> None:
        self._state = state
        self._options = options
        self._zones = reverse_numbers(options)
        self._lengths = sorted(set(map(len, self._zones)), reverse=True)
        self._bases: dict[Key, bytes | None] = {}
        self._hosts: dict[Key, _Hosts] = {}

    def part(self, addresses: Iterable[bytes]) -> Part:
        """Their names, and those right above them, below which an address has a name.

        Nothing lies below the name of an address. A zone's own name is in the table with the zone.
        """
        made: dict[bytes, Owner] = {}
        nameless = set()
        for address in addresses:
            name = names.from_address(address)
            owner = self._owner(name, address)
            if owner is None:
                nameless.add(address)
            else:
                made[name] = owner
        above = {names.parent(name) for name in made}
        above |= self._networks(nameless, above)
        return Part(made, above=above - self._zones.keys())

    def _owner(self, name: bytes, address: bytes) -> Owner | None:
        """What the name of an address has: the Services of a cluster IP, else all endpoints that have it."""
        targets = self._services(address) or self._endpoints(address)
        number = self._zone(name) if targets else None
        if number is None:
            return None
        if len(targets) == 1:
            return Pointer(number, self._options.ttl, targets[0])
        return Node(number, {records.PTR: RRset(self._options.ttl, tuple(sorted(set(targets))))})

    def _networks(self, nameless: Iterable[bytes], known: Set[bytes]) -> set[bytes]:
        """The names right above those of these addresses, but the `known`, where a neighbour has a name."""
        networks = {names.parent(names.from_address(address)): address for address in nameless}
        return {
            above
            for above, address in networks.items()
            if above not in known
            and any(self._owner(names.from_address(other), other) for other in self._neighbours(address))
        }

    def _neighbours(self, address: bytes) -> Iterator[bytes]:
        """The addresses that some object has and whose names differ from that of this one in a label."""
        first = address[-1] & 0xF0
        octets = _OCTETS if len(address) == 4 else _OCTETS[first : first + 16]
        for index in (self._state.slices_at, self._state.services_at):  # there are more endpoints
            yield from index.known(map(address[:-1].__add__, octets))

    def _services(self, address: bytes) -> list[bytes]:
        return [base for key in self._state.services_at.get(address) if (base := self._base(key))]

    def _endpoints(self, address: bytes) -> list[bytes]:
        found = []
        for key in self._state.slices_at.get(address):
            hosts = self._hosts.get(key) or self._hosts_of(key)
            if hosts.base:
                found += [
                    names.child(label, hosts.base)
                    for label in hosts.labels[address]
                    if len(label) + len(hosts.base) < names.MAX_NAME
                ]
        return found

    def _hosts_of(self, key: Key) -> _Hosts:
        owner = self._state.slices[key].service
        base = None if owner is None or self._options.no_endpoints else self._base(owner)
        if owner and base and self._state.services[owner].spec.type == "ExternalName":
            base = None
        labels: dict[bytes, list[bytes]] = {}
        for label, address, _ in self._state.hosts(key):
            labels.setdefault(address, []).append(label)
        found = self._hosts[key] = _Hosts(base, labels)
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
