"""What the cluster holds, as far as it is known, with the look-ups that answers need.

Place in the flow: source -> changes -> **store** -> records of what was touched. One plain object
in the watcher; nothing in it is a copy of an answer.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

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
    key_of,
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
        self._hosts: OrderedDict[Key, tuple[Host, ...]] = OrderedDict()

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
        """The ready endpoints of a slice; those of the last slices asked for are kept."""
        found = self._hosts.get(key)
        if found is None:
            found = self._hosts[key] = self.hosts_in(self.slices[key])
            if len(self._hosts) > _HOSTS_KEPT:
                self._hosts.popitem(last=False)
        return found

    def hosts_in(self, endpoints: EndpointSlice) -> tuple[Host, ...]:
        """As `hosts`, of a slice that is not (yet) in the store."""
        return tuple(hosts.ready_hosts(endpoints, self._pod_names))

    def slices_for(self, service: Key) -> list[Key]:
        """The slices that name the Service, in order."""
        return sorted(self.slices_of.get(service))

    def all_namespaces(self) -> set[str]:
        """Every namespace that exists."""
        return {name for _, name in self.namespaces} | self._population.keys()

    def apply(self, change: Change) -> None:
        """Take one change; what was there under the key is gone."""
        table = self._table(change.kind)
        old = table.pop(change.key, None)
        self._hosts.pop(change.key, None)
        if old is not None:
            self._unindex(old)
        if change.object is not None:
            table[change.key] = change.object
            self._index(change.object)

    def _index(self, obj: KubeObject) -> None:
        key = key_of(obj)
        if key[0]:
            self._population[key[0]] = self._population.get(key[0], 0) + 1
        if isinstance(obj, Service):
            for address in service_addresses(obj):
                self.services_at.add(address, key)
        elif isinstance(obj, EndpointSlice):
            if obj.service:
                self.slices_of.add(obj.service, key)
            for address in hosts.ready_addresses(obj):
                self.slices_at.add(address, key)
        elif isinstance(obj, Pod):
            for address in pod_addresses(obj):
                self.pods_at.add((key[0], address), key)

    def _unindex(self, obj: KubeObject) -> None:
        key = key_of(obj)
        if key[0]:
            self._population[key[0]] -= 1
            if not self._population[key[0]]:
                del self._population[key[0]]
        if isinstance(obj, Service):
            for address in service_addresses(obj):
                self.services_at.discard(address, key)
        elif isinstance(obj, EndpointSlice):
            if obj.service:
                self.slices_of.discard(obj.service, key)
            for address in hosts.ready_addresses(obj):
                self.slices_at.discard(address, key)
        elif isinstance(obj, Pod):
            for address in pod_addresses(obj):
                self.pods_at.discard((key[0], address), key)


def service_addresses(service: Service) -> list[bytes]:
    """Its cluster IPs that are addresses."""
    return [p for ip in service.addresses if (p := addresses.packed(ip))]


_GONE = frozenset(("Succeeded", "Failed", "Unknown"))


def pod_addresses(pod: Pod) -> list[bytes]:
    """The addresses of a Pod that lives: not being deleted, not Succeeded, Failed or Unknown."""
    if pod.metadata.deletion_timestamp or pod.status.phase in _GONE:
        return []
    return [p for ip in pod.addresses if (p := addresses.packed(ip))]
