"""A part of the tree, divided until each piece belongs to one object or one address.

So a piece whose names cannot be made costs nothing but itself.
"""

import ipaddress
from collections.abc import Container, Iterator
from typing import NamedTuple

from svcdns.cluster import owned_roots
from svcdns.cluster.affected import AffectedParts
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.wire import names
from svcdns.kube.objects import Key


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
        yield SinglePart(
            f"name server {'/'.join(options.dns_service)}",
            AffectedParts(has_apex=True),
            owned_roots.name_server_roots(options),
        )

    for namespace in affected.namespaces:
        roots = owned_roots.namespace_roots(namespace, options)
        yield SinglePart(f"namespace {namespace}", AffectedParts(namespaces={namespace}), roots)

    for key in affected.services | affected.endpoint_labels.keys():
        part = AffectedParts(services={key} & affected.services)
        if key in affected.endpoint_labels:
            part.endpoint_labels[key] = affected.endpoint_labels[key]
        yield SinglePart(service_subject(key), part, owned_roots.service_roots(key, options))

    for namespace, address in affected.pods:
        yield SinglePart(
            f"Pod address {_to_text(address)} in namespace {namespace}",
            AffectedParts(pods={(namespace, address)}),
            owned_roots.pod_roots(namespace, address, options),
        )

    yield from _split_addresses(affected, options)


def _split_addresses(affected: AffectedParts, options: ClusterOptions) -> Iterator[SinglePart]:
    for address in affected.addresses:
        part = AffectedParts(addresses={address})
        if affected.reverse_parents:
            part.reverse_parents = affected.reverse_parents & {names.parent(names.reverse_name(address))}
        roots = owned_roots.reverse_roots((address,), options)
        yield SinglePart(f"reverse name of {_to_text(address)}", part, roots)


def service_subject(key: Key) -> str:
    """A Service as people know it."""
    return f"Service {'/'.join(key)}"


def remove_subjects(affected: AffectedParts, subjects: Container[str], options: ClusterOptions) -> bool:
    """Take the pieces of these subjects out; whether there were any."""
    touched = [part.affected for part in split(affected, options) if part.subject in subjects]

    for part in touched:
        affected.namespaces -= part.namespaces
        affected.services -= part.services
        affected.pods -= part.pods
        affected.addresses -= part.addresses
        affected.has_apex &= not part.has_apex
        for key in part.endpoint_labels:
            del affected.endpoint_labels[key]

    return bool(touched)


def _to_text(address: bytes) -> str:
    """An address for people; of bytes that are none, their digits."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address.hex()
