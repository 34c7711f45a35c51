"""Warnings about containers that lack what they may expect."""

from svcdns.kube.injection.injection_options import InjectionOptions
from tests.kube.injection.admitted_pods import (
    DB,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import Object, env, pod


def test_what_is_said_of_the_pod_comes_before_what_is_said_of_containers() -> None:
    """And of containers alike it is said once: the API server hands on 16 warnings."""
    every = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    own = [{"prefix": f"P{n}_", "configMapRef": {"name": f"own-{n}"}} for n in range(30)]
    containers = [{"name": f"c{n}", "envFrom": [*every["envFrom"], own[n]]} for n in range(30)]
    original = pod(*containers, annotations={"svcdns.io/services": "db, none"})

    assert decide(original)[2][0] == "svcdns: Service shop/none does not exist"

    (warning,) = decide(pod(*({"name": f"c{n}", **every} for n in range(30))))[2]

    assert warning.startswith('svcdns: containers "c0", "c1", "c2" and 27 more: DB_SERVICE_HOST, ')


def test_what_envfrom_might_give_is_left_to_the_kubelet() -> None:
    every = {"name": "every", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    some = {"name": "some", "envFrom": [{"prefix": "DB_PORT_5432_", "secretRef": {"name": "keys"}}]}
    none = {"name": "none", "envFrom": [{"prefix": "WEB_", "secretRef": {"name": "keys"}}]}
    decision, changed, warnings = decide(pod(every, some, none, {"name": "free"}))

    assert [env(changed, number) for number in range(4)] == [[], DB[:3], DB, DB]
    assert changed["spec"]["enableServiceLinks"] is True
    assert "annotations" not in changed["metadata"]
    assert decision.injected_variables == 17
    assert warnings == [
        'svcdns: container "every": DB_SERVICE_HOST, DB_SERVICE_PORT, DB_PORT and 4 more not injected, '
        "because envFrom (ConfigMap settings) may give them; enableServiceLinks stays as it is",
        'svcdns: container "some": DB_PORT_5432_TCP, DB_PORT_5432_TCP_PROTO, DB_PORT_5432_TCP_PORT and 1 '
        "more not injected, because envFrom (Secret keys) may give them; enableServiceLinks stays as it is",
    ]


def test_a_reference_to_a_service_that_is_not_known_yet() -> None:
    """The kubelet may know it when the container starts."""
    container: Object = {
        "name": "app",
        "args": ["$(LATE_SERVICE_HOST) $(LATE_PORT) $(date) $(DB_SERVICE_HOST)"],
    }
    _, changed, warnings = decide(pod(container))

    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (DB, True)

    reason = "no known Service makes it; enableServiceLinks stays as it is"

    assert warnings == [
        f'svcdns: container "app": nothing gives $(LATE_SERVICE_HOST), $(LATE_PORT): {reason}'
    ]
    assert after(changed) == changed

    container["envFrom"] = [{"prefix": "LATE_", "secretRef": {"name": "keys"}}]

    assert decide(pod(container))[2] == []


def test_a_reference_beyond_the_budget_needs_the_kubelet() -> None:
    services = [service(f"shop/s{number:03}", "10.0.0.1") for number in range(60)]
    original = pod({"name": "app", "args": [f"$(S{number:03}_SERVICE_HOST)" for number in range(60)]})
    _, changed, warnings = decide(
        original, store=cluster(namespace("shop"), *services), options=InjectionOptions(budget=1024)
    )

    assert (len(env(changed)), changed["spec"]["enableServiceLinks"]) == (37, True)
    assert warnings[0] == (
        'svcdns: container "app": nothing gives $(S037_SERVICE_HOST), $(S038_SERVICE_HOST), '
        "$(S039_SERVICE_HOST) and 20 more: it is beyond the budget; enableServiceLinks stays as it is"
    )
