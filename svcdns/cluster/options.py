"""What is served, and the zones that follow from it."""

import functools
from collections.abc import Callable, Iterable

from msgspec import Struct

from svcdns.dns import names, records
from svcdns.dns.meta import OF_RANGES, Zone, ZoneKind
from svcdns.kube.objects import Key, Namespace, Service
from svcdns.kube.store import Store


class Options(Struct, frozen=True):
    """What is served: see the settings of the same names."""

    zones: tuple[bytes, ...]
    reverse_zones: tuple[bytes, ...] = (names.IN_ADDR_ARPA, names.IP6_ARPA)
    follows_ranges: bool = True
    """The cluster's ServiceCIDRs add reverse zones."""
    range_zones: tuple[bytes, ...] = ()
    """Those that they add now (`reverse`)."""
    ttl: int = 30
    negative_ttl: int = 30
    pods: str = "verified"
    dns_service: Key = ("kube-system", "kube-dns")
    endpoint_pod_names: bool = False
    ignore_empty_service: bool = False
    no_endpoints: bool = False
    exposes_namespace: Callable[[str, Namespace | None], bool] = lambda name, obj: True
    exposes_service: Callable[[Service], bool] = lambda service: True


def zones(options: Options) -> dict[int, Zone]:
    """The configured zones by their numbers: own, reverse, then computed subtrees."""
    ttl = options.ttl
    own = [
        Zone(zone, ZoneKind.WHOLE, number, ttl, _soa(zone, options))
        for number, zone in enumerate(options.zones)
    ]
    reverse = [_reverse(zone, number, options) for number, zone in enumerate(options.reverse_zones, len(own))]
    if options.pods == "disabled":
        return dict(enumerate((*own, *reverse)))
    kind = ZoneKind.ADDRESSES if options.pods == "insecure" else ZoneKind.LISTED_ADDRESSES
    pods = [Zone(names.from_labels((b"pod",), zone.name), kind, zone.apex, ttl, zone.soa) for zone in own]
    return dict(enumerate((*own, *reverse, *pods)))


def range_zones(options: Options) -> dict[int, Zone]:
    """The zones of ServiceCIDRs by their numbers."""
    return {number: _reverse(zone, number, options) for number, zone in _numbered_ranges(options)}


def reverse_numbers(options: Options) -> dict[bytes, int]:
    """The number of each reverse zone, configured or not."""
    numbered = (*enumerate(options.reverse_zones, len(options.zones)), *_numbered_ranges(options))
    return {zone: number for number, zone in numbered}


def _numbered_ranges(options: Options) -> Iterable[tuple[int, bytes]]:
    return enumerate(options.range_zones, OF_RANGES)


def _reverse(zone: bytes, number: int, options: Options) -> Zone:
    return Zone(zone, ZoneKind.SPARSE, number, options.ttl, _soa(options.zones[0], options))


def _soa(zone: bytes, options: Options) -> records.Soa:
    mname, rname = names.from_labels((b"ns", b"dns"), zone), names.from_labels((b"hostmaster",), zone)
    return records.Soa(mname, rname, options.negative_ttl)


def exposed(namespace: str, state: Store, options: Options) -> bool:
    """Whether names of this namespace are served."""
    obj = state.namespaces.get(("", namespace))
    return names.is_label(namespace) and options.exposes_namespace(namespace, obj)


@functools.lru_cache(1024)
def base_name(key: Key, zone: bytes) -> bytes:
    """BASE, of a Service whose names are served; raises DomainNameError where it is too long."""
    return names.from_texts((key[1], key[0], "svc"), zone)


def exposed_service(key: Key, state: Store, options: Options) -> Service | None:
    """The Service if it exists and its names are served."""
    service = state.services.get(key)
    if service is None or not names.is_label(key[1]) or not exposed(key[0], state, options):
        return None
    return service if options.exposes_service(service) else None
