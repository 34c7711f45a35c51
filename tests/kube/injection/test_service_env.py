"""The variables of Services, beside a second reading of the kubelet's rules."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.injection import service_env
from svcdns.kube.injection.service_env import (
    ServiceEnv,
    build_env_of_services,
    build_service_env,
)
from svcdns.kube.objects import Key, Service, key_of
from tests.kube.injection.env_services import candidates, clusters, said_of, service


def lines(made: ServiceEnv) -> list[str]:
    return [f"{one.name}={one.value}" for one in made.variables]


KUBERNETES = service("default/kubernetes", "10.96.0.1", ports="https:443/TCP")
DB = service("shop/db", "10.96.0.7", ports="pg:5432")
WEB = service("shop/web-2", "fd00::7", "10.96.0.9", ports="http:80/TCP dns:53/UDP 9899/SCTP")


def test_what_a_pod_is_given():
    """Dual stack: the first address; IPv6: brackets in URLs only; in the order of names."""
    made = build_service_env([WEB, KUBERNETES, DB, service("other/api", "10.96.0.5", ports="80")], "shop")
    assert lines(made) == [
        "DB_SERVICE_HOST=10.96.0.7",
        "DB_SERVICE_PORT=5432",
        "DB_SERVICE_PORT_PG=5432",
        "DB_PORT=tcp://10.96.0.7:5432",
        "DB_PORT_5432_TCP=tcp://10.96.0.7:5432",
        "DB_PORT_5432_TCP_PROTO=tcp",
        "DB_PORT_5432_TCP_PORT=5432",
        "DB_PORT_5432_TCP_ADDR=10.96.0.7",
        "KUBERNETES_SERVICE_HOST=10.96.0.1",
        "KUBERNETES_SERVICE_PORT=443",
        "KUBERNETES_SERVICE_PORT_HTTPS=443",
        "KUBERNETES_PORT=tcp://10.96.0.1:443",
        "KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443",
        "KUBERNETES_PORT_443_TCP_PROTO=tcp",
        "KUBERNETES_PORT_443_TCP_PORT=443",
        "KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1",
        "WEB_2_SERVICE_HOST=fd00::7",
        "WEB_2_SERVICE_PORT=80",
        "WEB_2_SERVICE_PORT_HTTP=80",
        "WEB_2_SERVICE_PORT_DNS=53",
        "WEB_2_PORT=tcp://[fd00::7]:80",
        "WEB_2_PORT_80_TCP=tcp://[fd00::7]:80",
        "WEB_2_PORT_80_TCP_PROTO=tcp",
        "WEB_2_PORT_80_TCP_PORT=80",
        "WEB_2_PORT_80_TCP_ADDR=fd00::7",
        "WEB_2_PORT_53_UDP=udp://[fd00::7]:53",
        "WEB_2_PORT_53_UDP_PROTO=udp",
        "WEB_2_PORT_53_UDP_PORT=53",
        "WEB_2_PORT_53_UDP_ADDR=fd00::7",
        "WEB_2_PORT_9899_SCTP=sctp://[fd00::7]:9899",
        "WEB_2_PORT_9899_SCTP_PROTO=sctp",
        "WEB_2_PORT_9899_SCTP_PORT=9899",
        "WEB_2_PORT_9899_SCTP_ADDR=fd00::7",
    ]
    assert made.warnings == ()
    assert [one.service for one in made.variables[::8]] == [
        ("shop", "db"),
        service_env.KUBERNETES_SERVICE,
        *[("shop", "web-2")] * 3,
    ]


@pytest.mark.parametrize("kind", ["headless", "ExternalName", "no cluster IP yet"])
def test_services_without_variables(kind):
    one = {
        "headless": service("shop/db", "None", ports="80"),
        "ExternalName": service("shop/db", ports="80", kind="ExternalName"),
        "no cluster IP yet": service("shop/db", ports="80"),
    }[kind]
    assert build_service_env([one], "shop") == ServiceEnv(())
    assert build_env_of_services({("shop", "db"): one}, [("shop", "db")]) == ServiceEnv(())


def test_a_service_without_ports_has_its_host():
    assert lines(build_service_env([service("shop/db", "10.96.0.7")], "shop")) == [
        "DB_SERVICE_HOST=10.96.0.7"
    ]


def test_a_name_that_begins_with_a_digit_stays():
    assert lines(build_service_env([service("shop/1st-try", "10.96.0.7")], "shop")) == [
        "1ST_TRY_SERVICE_HOST=10.96.0.7"
    ]


# --- who is told of which Service: namespace, enableServiceLinks -> the hosts

OWN = service("shop/kubernetes", "10.96.9.9", ports="1")
HEADLESS = service("shop/kubernetes", "None", ports="1")
TOLD = [
    ("shop", True, [KUBERNETES, DB], ["DB_SERVICE_HOST=10.96.0.7", "KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("shop", False, [KUBERNETES, DB], ["KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("default", True, [KUBERNETES, DB], ["KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("default", False, [KUBERNETES, DB], ["KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("default", False, [DB], []),
    ("shop", True, [KUBERNETES, OWN], ["KUBERNETES_SERVICE_HOST=10.96.9.9"]),
    ("shop", False, [KUBERNETES, OWN], ["KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("shop", True, [KUBERNETES, HEADLESS], ["KUBERNETES_SERVICE_HOST=10.96.0.1"]),
    ("other", True, [OWN, DB], []),
]


@pytest.mark.parametrize(("namespace", "links", "services", "hosts"), TOLD)
def test_whom_a_pod_is_told_of(namespace, links, services, hosts):
    for order in permutations(services):
        made = lines(build_service_env(order, namespace, links))
        assert [line for line in made if "_SERVICE_HOST=" in line] == hosts


# --- collisions


def test_service_variables_win_over_link_variables():
    """`DB_SERVICE_PORT` is also the first link variable of `db-service`, whatever the order of names."""
    both = [service("shop/db", "10.0.0.1", ports="80"), service("shop/db-service", "10.0.0.2", ports="81")]
    made = build_service_env(both, "shop")
    assert "DB_SERVICE_PORT=80" in lines(made) and len(made.variables) == 13
    assert made.warnings == (
        "Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used",
    )
    both = [service("shop/a", "10.0.0.1", ports="80"), service("shop/a-port", "10.0.0.2", ports="80-tcp:81")]
    assert build_service_env(both, "shop").warnings == ()
    both = [
        service("shop/a-service", "10.0.0.1", ports="80"),
        service("shop/a", "10.0.0.2", ports="80-tcp:80"),
    ]
    made = build_service_env(both, "shop")
    assert "A_SERVICE_PORT_80_TCP=80" in lines(made)
    assert made.warnings == (
        "Services shop/a and shop/a-service both make A_SERVICE_PORT, A_SERVICE_PORT_80_TCP: "
        "shop/a's is used",
    )


def test_else_the_order_of_names_decides():
    both = [service("shop/x-port-80-tcp", "10.0.0.2", ports="81"), service("shop/x", "10.0.0.1", ports="80")]
    made = build_service_env(both, "shop")
    assert "X_PORT_80_TCP_PORT=80" in lines(made)
    assert made.warnings == (
        "Services shop/x and shop/x-port-80-tcp both make X_PORT_80_TCP_PORT: shop/x's is used",
    )


def test_a_long_list_of_collisions_is_cut():
    found = {
        key_of(one): one
        for one in (service("a/db", "10.0.0.1", ports="1"), service("b/db", "10.0.0.2", ports="1"))
    }
    made = build_env_of_services(found, [("b", "db"), ("a", "db")])
    assert made.variables == build_env_of_services(found, [("b", "db")]).variables
    assert made.warnings == (
        "Services b/db and a/db both make DB_SERVICE_HOST, DB_SERVICE_PORT, DB_PORT and 4 more: "
        "b/db's is used",
    )


def test_named_services_come_in_the_order_wanted():
    found = {key_of(one): one for one in (KUBERNETES, DB, WEB, service("other/api", "10.96.0.5"))}
    wanted = [("other", "api"), ("shop", "gone"), ("shop", "db"), ("other", "api")]
    made = build_env_of_services(found, wanted)
    assert [one.service for one in made.variables] == [("other", "api"), *[("shop", "db")] * 8]


# --- a second reading


@given(clusters, st.booleans(), st.randoms())
def test_the_same_as_a_second_reading(cluster, links, random):
    own = {
        one.metadata.name: one
        for one in cluster
        if links and one.metadata.namespace == "shop" and said_of(one)
    }
    master = [one for one in cluster if key_of(one) == ("default", "kubernetes") and said_of(one)]
    told = [*own.values(), *(one for one in master if "kubernetes" not in own)]
    possible = candidates(told)
    made = build_service_env(cluster, "shop", links)
    assert {one.name: one.value for one in made.variables} == {
        name: best[0][2] for name, best in possible.items()
    }
    assert len(made.variables) == len(possible)
    collided = {(best[0][1], other[1]) for best in possible.values() for other in best[1:]}
    assert len(made.warnings) == len(collided)
    for best, other in collided:
        assert sum(f"/{best} and " in text and f"/{other} both " in text for text in made.warnings) == 1
    random.shuffle(cluster)
    assert build_service_env(cluster, "shop", links) == made


@given(clusters, st.lists(st.tuples(st.sampled_from(["shop", "other"]), st.just("db")), max_size=3))
def test_named_services_are_as_when_they_are_alone(cluster, more):
    """The whole of each, but for what one before it has made."""
    found: dict[Key, Service] = {key_of(one): one for one in cluster}
    wanted = [*found, *more]
    made = build_env_of_services(found, wanted)
    assert {one.name for one in made.variables} == {name for one in cluster for name, _, _ in said_of(one)}
    for variable in made.variables:
        assert (variable.name, variable.value) in [said[:2] for said in said_of(found[variable.service])]
    order = [wanted.index(one.service) for one in made.variables]
    assert order == sorted(order)
