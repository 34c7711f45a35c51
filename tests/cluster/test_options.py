"""The zones that are served, and whose names are in them."""

from typing import Literal

import pytest

from svcdns.cluster import options as cluster_options
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.table.table_meta import FIRST_RANGE_ZONE, ZoneKind
from svcdns.dns.wire import names
from svcdns.errors import DomainNameError
from svcdns.kube.objects import Change, ObjectMeta, Service
from svcdns.kube.store import Store

LOCAL = names.from_text("cluster.local.")
TEST = names.from_text("cluster.test.")
PodMode = Literal["disabled", "insecure", "verified"]
RANGE = names.from_text("96.10.in-addr.arpa.")
OPTIONS = ClusterOptions(zones=(LOCAL, TEST), service_cidr_zones=(RANGE,), negative_ttl=7)


@pytest.mark.parametrize(
    ("pods", "kind"),
    [
        ("disabled", None),
        ("insecure", ZoneKind.SPELLED_ADDRESSES),
        ("verified", ZoneKind.VERIFIED_ADDRESSES),
    ],
)
def test_the_configured_zones(pods: PodMode, kind: ZoneKind | None) -> None:
    zones = cluster_options.configured_zones(ClusterOptions(zones=(LOCAL, TEST), pods=pods))
    assert list(zones) == list(range(len(zones)))
    computed = [(b"\3pod" + zone, kind, number) for number, zone in enumerate((LOCAL, TEST)) if kind]
    assert [(zone.name, zone.kind, zone.apex) for zone in zones.values()] == [
        (LOCAL, ZoneKind.AUTHORITATIVE, 0),
        (TEST, ZoneKind.AUTHORITATIVE, 1),
        (names.IN_ADDR_ARPA, ZoneKind.REVERSE, 2),
        (names.IP6_ARPA, ZoneKind.REVERSE, 3),
        *computed,
    ]


def test_a_zones_soa() -> None:
    zones = cluster_options.configured_zones(OPTIONS)
    soa = zones[1].soa
    assert (names.to_text(soa.mname), soa.minimum) == ("ns.dns.cluster.test.", 7)
    assert names.to_text(soa.rname) == "hostmaster.cluster.test."
    assert zones[2].soa == zones[0].soa, "the first zone has the name server of reverse names"


def test_zones_of_service_cidrs_have_numbers_of_their_own() -> None:
    zones = cluster_options.service_cidr_zones(OPTIONS)
    assert [(number, zone.name, zone.apex) for number, zone in zones.items()] == [
        (FIRST_RANGE_ZONE, RANGE, FIRST_RANGE_ZONE)
    ]
    assert cluster_options.reverse_zone_numbers(OPTIONS) == {
        names.IN_ADDR_ARPA: 2,
        names.IP6_ARPA: 3,
        RANGE: FIRST_RANGE_ZONE,
    }


def test_the_name_of_a_service() -> None:
    base = cluster_options.service_base_name(("Default", "web"), LOCAL)
    assert base == names.from_text("web.default.svc.cluster.local.")
    with pytest.raises(DomainNameError):
        cluster_options.service_base_name(("n" * 63, "s" * 63), names.from_labels([b"z" * 63, b"z" * 63]))


@pytest.mark.parametrize(
    ("key", "is_served"),
    [
        (("default", "web"), True),
        (("default", "absent"), False),
        (("hidden", "web"), False),
        (("default", "hidden"), False),
        (("default", "a.b"), False),
        (("a.b", "web"), False),
    ],
)
def test_which_services_are_served(key: tuple[str, str], is_served: bool) -> None:
    store = Store()
    for namespace in ("default", "hidden", "a.b"):
        for name in ("web", "hidden", "a.b"):
            obj = Service(ObjectMeta(name, namespace))
            store.apply(Change("Service", (namespace, name), obj))
    options = ClusterOptions(
        zones=(LOCAL,),
        is_namespace_exposed=lambda name, obj: name != "hidden",
        is_service_exposed=lambda service: service.metadata.name != "hidden",
    )
    service = cluster_options.find_exposed_service(key, store, options)
    assert (service is not None) == is_served
    assert service is None or service is store.services[key]
