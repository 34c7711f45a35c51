"""What the cluster holds, as far as it is known, with the look-ups that answers need.

Place in the flow: source -> changes -> **store** -> records of what was touched. One plain object
in the watcher; nothing in it is a copy of an answer.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from svcdns import addresses
from svcdns.kube.objects import Change, Kept, Key, Kind, Namespace, Pod, ReadySlice, Service, ServiceCIDR

K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Which objects have a thing in common; a thing that one object has alone costs no tuple."""

    __slots__ = ("_owners",)

    def __init__(self) -> None:
        self._owners: dict[K, Key | frozenset[Key]] = {}

    def get(self, thing: K) -> Iterable[Key]:
        """The keys of all objects that have it."""
        owners = self._owners.get(thing)
        if owners is None:
            return ()
        return owners if isinstance(owners, frozenset) else (owners,)

    def __iter__(self) -> Iterator[K]:
        return iter(self._owners)

    def known(self, things: Iterable[K]) -> Iterator[K]:
        """Those of these that some object has."""
        return filter(self._owners.__contains__, things)

    def move(self, owner: Key, before: Collection[K], after: Collection[K]) -> None:
        """The object had these and has those from now on."""
        if before:
            for thing in set(before).difference(after):
                self._discard(thing, owner)
        for thing in set(after).difference(before) if before else after:
            self._add(thing, owner)

    def _add(self, thing: K, owner: Key) -> None:
        """Twice is once."""
        owners = self._owners.setdefault(thing, owner)
        if owners is not owner and owners != owner:
            self._owners[thing] = frozenset((*self.get(thing), owner))

    def _discard(self, thing: K, owner: Key) -> None:
        left = frozenset(self.get(thing)) - {owner}
        if not left:
            self._owners.pop(thing, None)
        else:
            self._owners[thing] = next(iter(left)) if len(left) == 1 else left


class Store:
    """The objects by kind and key, and who has which address."""

    def __init__(self) -> None:
        self.services: dict[Key, Service] = {}
        self.slices: dict[Key, ReadySlice] = {}
        self.namespaces: dict[Key, Namespace] = {}
        self.pods: dict[Key, Pod] = {}
        self.service_cidrs: dict[Key, ServiceCIDR] = {}
        self.slices_of: Index[Key] = Index()
        self.services_at: Index[bytes] = Index()
        self.slices_at: Index[bytes] = Index()
        self.pods_at: Index[tuple[str, bytes]] = Index()
        self._tables: dict[Kind, dict[Key, Any]] = {
            "Service": self.services,
            "EndpointSlice": self.slices,
            "Namespace": self.namespaces,
            "Pod": self.pods,
            "ServiceCIDR": self.service_cidrs,
        }
        self._indexes: dict[Kind, tuple[tuple[Index[Any], Callable[[Any], Collection[Any]]], ...]] = {
            "Service": ((self.services_at, service_addresses),),
            "EndpointSlice": ((self.slices_at, _slice_addresses), (self.slices_of, _slice_owners)),
            "Pod": ((self.pods_at, _pod_owners),),
        }
        """By what the objects of a kind are found."""
        self._population: dict[str, int] = {}

    def objects(self, kind: Kind) -> Mapping[Key, Kept]:
        """What is kept of all objects of a kind."""
        return self._tables[kind]

    def exists(self, namespace: str) -> bool:
        """Its Namespace object or any object in it is known."""
        return ("", namespace) in self.namespaces or namespace in self._population

    def slices_for(self, service: Key) -> list[Key]:
        """The slices that name the Service, in order."""
        return sorted(self.slices_of.get(service))

    def all_namespaces(self) -> set[str]:
        """Every namespace that exists."""
        return {name for _, name in self.namespaces} | self._population.keys()

    def apply(self, change: Change) -> None:
        """Take one change; what was there under the key is gone."""
        key, table, new = change.key, self._tables[change.kind], change.object
        old = table.pop(key, None)
        if new is not None:
            table[key] = new
        for index, things_of in self._indexes.get(change.kind, ()):
            index.move(key, things_of(old) if old else (), things_of(new) if new else ())
        self._count(key[0], (new is not None) - (old is not None))

    def _count(self, namespace: str, more: int) -> None:
        if namespace and more:
            self._population[namespace] = self._population.get(namespace, 0) + more
            if not self._population[namespace]:
                del self._population[namespace]


def service_addresses(service: Service) -> list[bytes]:
    """Its cluster IPs that are addresses."""
    return [p for ip in service.addresses if (p := addresses.packed(ip))]


def _slice_addresses(piece: ReadySlice) -> tuple[bytes, ...]:
    return piece.addresses


def _slice_owners(piece: ReadySlice) -> tuple[Key, ...]:
    return (piece.service,) if piece.service else ()


def _pod_owners(pod: Pod) -> list[tuple[str, bytes]]:
    namespace = pod.metadata.namespace or ""
    return [(namespace, address) for address in pod_addresses(pod)]


_GONE = frozenset(("Succeeded", "Failed", "Unknown"))


def pod_addresses(pod: Pod) -> list[bytes]:
    """The addresses of a Pod that lives: not being deleted, not Succeeded, Failed or Unknown."""
    if pod.metadata.deletion_timestamp or pod.status.phase in _GONE:
        return []
    return [p for ip in pod.addresses if (p := addresses.packed(ip))]
