"""The reverse names of addresses: whose they are (specification 2.3 and 2.4, PTR)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from svcdns.cluster.options import Options, exposed_service, reverse_numbers
from svcdns.dns import names, records
from svcdns.dns.records import Node, Owner, Pointer, RRset
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Key
from svcdns.kube.store import Store


class Pointers:
    """Makes the reverse names of many addresses, and remembers meanwhile what these share."""

    def __init__(self, state: Store, options: Options) -> None:
        self._state = state
        self._options = options
        self._zones = reverse_numbers(options)
        self._bases: dict[Key, bytes | None] = {}
        self._labels: dict[Key, dict[bytes, list[bytes]]] = {}
        """Of each slice, the labels of its endpoints by their address."""

    def names(self, addresses: Iterable[bytes]) -> dict[bytes, Owner]:
        """Their names in the first zone: the Services of a cluster IP, else all endpoints that have it."""
        made: dict[bytes, Owner] = {}
        for address in addresses:
            name = names.from_address(address)
            number = self._zone(name)
            if number is None:
                continue
            targets = self._services(address) or self._endpoints(address)
            if targets:
                made[name] = _owner(number, self._options.ttl, targets)
        return made

    def _services(self, address: bytes) -> set[bytes]:
        return {base for key in self._state.services_at.get(address) if (base := self._base(key))}

    def _endpoints(self, address: bytes) -> set[bytes]:
        return set() if self._options.no_endpoints else set(self._endpoint_names(address))

    def _endpoint_names(self, address: bytes) -> Iterator[bytes]:
        for key in self._state.slices_at.get(address):
            owner = self._state.slices[key].service
            base = owner and self._base(owner)
            if owner and base and self._state.services[owner].spec.type != "ExternalName":
                for label in self._labels_at(key).get(address, ()):
                    with suppress(DomainNameError):
                        yield names.child(label, base)

    def _labels_at(self, key: Key) -> dict[bytes, list[bytes]]:
        found = self._labels.get(key)
        if found is None:
            found = self._labels[key] = {}
            for label, address in self._state.hosts(key):
                found.setdefault(address, []).append(label)
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
        """The number of the reverse zone with the longest suffix of the name."""
        at = 0
        while length := name[at]:
            number = self._zones.get(name[at:])
            if number is not None:
                return number
            at += length + 1
        return None


def _owner(zone: int, ttl: int, targets: set[bytes]) -> Owner:
    if len(targets) == 1:
        (target,) = targets
        return Pointer(zone, ttl, target)
    return Node(zone, {records.PTR: RRset(ttl, tuple(sorted(targets)))})
