"""What follows from the settings of a cluster zone: names of zones, and whose names are served."""

import pytest
from msgspec import structs

from svcdns.cluster.derived_options import options_of
from svcdns.cluster.options import ClusterZone
from svcdns.dns.wire import names
from svcdns.kube.objects import Namespace, NamespaceMeta, ObjectMeta, Service


def namespace(name: str, **labels: str) -> Namespace:
    return Namespace(NamespaceMeta(name, labels=labels))


def service(**labels: str) -> Service:
    return Service(ObjectMeta("web", "default", labels=labels))


def test_the_settings_stay_as_they_are() -> None:
    zone = ClusterZone(zone=("cluster.test",), ttl=7, pods="insecure", labels="app")
    options = options_of(zone)
    assert {field: getattr(options, field) for field in structs.asdict(zone)} == structs.asdict(zone)


def test_zones_are_names_in_their_order() -> None:
    options = options_of(
        ClusterZone(zone=("cluster.local", "cluster.test"), reverse_zones=("10.0.0.0/8", "192.168.0.0/23"))
    )
    assert [names.to_text(zone) for zone in options.zones] == ["cluster.local.", "cluster.test."]
    assert [names.to_text(zone) for zone in options.reverse] == [
        "10.in-addr.arpa.",
        "0.168.192.in-addr.arpa.",
        "1.168.192.in-addr.arpa.",
    ]


def test_all_addresses_are_reverse_zones_by_default() -> None:
    options = options_of(ClusterZone())
    assert options.reverse == (names.IN_ADDR_ARPA, names.IP6_ARPA)
    assert options.service_cidr_zones == ()


def test_everything_is_served_by_default() -> None:
    options = options_of(ClusterZone())
    assert options.is_namespace_exposed("default", None)
    assert options.is_namespace_exposed("default", namespace("default"))
    assert options.is_service_exposed(service())


@pytest.mark.parametrize(
    ("name", "obj", "is_exposed"),
    [
        ("shop", namespace("shop", team="a"), True),
        ("shop", namespace("shop", team="b"), False),
        ("shop", namespace("shop"), False),
        ("shop", None, False),
        ("other", namespace("other", team="a"), False),
    ],
)
def test_a_namespace_must_be_listed_and_have_the_labels(
    name: str, obj: Namespace | None, is_exposed: bool
) -> None:
    options = options_of(ClusterZone(namespaces=("shop",), namespace_labels="team=a"))
    assert options.is_namespace_exposed(name, obj) == is_exposed


def test_a_listed_namespace_need_not_be_known() -> None:
    options = options_of(ClusterZone(namespaces=("shop",)))
    assert options.is_namespace_exposed("shop", None)
    assert not options.is_namespace_exposed("other", None)


def test_a_service_must_have_the_labels() -> None:
    options = options_of(ClusterZone(labels="app in (a, b), !hidden"))
    assert options.is_service_exposed(service(app="a"))
    assert not options.is_service_exposed(service(app="c"))
    assert not options.is_service_exposed(service(app="a", hidden=""))
    assert not options.is_service_exposed(Service(ObjectMeta("web", "default")))


@pytest.mark.parametrize(
    ("zone", "problem"),
    [
        (ClusterZone(labels="app in"), r"'app in' is no label selector"),
        (ClusterZone(namespace_labels="=a"), r"'=a' is no label selector"),
        (ClusterZone(reverse_zones=("10.0.0.1/8",)), r"10\.0\.0\.1/8 has host bits set"),
    ],
)
def test_settings_that_were_not_checked(zone: ClusterZone, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        options_of(zone)
