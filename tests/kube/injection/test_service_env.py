"""The variables of Services, beside a second reading of the kubelet's rules."""

from itertools import permutations
from random import Random

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
from tests.kube.injection.env_services import candidates, clusters, service, variables_of


def lines(env: ServiceEnv) -> list[str]:
    return [f"{variable.name}={variable.value}" for variable in env.variables]


KUBERNETES = service("default/kubernetes", "10.96.0.1", ports="https:443/TCP")
DB = service("shop/db", "10.96.0.7", ports="pg:5432")
WEB = service("shop/web-2", "fd00::7", "10.96.0.9", ports="http:80/TCP dns:53/UDP 9899/SCTP")


def test_what_a_pod_is_given() -> None:
    """Dual stack: the first address; IPv6: brackets in URLs only; in the order of names."""
    env = build_service_env([WEB, KUBERNETES, DB, service("other/api", "10.96.0.5", ports="80")], "shop")

    assert lines(env) == [
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
    assert env.warnings == ()
    assert [variable.service for variable in env.variables[::8]] == [
        ("shop", "db"),
        service_env.KUBERNETES_SERVICE,
        *[("shop", "web-2")] * 3,
    ]


@pytest.mark.parametrize("kind", ["headless", "ExternalName", "no cluster IP yet"])
def test_services_without_variables(kind: str) -> None:
    obj = {
        "headless": service("shop/db", "None", ports="80"),
        "ExternalName": service("shop/db", ports="80", kind="ExternalName"),
        "no cluster IP yet": service("shop/db", ports="80"),
    }[kind]

    assert build_service_env([obj], "shop") == ServiceEnv(())
    assert build_env_of_services({("shop", "db"): obj}, [("shop", "db")]) == ServiceEnv(())


def test_a_service_without_ports_has_its_host() -> None:
    assert lines(build_service_env([service("shop/db", "10.96.0.7")], "shop")) == [
        "DB_SERVICE_HOST=10.96.0.7"
    ]


def test_a_name_that_begins_with_a_digit_stays() -> None:
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
def test_whom_a_pod_is_told_of(
    namespace: str, links: bool, services: list[Service], hosts: list[str]
) -> None:
    for order in permutations(services):
        env = lines(build_service_env(order, namespace, links))
        assert [line for line in env if "_SERVICE_HOST=" in line] == hosts


# --- collisions


def test_service_variables_win_over_link_variables() -> None:
    """`DB_SERVICE_PORT` is also the first link variable of `db-service`, whatever the order of names."""
    both = [service("shop/db", "10.0.0.1", ports="80"), service("shop/db-service", "10.0.0.2", ports="81")]
    env = build_service_env(both, "shop")

    assert "DB_SERVICE_PORT=80" in lines(env) and len(env.variables) == 13
    assert env.warnings == (
        "Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used",
    )

    both = [service("shop/a", "10.0.0.1", ports="80"), service("shop/a-port", "10.0.0.2", ports="80-tcp:81")]

    assert build_service_env(both, "shop").warnings == ()

    both = [
        service("shop/a-service", "10.0.0.1", ports="80"),
        service("shop/a", "10.0.0.2", ports="80-tcp:80"),
    ]
    env = build_service_env(both, "shop")

    assert "A_SERVICE_PORT_80_TCP=80" in lines(env)
    assert env.warnings == (
        "Services shop/a and shop/a-service both make A_SERVICE_PORT, A_SERVICE_PORT_80_TCP: "
        "shop/a's is used",
    )


def test_else_the_order_of_names_decides() -> None:
    both = [service("shop/x-port-80-tcp", "10.0.0.2", ports="81"), service("shop/x", "10.0.0.1", ports="80")]
    env = build_service_env(both, "shop")

    assert "X_PORT_80_TCP_PORT=80" in lines(env)
    assert env.warnings == (
        "Services shop/x and shop/x-port-80-tcp both make X_PORT_80_TCP_PORT: shop/x's is used",
    )


def test_a_long_list_of_collisions_is_cut() -> None:
    by_key = {
        key_of(service): service
        for service in (service("a/db", "10.0.0.1", ports="1"), service("b/db", "10.0.0.2", ports="1"))
    }
    env = build_env_of_services(by_key, [("b", "db"), ("a", "db")])

    assert env.variables == build_env_of_services(by_key, [("b", "db")]).variables
    assert env.warnings == (
        "Services b/db and a/db both make DB_SERVICE_HOST, DB_SERVICE_PORT, DB_PORT and 4 more: "
        "b/db's is used",
    )


def test_named_services_come_in_the_order_wanted() -> None:
    by_key = {
        key_of(variable): variable for variable in (KUBERNETES, DB, WEB, service("other/api", "10.96.0.5"))
    }
    keys = [("other", "api"), ("shop", "gone"), ("shop", "db"), ("other", "api")]
    env = build_env_of_services(by_key, keys)

    assert [variable.service for variable in env.variables] == [("other", "api"), *[("shop", "db")] * 8]


# --- a second reading


@given(clusters, st.booleans(), st.randoms())
def test_the_same_as_a_second_reading(cluster: list[Service], links: bool, random: Random) -> None:
    own = {
        service.metadata.name: service
        for service in cluster
        if links and service.metadata.namespace == "shop" and variables_of(service)
    }
    master = [
        service
        for service in cluster
        if key_of(service) == ("default", "kubernetes") and variables_of(service)
    ]
    visible = [*own.values(), *(service for service in master if "kubernetes" not in own)]
    possible = candidates(visible)
    env = build_service_env(cluster, "shop", links)

    assert {service.name: service.value for service in env.variables} == {
        name: best[0][2] for name, best in possible.items()
    }
    assert len(env.variables) == len(possible)

    collided = {(best[0][1], later[1]) for best in possible.values() for later in best[1:]}

    assert len(env.warnings) == len(collided)

    for best, later in collided:
        assert sum(f"/{best} and " in text and f"/{later} both " in text for text in env.warnings) == 1

    random.shuffle(cluster)

    assert build_service_env(cluster, "shop", links) == env


@given(clusters, st.lists(st.tuples(st.sampled_from(["shop", "other"]), st.just("db")), max_size=3))
def test_named_services_are_as_when_they_are_alone(cluster: list[Service], extra_keys: list[Key]) -> None:
    """The whole of each, but for what one before it has made."""
    by_key: dict[Key, Service] = {key_of(variable): variable for variable in cluster}
    keys = [*by_key, *extra_keys]
    env = build_env_of_services(by_key, keys)

    assert {variable.name for variable in env.variables} == {
        name for variable in cluster for name, _, _ in variables_of(variable)
    }

    for variable in env.variables:
        assert (variable.name, variable.value) in [
            line[:2] for line in variables_of(by_key[variable.service])
        ]

    order = [keys.index(variable.service) for variable in env.variables]

    assert order == sorted(order)
