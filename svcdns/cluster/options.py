"""The settings of a cluster zone, and the zones that follow from them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from svcdns.dns.table.table_meta import FIRST_RANGE_ZONE, Zone, ZoneKind
from svcdns.dns.wire import names, records
from svcdns.setting_types import (
    CLUSTER_DOMAINS,
    NAMES,
    NETWORKS,
    OBJECT,
    SELECTOR,
    Conflict,
    NotGiven,
    SameAs,
)

if TYPE_CHECKING:
    from svcdns.kube.objects import Key, Namespace, Service
    from svcdns.kube.store import Store


class ClusterZone(Struct, frozen=True, kw_only=True):
    """What is answered of a cluster; a stored table of other settings is not used."""

    zone: Annotated[tuple[str, ...], CLUSTER_DOMAINS] = ("cluster.local",)
    """Cluster domain."""

    ttl: Annotated[int, Meta(ge=0, le=3600)] = 30
    """Seconds that a client may keep an answer."""

    negative_ttl: Annotated[int, Meta(ge=0, le=3600), SameAs("ttl")] = 30
    """Seconds that a client may keep the answer that a name does not exist. Default: as ttl."""

    pods: Literal["disabled", "insecure", "verified"] = "verified"
    """Names of Pod addresses: none, any address, or only those of Pods that exist."""

    dns_service: Annotated[tuple[str, str], OBJECT] = ("kube-system", "kube-dns")
    """Service through which the cluster reaches this server; ns.dns.ZONE has its addresses."""

    reverse_zones: Annotated[tuple[str, ...], NETWORKS] = ("0.0.0.0/0", "::/0")
    """Networks whose addresses are resolved to names here. Default: all, and the ServiceCIDRs apart."""

    follows_ranges: Annotated[bool, NotGiven("reverse_zones")] = True
    """The cluster's ServiceCIDRs add reverse zones."""

    namespaces: Annotated[tuple[str, ...], NAMES] = ()
    """Namespace to serve, instead of all."""

    namespace_labels: Annotated[str, SELECTOR] = ""
    """Serve only namespaces with such labels, as 'team in (a, b), !hidden'."""

    labels: Annotated[str, SELECTOR] = ""
    """Serve only Services with such labels."""

    endpoint_pod_names: bool = False
    """Name endpoints without a hostname by their Pods, not by their addresses."""

    ignore_empty_service: bool = False
    """A Service with a cluster IP but no ready endpoint does not exist, so that a search path goes on."""

    no_endpoints: bool = False
    """Leave endpoints out: no headless Services, less memory."""

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if self.ignore_empty_service and self.no_endpoints:
            message = "without endpoints no Service is known to be empty: set one of them"
            yield Conflict(message, ("ignore_empty_service", "no_endpoints"))


class ClusterOptions(ClusterZone, frozen=True, kw_only=True):
    """A cluster zone with what follows from its settings: see `derived.options_of`."""

    zones: tuple[bytes, ...]
    """The cluster domains as names."""
    reverse: tuple[bytes, ...] = (names.IN_ADDR_ARPA, names.IP6_ARPA)
    """The zones of the configured networks."""
    service_cidr_zones: tuple[bytes, ...] = ()
    """Those that the ServiceCIDRs add now (`reverse`)."""
    is_namespace_exposed: Callable[[str, Namespace | None], bool] = lambda name, obj: True
    is_service_exposed: Callable[[Service], bool] = lambda service: True


def configured_zones(options: ClusterOptions) -> dict[int, Zone]:
    """The configured zones by their numbers: own, reverse, then the computed subtrees of Pods."""
    ttl = options.ttl

    own = [
        Zone(zone, ZoneKind.AUTHORITATIVE, number, ttl, _soa_of(zone, options))
        for number, zone in enumerate(options.zones)
    ]
    reverse = [_reverse_zone(zone, number, options) for number, zone in enumerate(options.reverse, len(own))]
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
    numbered = (*enumerate(options.reverse, len(options.zones)), *_numbered_service_cidr_zones(options))
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
