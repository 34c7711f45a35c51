"""What is served, and the zones that follow from it."""

from collections.abc import Callable

from msgspec import Struct

from svcdns.dns import names, records
from svcdns.dns.view import Zone, ZoneKind
from svcdns.kube.objects import Key, Namespace, Service
from svcdns.kube.store import Store


class Options(Struct, frozen=True):
    """What is served: see the settings of the same names."""

    zones: tuple[bytes, ...]
    reverse_zones: tuple[bytes, ...] = (names.IN_ADDR_ARPA, names.IP6_ARPA)
    ttl: int = 30
    negative_ttl: int = 30
    pods: str = "verified"
    dns_service: Key = ("kube-system", "kube-dns")
    endpoint_pod_names: bool = False
    ignore_empty_service: bool = False
    no_endpoints: bool = False
    exposes_namespace: Callable[[str, Namespace | None], bool] = lambda name, obj: True
    exposes_service: Callable[[Service], bool] = lambda service: True


def zones(options: Options) -> tuple[Zone, ...]:
    """The zones in the order of their numbers: own, reverse, then computed subtrees."""
    first = options.zones[0]

    ttl = options.ttl

    def soa(zone: bytes) -> records.Soa:
        mname, rname = names.from_labels((b"ns", b"dns"), zone), names.from_labels((b"hostmaster",), zone)
        return records.Soa(mname, rname, options.negative_ttl)

    own = [Zone(zone, ZoneKind.WHOLE, number, ttl, soa(zone)) for number, zone in enumerate(options.zones)]
    reverse = [
        Zone(zone, ZoneKind.SPARSE, number, ttl, soa(first))
        for number, zone in enumerate(options.reverse_zones, len(own))
    ]
    if options.pods == "disabled":
        return (*own, *reverse)
    kind = ZoneKind.ADDRESSES if options.pods == "insecure" else ZoneKind.LISTED_ADDRESSES
    pods = [Zone(names.from_labels((b"pod",), zone.name), kind, zone.apex, ttl, zone.soa) for zone in own]
    return (*own, *reverse, *pods)


def exposed(namespace: str, state: Store, options: Options) -> bool:
    """Whether names of this namespace are served."""
    obj = state.namespaces.get(("", namespace))
    return names.is_label(namespace) and options.exposes_namespace(namespace, obj)


def exposed_service(key: Key, state: Store, options: Options) -> Service | None:
    """The Service if it exists and its names are served."""
    service = state.services.get(key)
    if service is None or not names.is_label(key[1]) or not exposed(key[0], state, options):
        return None
    return service if options.exposes_service(service) else None
