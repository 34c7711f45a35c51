"""What the cluster holds, as far as it is known, with the look-ups that answers need.

Place in the flow: source -> changes -> **store** -> records of what was touched. One plain object
in the watcher; nothing in it is a copy of an answer.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from svcdns import addresses
from svcdns.kube import hosts
from svcdns.kube.hosts import Host
from svcdns.kube.objects import (
    Change,
    EndpointSlice,
    Key,
    Kind,
    KubeObject,
    Namespace,
    Pod,
    Service,
    ServiceCIDR,
)

_HOSTS_KEPT = 256
"""Slices: those of one large Service, and what is being compiled."""

K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Which objects have a thing in common; a thing that one object has alone costs no tuple."""

    __slots__ = ("_owners",)

    def __init__(self) -> None:
        self._owners: dict[K, Key | frozenset[Key]] = {}

    def get(self, thing: K) -> Iterable[Key]:
        """The keys of all objects that have it."""
        owners = self._owners.get(thing, frozenset())
        return owners if isinstance(owners, frozenset) else (owners,)

    def __iter__(self) -> Iterator[K]:
        return iter(self._owners)

    def known(self, things: Iterable[K]) -> Iterator[K]:
        """Those of these that some object has."""
        return filter(self._owners.__contains__, things)

    def add(self, thing: K, owner: Key) -> None:
        """Note that the object has it; twice is once."""
        owners = self._owners.get(thing)
        if owners is None:
            self._owners[thing] = owner
        elif owners != owner:
            self._owners[thing] = frozenset((*self.get(thing), owner))

    def discard(self, thing: K, owner: Key) -> None:
        """The opposite of `add`."""
        left = frozenset(self.get(thing)) - {owner}
        if not left:
            self._owners.pop(thing, None)
        else:
            self._owners[thing] = next(iter(left)) if len(left) == 1 else left


class Store:
    """The objects by kind and key, and who has which address."""

    def __init__(self, pod_names: bool = False) -> None:
        """`pod_names`: endpoints without a hostname are known by their Pods."""
        self.services: dict[Key, Service] = {}
        self.slices: dict[Key, EndpointSlice] = {}
        self.namespaces: dict[Key, Namespace] = {}
        self.pods: dict[Key, Pod] = {}
        self.service_cidrs: dict[Key, ServiceCIDR] = {}
        self.slices_of: Index[Key] = Index()
        self.services_at: Index[bytes] = Index()
        self.slices_at: Index[bytes] = Index()
        self.pods_at: Index[tuple[str, bytes]] = Index()
        self._population: dict[str, int] = {}
        self._pod_names = pod_names
        self._hosts: dict[int, tuple[EndpointSlice, tuple[Host, ...]]] = {}
        """By the slice's id; the slice itself keeps that from being another's."""

    def objects(self, kind: Kind) -> Mapping[Key, KubeObject]:
        """All objects of a kind."""
        return self._table(kind)

    def _table(self, kind: Kind) -> dict[Key, KubeObject]:
        tables = {
            "Service": self.services,
            "EndpointSlice": self.slices,
            "Namespace": self.namespaces,
            "Pod": self.pods,
            "ServiceCIDR": self.service_cidrs,
        }
        return tables[kind]  # type: ignore[return-value]  # each dict holds its kind alone

    def exists(self, namespace: str) -> bool:
        """Its Namespace object or any object in it is known."""
        return ("", namespace) in self.namespaces or namespace in self._population

    def hosts(self, key: Key) -> tuple[Host, ...]:
        """The ready endpoints of a slice."""
        return self.hosts_in(self.slices[key])

    def hosts_in(self, endpoints: EndpointSlice) -> tuple[Host, ...]:
        """As `hosts`, of a slice that may not be in the store; those of the last ones asked for are kept."""
        kept = self._hosts.get(id(endpoints))
        if kept is not None:
            return kept[1]
        found = tuple(hosts.ready_hosts(endpoints, self._pod_names))
        if len(self._hosts) >= _HOSTS_KEPT:
            del self._hosts[next(iter(self._hosts))]
        self._hosts[id(endpoints)] = endpoints, found
        return found

    def labels(self, key: Key, address: bytes) -> list[bytes]:
        """Those under which a slice has an address."""
        return [label for label, known, _ in self.hosts(key) if known == address]

    def slices_for(self, service: Key) -> list[Key]:
        """The slices that name the Service, in order."""
        return sorted(self.slices_of.get(service))

    def all_namespaces(self) -> set[str]:
        """Every namespace that exists."""
        return {name for _, name in self.namespaces} | self._population.keys()

    def apply(self, change: Change) -> None:
        """Take one change; what was there under the key is gone."""
        key, table, new = change.key, self._table(change.kind), change.object
        old = table.pop(key, None)
        if new is not None:
            table[key] = new
        before, after = self._things(old), self._things(new)
        for index, thing in before - after:
            index.discard(thing, key)
        for index, thing in after - before:
            index.add(thing, key)
        self._count(key[0], (new is not None) - (old is not None))

    def _things(self, obj: KubeObject | None) -> set[tuple[Index[Any], Hashable]]:
        """What it is found by, and in which index."""
        if isinstance(obj, Service):
            return {(self.services_at, address) for address in service_addresses(obj)}
        if isinstance(obj, EndpointSlice):
            found: set[tuple[Index[Any], Hashable]]
            found = {(self.slices_at, address) for address in hosts.ready_addresses(obj)}
            return found | {(self.slices_of, obj.service)} if obj.service else found
        if isinstance(obj, Pod):
            namespace = obj.metadata.namespace or ""
            return {(self.pods_at, (namespace, address)) for address in pod_addresses(obj)}
        return set()

    def _count(self, namespace: str, more: int) -> None:
        if namespace and more:
            self._population[namespace] = self._population.get(namespace, 0) + more
            if not self._population[namespace]:
                del self._population[namespace]


def service_addresses(service: Service) -> list[bytes]:
    """Its cluster IPs that are addresses."""
    return [p for ip in service.addresses if (p := addresses.packed(ip))]


_GONE = frozenset(("Succeeded", "Failed", "Unknown"))


def pod_addresses(pod: Pod) -> list[bytes]:
    """The addresses of a Pod that lives: not being deleted, not Succeeded, Failed or Unknown."""
    if pod.metadata.deletion_timestamp or pod.status.phase in _GONE:
        return []
    return [p for ip in pod.addresses if (p := addresses.packed(ip))]
