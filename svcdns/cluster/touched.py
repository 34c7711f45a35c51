"""Which parts of the tree a change may alter."""

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct

from svcdns.cluster.options import Options
from svcdns.kube import store
from svcdns.kube.objects import Change, EndpointSlice, Key, Pod, Service
from svcdns.kube.store import Store

T = TypeVar("T")


class Touched(Struct):
    """Parts of the tree that a change may alter."""

    services: set[Key] = msgspec.field(default_factory=set)
    addresses: set[bytes] = msgspec.field(default_factory=set)
    pods: set[tuple[str, bytes]] = msgspec.field(default_factory=set)
    namespaces: set[str] = msgspec.field(default_factory=set)
    apex: bool = False


def everything(state: Store) -> Iterator[Touched]:
    """The whole tree in small parts."""
    yield Touched(apex=True, namespaces=state.all_namespaces())
    for services in _parts(state.services):
        yield Touched(services=set(services))
    for addresses in _parts({*state.services_at, *state.slices_at}):
        yield Touched(addresses=set(addresses))
    for pods in _parts(state.pods_at):
        yield Touched(pods=set(pods))


def _parts(items: Iterable[T], size: int = 256) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part


def touch(touched: Touched, change: Change, state: Store, options: Options) -> None:
    """Add what the change touches; to be called before the store takes it."""
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
            _touch_endpoints(touched, change.key, state)
    elif change.kind == "EndpointSlice":
        _touch_slice(touched, old, new)
    elif change.kind == "Namespace":
        _touch_namespace(touched, change.key[1], state)


def _same_owner(old: Service, new: Service) -> bool:
    """The change leaves alone whether its endpoints have names."""
    return (old.spec.type == "ExternalName") == (new.spec.type == "ExternalName") and (
        old.metadata.labels == new.metadata.labels
    )


def _touch_endpoints(touched: Touched, service: Key, state: Store) -> None:
    for endpoints in state.slices_for(service):
        touched.addresses.update(store.slice_addresses(endpoints))


def _touch_slice(touched: Touched, old: object, new: object) -> None:
    """Its Service, and the addresses whose endpoint is not the same in both."""
    before, after = _endpoints(old), _endpoints(new)
    for service, _, _, _, address in before ^ after:
        touched.services.add(service)
        touched.addresses.add(address)


def _endpoints(obj: object) -> set[tuple[Key, object, str | None, str | None, bytes]]:
    if not isinstance(obj, EndpointSlice) or obj.service is None:
        return set()
    return {(obj.service, obj.ports, *endpoint) for endpoint in store.ready_endpoints(obj)}


def _touch_namespace(touched: Touched, namespace: str, state: Store) -> None:
    """Its labels may decide what is exposed: everything in it."""
    touched.namespaces.add(namespace)
    for key, service in state.services.items():
        if key[0] == namespace:
            touched.services.add(key)
            touched.addresses.update(store.service_addresses(service))
            _touch_endpoints(touched, key, state)
    touched.pods.update(owner for owner in state.pods_at if owner[0] == namespace)
