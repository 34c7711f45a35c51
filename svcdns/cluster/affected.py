"""Which parts of the tree a change may alter."""

import itertools
from collections.abc import Iterable, Iterator, Set
from typing import TypeVar

import msgspec
from msgspec import Struct

from svcdns import addresses
from svcdns.cluster import service_records
from svcdns.cluster.options import ClusterOptions
from svcdns.kube import store
from svcdns.kube.objects import Change, Key, Pod, ReadySlice, Service
from svcdns.kube.store import Store

T = TypeVar("T")


class AffectedParts(Struct):
    """Parts of the tree that a change may alter."""

    services: set[Key] = msgspec.field(default_factory=set)
    """Their own names, and those of their ports."""
    endpoint_labels: dict[Key, set[bytes] | None] = msgspec.field(default_factory=dict)
    """Endpoints of a Service by their labels; None is all of them."""
    addresses: set[bytes] = msgspec.field(default_factory=set)
    reverse_parents: Set[bytes] = frozenset()
    """Names right above those of addresses, that were there before."""
    pods: set[tuple[str, bytes]] = msgspec.field(default_factory=set)
    namespaces: set[str] = msgspec.field(default_factory=set)
    has_apex: bool = False

    def add_service(self, key: Key, state: Store) -> None:
        """All of a Service: its names, and the reverse names of its addresses and endpoints."""
        self.endpoint_labels[key] = None
        self.services.add(key)
        if service := state.services.get(key):
            self.addresses.update(store.service_addresses(service))
        for endpoints in state.sorted_slices_of(key):
            self.addresses.update(state.slices[endpoints].addresses)

    def add_endpoint(self, service: Key, label: bytes) -> None:
        """One endpoint of a Service."""
        known = self.endpoint_labels.setdefault(service, set())
        if known is not None:
            known.add(label)


def all_parts(state: Store) -> Iterator[AffectedParts]:
    """The whole tree in small parts."""
    yield AffectedParts(has_apex=True, namespaces=state.all_namespaces())
    for keys in _batches(state.services):
        part = AffectedParts()
        for key in keys:
            part.add_service(key, state)
        yield part
    for pods in _batches(state.pods_by_address):
        yield AffectedParts(pods=set(pods))


def _batches(items: Iterable[T], size: int = 128) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part


def add_affected(
    affected_parts: AffectedParts, change: Change, state: Store, options: ClusterOptions
) -> None:
    """Add what the change touches; to be called before the store takes it."""
    if change.kind == "ServiceCIDR":
        return  # it decides on zones, see `reverse`
    old, new = state.objects(change.kind).get(change.key), change.new_object
    if old is None or new is None:
        affected_parts.namespaces.add(change.key[0] or change.key[1])
    for obj in (old, new):
        if isinstance(obj, Service):
            affected_parts.addresses.update(store.service_addresses(obj))
        elif isinstance(obj, Pod):
            affected_parts.pods.update((change.key[0], address) for address in store.pod_addresses(obj))
    if change.kind == "Service":
        affected_parts.services.add(change.key)
        affected_parts.has_apex |= change.key == options.dns_service
        if not (isinstance(old, Service) and isinstance(new, Service) and _keeps_endpoint_names(old, new)):
            affected_parts.add_service(change.key, state)
    elif change.kind == "EndpointSlice":
        _add_slice(affected_parts, old, new, state, options)
    elif change.kind == "Namespace":
        _add_namespace(affected_parts, change.key[1], state)


def _keeps_endpoint_names(old: Service, new: Service) -> bool:
    """The change leaves alone whether its endpoints have names."""
    return (old.spec.type == "ExternalName") == (new.spec.type == "ExternalName") and (
        old.metadata.labels == new.metadata.labels
    )


def _add_slice(
    affected_parts: AffectedParts, old: object, new: object, state: Store, options: ClusterOptions
) -> None:
    """Each endpoint that is not the same in both, and what follows them of their Service."""
    for service, _, label, address in _endpoint_identities(old) ^ _endpoint_identities(new):
        if service_records.depends_on_endpoints(state.services.get(service), options):
            affected_parts.services.add(service)
        affected_parts.add_endpoint(service, label or addresses.to_label(address))
        affected_parts.addresses.add(address)


def _endpoint_identities(obj: object) -> set[tuple[Key, object, bytes | None, bytes]]:
    """With what else makes their answers; a label as the slice has it."""
    if not isinstance(obj, ReadySlice) or obj.service_key is None:
        return set()
    labels = obj.labels or itertools.repeat(None)
    own = zip(
        itertools.repeat(obj.service_key), itertools.repeat(obj.ports), labels, obj.addresses, strict=False
    )
    return set(own)


def _add_namespace(affected_parts: AffectedParts, namespace: str, state: Store) -> None:
    """Its labels may decide what is exposed: everything in it."""
    affected_parts.namespaces.add(namespace)
    for key in state.services:
        if key[0] == namespace:
            affected_parts.add_service(key, state)
    affected_parts.pods.update(owner for owner in state.pods_by_address if owner[0] == namespace)
