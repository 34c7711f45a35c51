"""Which names are served, and the zones that follow from it."""

import functools
from collections.abc import Callable, Iterable

from msgspec import Struct

from svcdns.dns.table.table_meta import FIRST_RANGE_ZONE, Zone, ZoneKind
from svcdns.dns.wire import names, records
from svcdns.kube.objects import Key, Namespace, Service
from svcdns.kube.store import Store


class ClusterOptions(Struct, frozen=True):
    """Which names are served: the settings of the same names say what each means. TTLs are in seconds."""

    zones: tuple[bytes, ...]
    reverse_zones: tuple[bytes, ...] = (names.IN_ADDR_ARPA, names.IP6_ARPA)
    follows_service_cidrs: bool = True
    """Whether the cluster's ServiceCIDRs add reverse zones."""
    service_cidr_zones: tuple[bytes, ...] = ()
    """The reverse zones that they add now (`range_zones`)."""
    ttl: int = 30
    negative_ttl: int = 30
    pods: str = "verified"
    dns_service: Key = ("kube-system", "kube-dns")
    endpoint_pod_names: bool = False
    ignore_empty_service: bool = False
    no_endpoints: bool = False
    is_namespace_exposed: Callable[[str, Namespace | None], bool] = lambda name, obj: True
    is_service_exposed: Callable[[Service], bool] = lambda service: True


def configured_zones(options: ClusterOptions) -> dict[int, Zone]:
    """The configured zones by their numbers: own, reverse, then the computed subtrees of Pods."""
    ttl = options.ttl

    own = [
        Zone(zone, ZoneKind.AUTHORITATIVE, number, ttl, _soa_of(zone, options))
        for number, zone in enumerate(options.zones)
    ]
    reverse = [
        _reverse_zone(zone, number, options) for number, zone in enumerate(options.reverse_zones, len(own))
    ]
    if options.pods == "disabled":
        return dict(enumerate((*own, *reverse)))

    # The names of Pods follow from addresses: they are computed, or checked, when they are asked for.
    kind = ZoneKind.SPELLED_ADDRESSES if options.pods == "insecure" else ZoneKind.VERIFIED_ADDRESSES
    pods = [Zone(names.from_labels((b"pod",), zone.name), kind, zone.apex, ttl, zone.soa) for zone in own]
    return dict(enumerate((*own, *reverse, *pods)))


def service_cidr_zones(options: ClusterOptions) -> dict[int, Zone]:
    """The zones of ServiceCIDRs by their numbers, which are apart from those of the configured ones."""
    return {
        number: _reverse_zone(zone, number, options) for number, zone in _numbered_service_cidr_zones(options)
    }


def reverse_zone_numbers(options: ClusterOptions) -> dict[bytes, int]:
    """The number of each reverse zone, configured or not."""
    numbered = (*enumerate(options.reverse_zones, len(options.zones)), *_numbered_service_cidr_zones(options))
    return {zone: number for number, zone in numbered}


def _numbered_service_cidr_zones(options: ClusterOptions) -> Iterable[tuple[int, bytes]]:
    return enumerate(options.service_cidr_zones, FIRST_RANGE_ZONE)


def _reverse_zone(zone: bytes, number: int, options: ClusterOptions) -> Zone:
    # Its name server is that of the first zone, as in `name_tree`.
    return Zone(zone, ZoneKind.REVERSE, number, options.ttl, _soa_of(options.zones[0], options))


def _soa_of(zone: bytes, options: ClusterOptions) -> records.Soa:
    mname = names.from_labels((b"ns", b"dns"), zone)
    rname = names.from_labels((b"hostmaster",), zone)
    return records.Soa(mname, rname, options.negative_ttl)


def is_exposed_namespace(namespace: str, store: Store, options: ClusterOptions) -> bool:
    """Whether names of this namespace are served."""
    obj = store.namespaces.get(("", namespace))
    return names.is_label(namespace) and options.is_namespace_exposed(namespace, obj)


@functools.lru_cache(1024)  # a Service's endpoints and reverse names ask for it again and again
def service_base_name(key: Key, zone: bytes) -> bytes:
    """BASE, the name of a Service in a zone; raises DomainNameError where it is too long."""
    return names.from_text_labels((key[1], key[0], "svc"), zone)


def find_exposed_service(key: Key, store: Store, options: ClusterOptions) -> Service | None:
    """The Service if it exists and its names are served."""
    service = store.services.get(key)
    if service is None or not names.is_label(key[1]) or not is_exposed_namespace(key[0], store, options):
        return None

    return service if options.is_service_exposed(service) else None
