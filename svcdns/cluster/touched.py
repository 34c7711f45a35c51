"""Which parts of the tree a change may alter."""

import itertools
from collections.abc import Iterable, Iterator, Set
from typing import TypeVar

import msgspec
from msgspec import Struct

from svcdns import addresses
from svcdns.cluster import services
from svcdns.cluster.options import Options
from svcdns.kube import store
from svcdns.kube.objects import Change, Key, Pod, ReadySlice, Service
from svcdns.kube.store import Store

T = TypeVar("T")


class Touched(Struct):
    """Parts of the tree that a change may alter."""

    services: set[Key] = msgspec.field(default_factory=set)
    """Their own names, and those of their ports."""
    hosts: dict[Key, set[bytes] | None] = msgspec.field(default_factory=dict)
    """Endpoints of a Service by their labels; None is all of them."""
    addresses: set[bytes] = msgspec.field(default_factory=set)
    above: Set[bytes] = frozenset()
    """Names right above those of addresses, that were there before."""
    pods: set[tuple[str, bytes]] = msgspec.field(default_factory=set)
    namespaces: set[str] = msgspec.field(default_factory=set)
    apex: bool = False

    def add_service(self, key: Key, state: Store) -> None:
        """All of a Service: its names, and the reverse names of its addresses and endpoints."""
        self.hosts[key] = None
        self.services.add(key)
        if service := state.services.get(key):
            self.addresses.update(store.service_addresses(service))
        for endpoints in state.slices_for(key):
            self.addresses.update(state.slices[endpoints].addresses)

    def add_host(self, service: Key, label: bytes) -> None:
        """One endpoint of a Service."""
        known = self.hosts.setdefault(service, set())
        if known is not None:
            known.add(label)


def everything(state: Store) -> Iterator[Touched]:
    """The whole tree in small parts."""
    yield Touched(apex=True, namespaces=state.all_namespaces())
    for keys in _parts(state.services):
        part = Touched()
        for key in keys:
            part.add_service(key, state)
        yield part
    for pods in _parts(state.pods_at):
        yield Touched(pods=set(pods))


def _parts(items: Iterable[T], size: int = 128) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part


def touch(touched: Touched, change: Change, state: Store, options: Options) -> None:
    """Add what the change touches; to be called before the store takes it."""
    if change.kind == "ServiceCIDR":
        return  # it decides on zones, see `reverse`
    old, new = state.objects(change.kind).get(change.key), change.object
    if old is None or new is None:
        touched.namespaces.add(change.key[0] or change.key[1])
    for obj in (old, new):
        if isinstance(obj, Service):
            touched.addresses.update(store.service_addresses(obj))
        elif isinstance(obj, Pod):
            touched.pods.update((change.key[0], address) for address in store.pod_addresses(obj))
    if change.kind == "Service":
        touched.services.add(change.key)
        touched.apex |= change.key == options.dns_service
        if not (isinstance(old, Service) and isinstance(new, Service) and _same_owner(old, new)):
            touched.add_service(change.key, state)
    elif change.kind == "EndpointSlice":
        _touch_slice(touched, old, new, state, options)
    elif change.kind == "Namespace":
        _touch_namespace(touched, change.key[1], state)


def _same_owner(old: Service, new: Service) -> bool:
    """The change leaves alone whether its endpoints have names."""
    return (old.spec.type == "ExternalName") == (new.spec.type == "ExternalName") and (
        old.metadata.labels == new.metadata.labels
    )


def _touch_slice(touched: Touched, old: object, new: object, state: Store, options: Options) -> None:
    """Each endpoint that is not the same in both, and what follows them of their Service."""
    for service, _, label, address in _endpoints(old) ^ _endpoints(new):
        if services.follow_endpoints(state.services.get(service), options):
            touched.services.add(service)
        touched.add_host(service, label or addresses.label(address))
        touched.addresses.add(address)


def _endpoints(obj: object) -> set[tuple[Key, object, bytes | None, bytes]]:
    """With what else makes their answers; a label as the slice has it."""
    if not isinstance(obj, ReadySlice) or obj.service is None:
        return set()
    labels = obj.labels or itertools.repeat(None)
    own = zip(itertools.repeat(obj.service), itertools.repeat(obj.ports), labels, obj.addresses, strict=False)
    return set(own)


def _touch_namespace(touched: Touched, namespace: str, state: Store) -> None:
    """Its labels may decide what is exposed: everything in it."""
    touched.namespaces.add(namespace)
    for key in state.services:
        if key[0] == namespace:
            touched.add_service(key, state)
    touched.pods.update(owner for owner in state.pods_at if owner[0] == namespace)
