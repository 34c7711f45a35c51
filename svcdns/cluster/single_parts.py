"""A part of the tree, divided until each piece belongs to one object or one address.

So a piece whose names cannot be made costs nothing but itself.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from svcdns import addresses
from svcdns.cluster.affected import AffectedParts
from svcdns.cluster.options import ClusterOptions, reverse_zone_numbers, service_base_name
from svcdns.dns.wire import names
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Change, Key, ReadySlice


class SinglePart(NamedTuple):
    """What one object or one address owns."""

    subject: str
    """Whose names these are, for people: `Service default/web`."""
    affected: AffectedParts
    roots: dict[bytes, int]
    """The names at and below which it owns any, with the numbers of their zones. None for the names of the
    zones themselves, and where no zone of ours has them."""


def split(affected: AffectedParts, options: ClusterOptions) -> Iterator[SinglePart]:
    """The pieces, which together are `affected`."""
    if affected.has_apex:
        yield SinglePart("the zones' own names", AffectedParts(has_apex=True), {})

    for namespace in affected.namespaces:
        yield SinglePart(
            f"namespace {namespace}",
            AffectedParts(namespaces={namespace}),
            _label_roots((namespace, "svc"), options) | _label_roots((namespace, "pod"), options),
        )

    for key in affected.services | affected.endpoint_labels.keys():
        yield _service_part(key, affected, options)

    for namespace, address in affected.pods:
        label = addresses.to_label(address).decode()
        yield SinglePart(
            f"Pod address {label} in namespace {namespace}",
            AffectedParts(pods={(namespace, address)}),
            _label_roots((label, namespace, "pod"), options),
        )

    reverse_zones = reverse_zone_numbers(options)
    for address in affected.addresses:
        name = names.reverse_name(address)
        parent_names = affected.reverse_parents & {names.parent(name)}
        part = AffectedParts(addresses={address}, reverse_parents=parent_names)
        yield SinglePart(f"reverse name {names.to_text(name)}", part, _reverse_root(name, reverse_zones))


def remove_subjects(affected: AffectedParts, subjects: set[str], options: ClusterOptions) -> bool:
    """Take the pieces of these subjects out; whether there were any."""
    touched = [part.affected for part in split(affected, options) if part.subject in subjects]

    for part in touched:
        affected.namespaces -= part.namespaces
        affected.services -= part.services
        affected.pods -= part.pods
        affected.addresses -= part.addresses
        for key in part.endpoint_labels:
            del affected.endpoint_labels[key]

    return bool(touched)


def owned_roots(change: Change, options: ClusterOptions) -> dict[bytes, int]:
    """The roots of the Service that an object is, or belongs to; none for other kinds."""
    if change.kind == "Service":
        return _service_roots(change.key, options)
    if isinstance(change.new_object, ReadySlice) and change.new_object.service_key:
        return _service_roots(change.new_object.service_key, options)
    return {}


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


def _service_part(key: Key, affected: AffectedParts, options: ClusterOptions) -> SinglePart:
    part = AffectedParts(services={key} & affected.services)
    if key in affected.endpoint_labels:
        part.endpoint_labels[key] = affected.endpoint_labels[key]

    return SinglePart(f"Service {key[0]}/{key[1]}", part, _service_roots(key, options))


def _service_roots(key: Key, options: ClusterOptions) -> dict[bytes, int]:
    return _roots(functools.partial(service_base_name, key), options)


def _label_roots(labels: tuple[str, ...], options: ClusterOptions) -> dict[bytes, int]:
    return _roots(functools.partial(names.from_text_labels, labels), options)


def _roots(name_in: Callable[[bytes], bytes], options: ClusterOptions) -> dict[bytes, int]:
    """The name in each zone, with the zone's number; `name_in` makes it, or raises DomainNameError."""
    roots = {}
    for number, zone in enumerate(options.zones):
        with suppress(DomainNameError):  # a name that cannot exist needs no root
            roots[name_in(zone)] = number
    return roots


def _reverse_root(name: bytes, reverse_zones: dict[bytes, int]) -> dict[bytes, int]:
    """The name with the number of the closest reverse zone; nothing where no zone has it."""
    zone = next((suffix for suffix in names.suffixes(name) if suffix in reverse_zones), None)
    return {} if zone is None else {name: reverse_zones[zone]}
