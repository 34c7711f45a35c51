"""The names at and below which an object or an address owns any: what is marked where they cannot be made.

Roots are names with the numbers of their zones.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from contextlib import suppress

from svcdns import addresses
from svcdns.cluster.options import ClusterOptions, reverse_zone_numbers
from svcdns.dns.wire import names
from svcdns.errors import DomainNameError
from svcdns.kube import store
from svcdns.kube.objects import Change, Key, Kind, Pod, ReadySlice, Service, StoredObject
from svcdns.kube.store import Store


def service_roots(key: Key, options: ClusterOptions) -> dict[bytes, int]:
    """BASE in each zone; where it cannot be made, for whatever reason, its namespace stands for it."""
    return _in_each_zone(
        options,
        lambda zone: names.from_text_labels((key[1], key[0], "svc"), zone),
        lambda zone: names.from_text_labels((key[0], "svc"), zone),
    )


def label_roots(labels: tuple[str, ...], options: ClusterOptions) -> dict[bytes, int]:
    """The name of these labels in each zone."""
    return _in_each_zone(options, lambda zone: names.from_text_labels(labels, zone))


def namespace_roots(namespace: str, options: ClusterOptions) -> dict[bytes, int]:
    """All names of a namespace."""
    return label_roots((namespace, "svc"), options) | label_roots((namespace, "pod"), options)


def pod_roots(namespace: str, address: bytes, options: ClusterOptions) -> dict[bytes, int]:
    """The name of a Pod's address."""
    return label_roots((addresses.to_label(address).decode(), namespace, "pod"), options)


def reverse_roots(packed_addresses: Iterable[bytes], options: ClusterOptions) -> dict[bytes, int]:
    """The reverse names of addresses; those that no zone has are left out."""
    zones = reverse_zone_numbers(options)
    roots = {}
    for address in packed_addresses:
        with suppress(Exception):  # what is no address has no name
            name = names.reverse_name(address)
            zone = next((suffix for suffix in names.suffixes(name) if suffix in zones), None)
            if zone is not None:
                roots[name] = zones[zone]
    return roots


def name_server_roots(options: ClusterOptions) -> dict[bytes, int]:
    """The name of each zone's name server."""
    return label_roots(("ns", "dns"), options)


def change_roots(change: Change, state: Store, options: ClusterOptions) -> dict[bytes, int]:
    """What the object of a change owns, with its Service, as it is stored and as it would be."""
    old, new = state.objects(change.kind).get(change.key), change.new_object
    roots: dict[bytes, int] = {}
    if change.kind == "Service":
        roots |= service_roots(change.key, options)
        if change.key == options.dns_service:
            roots |= name_server_roots(options)
    elif change.kind == "Namespace":
        roots |= namespace_roots(change.key[1], options)

    for obj in (old, new):
        own_addresses = _try_addresses(obj)
        # The addresses of the stored one are known, even where it can no longer say them.
        if own_addresses is None and obj is old:
            own_addresses = stored_addresses({change.key}, change.kind, state)
        if isinstance(obj, Pod):
            for address in own_addresses or ():
                roots |= pod_roots(change.key[0], address, options)
        else:
            roots |= reverse_roots(own_addresses or (), options)
        if isinstance(obj, ReadySlice) and obj.service_key:
            roots |= service_roots(obj.service_key, options)
    return roots


def stored_addresses(keys: Set[Key], kind: Kind, state: Store) -> set[bytes]:
    """The addresses that the store knows of these Services or slices, without a look at the objects."""
    if kind == "Service":
        return state.services_by_address.search_values(keys)
    return state.slices_by_address.search_values(keys) if kind == "EndpointSlice" else set()


def fold_roots(roots: Mapping[bytes, int], limit: int, options: ClusterOptions) -> dict[bytes, int]:
    """At most `limit` roots that have all of `roots` at or below them, unless there are more zones than that.

    Neighbours become the name above them, the largest families first: so few other names are concerned.
    """
    origins = {*options.zones, *reverse_zone_numbers(options)}
    folded = dict(roots)
    while len(folded) > limit:
        children_by_parent: dict[bytes, list[bytes]] = {}
        for name in folded:
            if name not in origins:
                children_by_parent.setdefault(names.parent(name), []).append(name)
        if not children_by_parent:
            break

        families = sorted(children_by_parent.items(), key=lambda family: len(family[1]), reverse=True)
        for parent, children in families:
            if len(folded) <= limit:
                break
            numbers = [folded.pop(child) for child in children]
            folded[parent] = numbers[0]

    return folded


def _in_each_zone(options: ClusterOptions, *makers: Callable[[bytes], bytes]) -> dict[bytes, int]:
    """In each zone the name of the first maker that has no bug there, with the zone's number.

    DomainNameError says that the name cannot exist: then it needs no root.
    """
    roots: dict[bytes, int] = {}
    for number, zone in enumerate(options.zones):
        for make in makers:
            try:
                roots[make(zone)] = number
                break
            except DomainNameError:
                break
            except Exception:  # noqa: S112 - a bug: the next name stands for it
                continue
    return roots


def _try_addresses(obj: StoredObject | None) -> Collection[bytes] | None:
    """The addresses of an object; None where they cannot be told, which may be why it is not stored."""
    try:
        if isinstance(obj, Service):
            return store.service_addresses(obj)
        if isinstance(obj, Pod):
            return store.pod_addresses(obj)
        return obj.addresses if isinstance(obj, ReadySlice) else ()
    except Exception:  # a bug
        return None
