"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from svcdns.cluster.options import Options, exposed_service, reverse_numbers
from svcdns.dns import names, records
from svcdns.dns.records import Node, Owner, Pointer, RRset
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Key
from svcdns.kube.store import Store


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

    def names(self, addresses: Iterable[bytes]) -> dict[bytes, Owner]:
        """Their names in the first zone: the Services of a cluster IP, else all endpoints that have it."""
        made: dict[bytes, Owner] = {}
        for address in addresses:
            name = names.from_address(address)
            number = self._zone(name)
            if number is None:
                continue
            targets = self._services(address) or self._endpoints(address)
            if len(targets) == 1:
                made[name] = Pointer(number, self._options.ttl, targets[0])
            elif targets:
                rrset = RRset(self._options.ttl, tuple(sorted(set(targets))))
                made[name] = Node(number, {records.PTR: rrset})
        return made

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
        for label, address in self._state.hosts(key):
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
