"""The objects of the cluster that sources have reported, with the look-ups that answers need.

    source -> Change -> Store -> records of what was touched (`svcdns.cluster`)

The watcher has one Store. Nothing in it is a copy of an answer.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Set
from typing import Any, Generic, TypeVar

from svcdns import addresses
from svcdns.kube.objects import (
    Change,
    Key,
    Kind,
    Namespace,
    Pod,
    ReadySlice,
    Service,
    ServiceCIDR,
    StoredObject,
)

K = TypeVar("K", bound=Hashable)

_ENDED_PHASES = frozenset(("Succeeded", "Failed", "Unknown"))
"""Values of a Pod's `status.phase` in which it has no address of its own."""


class Index(Generic[K]):
    """From a value (an address, a Service's key) to the objects that have it."""

    __slots__ = ("_owners",)

    def __init__(self) -> None:
        # Nearly every address has a single owner, and a set for each would cost 216 bytes.
        self._owners: dict[K, Key | frozenset[Key]] = {}

    def find_owners(self, value: K) -> Iterable[Key]:
        """The keys of all objects that have the value."""
        owners = self._owners.get(value)
        if owners is None:
            return ()

        return owners if isinstance(owners, frozenset) else (owners,)

    def __iter__(self) -> Iterator[K]:
        return iter(self._owners)

    def filter_indexed(self, values: Iterable[K]) -> Iterator[K]:
        """Those of the values that at least one object has."""
        return filter(self._owners.__contains__, values)

    def search_values(self, owners: Set[Key]) -> set[K]:
        """The values of these objects; the whole index is searched, and no object is read."""
        return {
            value
            for value, found in self._owners.items()
            if not owners.isdisjoint(found if isinstance(found, frozenset) else (found,))
        }

    def update_owner(self, owner: Key, old_values: Collection[K], new_values: Collection[K]) -> None:
        """Record that the object had `old_values`, and has `new_values` from now on."""
        if old_values:
            for value in set(old_values).difference(new_values):
                self._discard(value, owner)

        # A first listing has no old values; it then needs no set.
        for value in set(new_values).difference(old_values) if old_values else new_values:
            self._add(value, owner)

    def _add(self, value: K, owner: Key) -> None:
        """Add an owner of the value; to add it again changes nothing."""
        owners = self._owners.setdefault(value, owner)

        # `is not` first: it settles the usual case without comparing two tuples.
        if owners is not owner and owners != owner:
            self._owners[value] = frozenset((*self.find_owners(value), owner))

    def _discard(self, value: K, owner: Key) -> None:
        remaining = frozenset(self.find_owners(value)) - {owner}

        if not remaining:
            self._owners.pop(value, None)
        else:
            self._owners[value] = next(iter(remaining)) if len(remaining) == 1 else remaining


class Store:
    """Objects by kind and key, and which of them have an address."""

    def __init__(self) -> None:
        self.services: dict[Key, Service] = {}
        self.slices: dict[Key, ReadySlice] = {}
        self.namespaces: dict[Key, Namespace] = {}
        self.pods: dict[Key, Pod] = {}
        self.service_cidrs: dict[Key, ServiceCIDR] = {}

        self.slices_by_service: Index[Key] = Index()
        self.services_by_address: Index[bytes] = Index()
        self.slices_by_address: Index[bytes] = Index()
        # With the namespace, since a Pod's name contains it: `10-0-0-1.shop.pod.cluster.local`.
        self.pods_by_address: Index[tuple[str, bytes]] = Index()

        self._tables: dict[Kind, dict[Key, Any]] = {
            "Service": self.services,
            "EndpointSlice": self.slices,
            "Namespace": self.namespaces,
            "Pod": self.pods,
            "ServiceCIDR": self.service_cidrs,
        }

        # For each kind: an index, and the function that gives the values of an object in it.
        self._indexes: dict[Kind, tuple[tuple[Index[Any], Callable[[Any], Collection[Any]]], ...]] = {
            "Service": ((self.services_by_address, service_addresses),),
            "EndpointSlice": (
                (self.slices_by_address, _slice_addresses),
                (self.slices_by_service, _slice_services),
            ),
            "Pod": ((self.pods_by_address, _pod_locations),),
        }

        # Objects in each namespace: one without objects and without a Namespace does not exist.
        self._object_counts: dict[str, int] = {}

    def objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """All stored objects of a kind, by key."""
        return self._tables[kind]

    def namespace_exists(self, namespace: str) -> bool:
        """Whether its Namespace object, or any object in it, is stored."""
        return ("", namespace) in self.namespaces or namespace in self._object_counts

    def sorted_slices_of(self, service: Key) -> list[Key]:
        """The keys of the slices that name the Service, in order."""
        return sorted(self.slices_by_service.find_owners(service))

    def all_namespaces(self) -> set[str]:
        """Every namespace that exists, as in `namespace_exists`."""
        return {name for _, name in self.namespaces} | self._object_counts.keys()

    def apply(self, change: Change) -> None:
        """Store the object of a change, in place of the one of its key; or remove that one.

        Whatever an object raises, the store has the one of before, and the same change may be tried again.
        """
        key = change.key
        table = self._tables[change.kind]
        old, new = table.get(key), change.new_object

        # The indexes first: only they can fail, and what is in an index is not added twice.
        updates = [
            (index, values_of(old) if old else (), values_of(new) if new else ())
            for index, values_of in self._indexes.get(change.kind, ())
        ]
        for index, old_values, new_values in updates:
            index.update_owner(key, old_values, new_values)

        # Taken out first, so that a new object stands at the end.
        table.pop(key, None)
        if new is not None:
            table[key] = new

        self._count_object(key[0], (new is not None) - (old is not None))

    def _count_object(self, namespace: str, difference: int) -> None:
        # Objects of cluster-scoped kinds have "" as their namespace, which is none.
        if namespace and difference:
            self._object_counts[namespace] = self._object_counts.get(namespace, 0) + difference
            if not self._object_counts[namespace]:
                del self._object_counts[namespace]


def service_addresses(service: Service) -> list[bytes]:
    """The cluster IPs of a Service, as 4 or 16 bytes; text that is no address is left out."""
    return [address for ip in service.cluster_addresses if (address := addresses.parse_stored(ip))]


def _slice_addresses(ready_slice: ReadySlice) -> tuple[bytes, ...]:
    return ready_slice.addresses


def _slice_services(ready_slice: ReadySlice) -> tuple[Key, ...]:
    return (ready_slice.service_key,) if ready_slice.service_key else ()


def _pod_locations(pod: Pod) -> list[tuple[str, bytes]]:
    namespace = pod.metadata.namespace or ""
    return [(namespace, address) for address in pod_addresses(pod)]


def pod_addresses(pod: Pod) -> list[bytes]:
    """The addresses of a Pod that may serve, as 4 or 16 bytes; none of a deleted or ended one."""
    # The address of an ended Pod may already be another Pod's.
    if pod.metadata.deletion_timestamp or pod.status.phase in _ENDED_PHASES:
        return []

    return [address for ip in pod.pod_addresses if (address := addresses.parse_stored(ip))]
