"""The names that a container sets or refers to, next to the available variables."""

from svcdns.kube.injection.available_vars import make_available
from svcdns.kube.injection.container_env_names import ContainerEnvNames
from svcdns.kube.injection.pod_spec import Container, EnvFrom, EnvVar, LocalObjectReference
from svcdns.kube.injection.service_env import build_env_of_services, build_service_env
from svcdns.kube.objects import key_of
from tests.kube.injection.admitted_pods import (
    KUBERNETES,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import env, pod


def test_a_reference_before_its_variable_is_set_needs_the_kubelet() -> None:
    own = [{"name": "URL", "value": "$(DB_SERVICE_HOST)"}, {"name": "DB_SERVICE_HOST", "value": "mine"}]
    _, changed, warnings = decide(pod({"name": "app", "env": own}))

    assert changed["spec"]["enableServiceLinks"] is True
    assert warnings == [
        'svcdns: container "app": DB_SERVICE_HOST set after a reference to it; '
        "enableServiceLinks stays as it is"
    ]
    assert after(pod({"env": own[::-1]}))["spec"]["enableServiceLinks"] is False


def test_the_kubelet_always_gives_kubernetes() -> None:
    store = cluster(namespace("shop"), KUBERNETES, service("shop/db", "10.96.0.7"))
    original = pod({"args": ["$(KUBERNETES_SERVICE_HOST)"]}, annotations={"svcdns.io/services": "db"})
    _, changed, warnings = decide(original, store=store)

    assert (env(changed), warnings) == (["DB_SERVICE_HOST"], [])
    assert changed["spec"]["enableServiceLinks"] is False


DB = service("shop/db", "10.96.0.7")
WEB = service("other/web", "10.96.0.8")
FROM_KUBELET = make_available(build_service_env([DB], "shop"))
AVAILABLE = make_available(
    build_env_of_services({key_of(DB): DB, key_of(WEB): WEB}, [key_of(DB), key_of(WEB)]),
    all_from_kubelet=FROM_KUBELET,
)


def names_of(container: Container) -> ContainerEnvNames:
    return ContainerEnvNames(container, AVAILABLE)


def test_a_name_that_is_set_twice_has_no_value() -> None:
    names = names_of(Container(env=(EnvVar("A", "1"), EnvVar("B", "2"), EnvVar("B", "2"), EnvVar("C", ""))))
    assert names.env_values == {"A": "1", "B": None, "C": None}


def test_what_is_left_to_env_from_is_counted_without_a_list() -> None:
    own = (EnvVar("DB_SERVICE_HOST", "mine"),)
    names = names_of(Container(env=own, env_from=(EnvFrom(config_map_ref=LocalObjectReference("x")),)))

    assert [variable.name for variable in names.left_to_env_from()] == ["WEB_SERVICE_HOST"]
    assert names.count_left_to_env_from() == 1
    assert [*names.foreign_left_to_env_from()] == ["WEB_SERVICE_HOST"]
    assert [variable.name for variable in names.set_by_env()] == ["DB_SERVICE_HOST"]


def test_why_a_reference_is_not_replaced() -> None:
    names = names_of(Container(args=("$(DB_SERVICE_HOST) $(WEB_SERVICE_HOST) $(LATE_PORT) $(date)",)))

    assert [*names.find_unresolved(())] == [
        ("DB_SERVICE_HOST", "it is beyond the budget", True),
        ("WEB_SERVICE_HOST", "it is beyond the budget", False),
        ("LATE_PORT", "no known Service makes it", True),
    ]
    assert [reference.name for reference in names.find_unresolved(AVAILABLE.variables)] == ["LATE_PORT"]
