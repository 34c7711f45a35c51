"""What the cluster holds, as far as it is known, with the look-ups that answers need.

Place in the flow: source -> changes -> **store** -> records of what was touched. One plain object
in the watcher; nothing in it is a copy of an answer.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
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


class Index(Generic[K]):
    """Which objects have a thing in common; a thing that one object has alone costs no tuple."""

    __slots__ = ("_owners",)

    def __init__(self) -> None:
        self._owners: dict[K, Key | frozenset[Key]] = {}

    def find_owners(self, value: K) -> Iterable[Key]:
        """The keys of all objects that have it."""
        owners = self._owners.get(value)
        if owners is None:
            return ()
        return owners if isinstance(owners, frozenset) else (owners,)

    def __iter__(self) -> Iterator[K]:
        return iter(self._owners)

    def filter_indexed(self, values: Iterable[K]) -> Iterator[K]:
        """Those of these that some object has."""
        return filter(self._owners.__contains__, values)

    def update_owner(self, owner: Key, old_values: Collection[K], new_values: Collection[K]) -> None:
        """The object had these and has those from now on."""
        if old_values:
            for thing in set(old_values).difference(new_values):
                self._discard(thing, owner)
        for thing in set(new_values).difference(old_values) if old_values else new_values:
            self._add(thing, owner)

    def _add(self, value: K, owner: Key) -> None:
        """Twice is once."""
        owners = self._owners.setdefault(value, owner)
        if owners is not owner and owners != owner:
            self._owners[value] = frozenset((*self.find_owners(value), owner))

    def _discard(self, value: K, owner: Key) -> None:
        left = frozenset(self.find_owners(value)) - {owner}
        if not left:
            self._owners.pop(value, None)
        else:
            self._owners[value] = next(iter(left)) if len(left) == 1 else left


class Store:
    """The objects by kind and key, and who has which address."""

    def __init__(self) -> None:
        self.services: dict[Key, Service] = {}
        self.slices: dict[Key, ReadySlice] = {}
        self.namespaces: dict[Key, Namespace] = {}
        self.pods: dict[Key, Pod] = {}
        self.service_cidrs: dict[Key, ServiceCIDR] = {}
        self.slices_by_service: Index[Key] = Index()
        self.services_by_address: Index[bytes] = Index()
        self.slices_by_address: Index[bytes] = Index()
        self.pods_by_address: Index[tuple[str, bytes]] = Index()
        self._tables: dict[Kind, dict[Key, Any]] = {
            "Service": self.services,
            "EndpointSlice": self.slices,
            "Namespace": self.namespaces,
            "Pod": self.pods,
            "ServiceCIDR": self.service_cidrs,
        }
        self._indexes: dict[Kind, tuple[tuple[Index[Any], Callable[[Any], Collection[Any]]], ...]] = {
            "Service": ((self.services_by_address, service_addresses),),
            "EndpointSlice": (
                (self.slices_by_address, _slice_addresses),
                (self.slices_by_service, _slice_services),
            ),
            "Pod": ((self.pods_by_address, _pod_locations),),
        }
        """By what the objects of a kind are found."""
        self._object_counts: dict[str, int] = {}

    def objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """What is kept of all objects of a kind."""
        return self._tables[kind]

    def namespace_exists(self, namespace: str) -> bool:
        """Its Namespace object or any object in it is known."""
        return ("", namespace) in self.namespaces or namespace in self._object_counts

    def sorted_slices_of(self, service: Key) -> list[Key]:
        """The slices that name the Service, in order."""
        return sorted(self.slices_by_service.find_owners(service))

    def all_namespaces(self) -> set[str]:
        """Every namespace that exists."""
        return {name for _, name in self.namespaces} | self._object_counts.keys()

    def apply(self, change: Change) -> None:
        """Take one change; what was there under the key is gone."""
        key, table, new = change.key, self._tables[change.kind], change.new_object
        old = table.pop(key, None)
        if new is not None:
            table[key] = new
        for index, things_of in self._indexes.get(change.kind, ()):
            index.update_owner(key, things_of(old) if old else (), things_of(new) if new else ())
        self._count_object(key[0], (new is not None) - (old is not None))

    def _count_object(self, namespace: str, difference: int) -> None:
        if namespace and difference:
            self._object_counts[namespace] = self._object_counts.get(namespace, 0) + difference
            if not self._object_counts[namespace]:
                del self._object_counts[namespace]


def service_addresses(service: Service) -> list[bytes]:
    """Its cluster IPs that are addresses."""
    return [p for ip in service.cluster_addresses if (p := addresses.parse(ip))]


def _slice_addresses(ready_slice: ReadySlice) -> tuple[bytes, ...]:
    return ready_slice.addresses


def _slice_services(ready_slice: ReadySlice) -> tuple[Key, ...]:
    return (ready_slice.service_key,) if ready_slice.service_key else ()


def _pod_locations(pod: Pod) -> list[tuple[str, bytes]]:
    namespace = pod.metadata.namespace or ""
    return [(namespace, address) for address in pod_addresses(pod)]


_ENDED_PHASES = frozenset(("Succeeded", "Failed", "Unknown"))


def pod_addresses(pod: Pod) -> list[bytes]:
    """The addresses of a Pod that lives: not being deleted, not Succeeded, Failed or Unknown."""
    if pod.metadata.deletion_timestamp or pod.status.phase in _ENDED_PHASES:
        return []
    return [p for ip in pod.pod_addresses if (p := addresses.parse(ip))]
