"""Which parts of the tree of names a change may alter."""

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

_BATCH_SIZE = 128
"""Services or Pods of one part: the first table is made part by part, so that memory stays small."""


class AffectedParts(Struct):
    """Parts of the tree that a change may alter."""

    services: set[Key] = msgspec.field(default_factory=set)
    """Services whose own names are affected: BASE, and those of its ports."""
    endpoint_labels: dict[Key, set[bytes] | None] = msgspec.field(default_factory=dict)
    """The affected endpoints of a Service, by the first labels of their names; None: all of them."""
    addresses: set[bytes] = msgspec.field(default_factory=set)
    """Addresses whose reverse names are affected."""
    reverse_parents: Set[bytes] = frozenset()
    """The names right above those reverse names, as they were before the change."""
    pods: set[tuple[str, bytes]] = msgspec.field(default_factory=set)
    """Namespace and address of Pods."""
    namespaces: set[str] = msgspec.field(default_factory=set)
    """Namespaces whose own names are affected."""
    has_apex: bool = False
    """Whether the names of the zones themselves are affected."""
    omits_name_server: bool = False
    """Of these, to leave out the name server's, which a Service decides on."""

    def add_service(self, key: Key, state: Store) -> None:
        """Add all of a Service: its names, and the reverse names of its addresses and endpoints."""
        self.services.add(key)
        self.endpoint_labels[key] = None

        if service := state.services.get(key):
            self.addresses.update(store.service_addresses(service))
        for slice_key in state.sorted_slices_of(key):
            self.addresses.update(state.slices[slice_key].addresses)

    def remove_service(self, key: Key) -> None:
        """Leave a Service's own names as they are; its addresses may have other owners too."""
        self.services.discard(key)
        self.endpoint_labels.pop(key, None)

    def add_endpoint(self, service_key: Key, label: bytes) -> None:
        """Add one endpoint of a Service."""
        labels = self.endpoint_labels.setdefault(service_key, set())
        if labels is not None:
            labels.add(label)


def all_parts(state: Store, untold: dict[Key, Exception] | None = None) -> Iterator[AffectedParts]:
    """The whole tree in small parts.

    Services whose parts cannot be told are left out, and added to `untold` if it is given.
    """
    yield AffectedParts(has_apex=True, namespaces=state.all_namespaces())

    for keys in _batches(state.services):
        part = AffectedParts()
        for key in keys:
            try:
                part.add_service(key, state)
            except Exception as error:
                if untold is None:
                    raise
                part.remove_service(key)
                untold[key] = error
        yield part

    for pods in _batches(state.pods_by_address):
        yield AffectedParts(pods=set(pods))


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, _BATCH_SIZE)):
        yield batch


def add_affected(
    affected_parts: AffectedParts, change: Change, state: Store, options: ClusterOptions
) -> None:
    """Add what the change may alter; to be called before the store takes it."""
    if change.kind == "ServiceCIDR":
        return  # It decides on zones, not on names: `range_zones`.

    old = state.objects(change.kind).get(change.key)
    new = change.new_object
    if old is None or new is None:
        # A namespace exists while there is an object in it; a Namespace's own key has no namespace.
        affected_parts.namespaces.add(change.key[0] or change.key[1])

    # Addresses of both: the old ones lose a name, or an owner of it.
    for obj in (old, new):
        if isinstance(obj, Service):
            affected_parts.addresses.update(store.service_addresses(obj))
        elif isinstance(obj, Pod):
            affected_parts.pods.update((change.key[0], address) for address in store.pod_addresses(obj))

    # The endpoints of a Service are built again only if their names may come or go.
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
    """Whether the change leaves alone that its endpoints have names, and which records these own."""
    # Labels may decide what is exposed; what endpoints own may depend on their kind (`EndpointKind`).
    return (
        (old.spec.type == "ExternalName") == (new.spec.type == "ExternalName")
        and old.is_headless == new.is_headless
        and old.metadata.labels == new.metadata.labels
    )


def _add_slice(
    affected_parts: AffectedParts, old: object, new: object, state: Store, options: ClusterOptions
) -> None:
    """Add each endpoint that is not the same in both, and what follows from them in their Service."""
    # Only what differs: a slice of 1,000 endpoints changes by one of them.
    for service_key, _, label, address in _endpoint_identities(old) ^ _endpoint_identities(new):
        if service_records.depends_on_endpoints(state.services.get(service_key), options):
            affected_parts.services.add(service_key)
            # The zones' name server has the addresses of a headless DNS Service.
            affected_parts.has_apex |= service_key == options.dns_service
        affected_parts.add_endpoint(service_key, label or addresses.to_label(address))
        affected_parts.addresses.add(address)


def _endpoint_identities(obj: object) -> set[tuple[Key, object, bytes | None, bytes]]:
    """All that decides on an endpoint's answers: Service, ports, label (as the slice has it), address."""
    if not isinstance(obj, ReadySlice) or obj.service_key is None:
        return set()

    labels = obj.labels or itertools.repeat(None)
    # Without a loop in Python: a slice may have 1,000 addresses.
    service_keys = itertools.repeat(obj.service_key)
    ports = itertools.repeat(obj.ports)
    return set(zip(service_keys, ports, labels, obj.addresses, strict=False))


def _add_namespace(affected_parts: AffectedParts, namespace: str, state: Store) -> None:
    """Add everything in it: its labels may decide what is exposed."""
    affected_parts.namespaces.add(namespace)
    for key in state.services:
        if key[0] == namespace:
            affected_parts.add_service(key, state)

    affected_parts.pods.update(pod for pod in state.pods_by_address if pod[0] == namespace)
