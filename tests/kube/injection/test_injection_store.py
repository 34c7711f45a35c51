"""Services that a Pod names, and what is left out where all are too much."""

import pytest

from tests.kube.injection.admitted_pods import (
    AUTH,
    DB,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import Object, env, pod

# --- named Services


def named(text: str, where: str = "shop", *containers: Object) -> tuple[list[str], list[str]]:
    _, changed, warnings = decide(pod(*containers, annotations={"svcdns.io/services": text}), where)
    return env(changed), warnings


def test_named_services_in_their_order() -> None:
    assert named("db") == (DB, [])
    assert named(" auth.other ,db,auth.other,") == (AUTH + DB, [])
    assert named("auth.open", "injected") == (AUTH, [])
    assert named("db.injected", "injected") == (DB, [])


SHOWN = "its namespace does not allow it (svcdns.io/allow-injection-into: shop)"
NOT_GIVEN = [
    ("nothing", "svcdns: Service shop/nothing does not exist"),
    ("db.zzz", f"svcdns: Service zzz/db is left out: {SHOWN}"),
    ("auth.closed", f"svcdns: Service closed/auth is left out: {SHOWN}"),
    ("none.closed", f"svcdns: Service closed/none is left out: {SHOWN}"),
    ("none.other", "svcdns: Service other/none does not exist"),
    (
        "db.shop.svc.cluster.local",
        'svcdns: "db.shop.svc.cluster.local" is not a Service name: write db.shop',
    ),
    ("other/auth", 'svcdns: "other/auth" is not a Service name: write auth.other'),
    ("db peers", 'svcdns: "db peers" is not a Service name: separate names with commas, as db, cache'),
    ("DB", 'svcdns: "DB" is not a Service name: write db'),
    ("db.", 'svcdns: "db." is not a Service name: write NAME or NAME.NAMESPACE'),
    ("peers", "svcdns: Service shop/peers has no cluster IP, so there are no variables of it"),
    (" ,", "svcdns: no Service is named"),
]


@pytest.mark.parametrize(("text", "warning"), NOT_GIVEN)
def test_services_that_are_not_given(text: str, warning: str) -> None:
    assert named(text) == ([], [warning])


def test_a_reference_to_a_service_that_is_not_named() -> None:
    container = {"name": "app", "args": ["$(DB_SERVICE_HOST) $(AUTH_PORT) $(date)"]}
    assert named("auth.other", "shop", container) == (
        AUTH,
        ['svcdns: container "app": nothing gives $(DB_SERVICE_HOST): the Service shop/db is not named'],
    )


def test_very_many_names() -> None:
    text = ",".join(f"s{number}" for number in range(1000))
    names, warnings = named(text)

    assert names == [] and len(warnings) == 16
    assert warnings[0] == "svcdns: only the first 256 Services of the annotation are used"
    assert warnings[-1] == "svcdns: and 242 more warnings"


def test_collisions_are_told() -> None:
    store = cluster(
        namespace("shop"),
        service("shop/db", "10.0.0.1", ports="80"),
        service("shop/db-service", "10.0.0.2", ports="81"),
    )
    assert decide(pod(), store=store)[2] == [
        "svcdns: Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used"
    ]


def test_a_service_of_another_namespace_beside_an_envfrom_that_may_give_all() -> None:
    """The kubelet knows it not: it is not left to it, and `shop/auth` is another one."""
    every = {"name": "app", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    reason = "because envFrom (ConfigMap settings) may give them"
    _, changed, warnings = decide(pod(every, annotations={"svcdns.io/services": "auth.other"}))

    assert env(changed) == []
    assert warnings == [
        'svcdns: container "app": AUTH_SERVICE_HOST, AUTH_SERVICE_PORT, AUTH_PORT and 4 more of other/auth '
        f"not injected, {reason}, and the kubelet gives none of another namespace: give that envFrom a prefix"
    ]

    store = cluster(
        namespace("shop"),
        namespace("other", allow="shop"),
        service("shop/db", "10.96.0.7"),
        service("shop/auth", "10.96.0.8"),
        service("other/auth", "10.96.0.9"),
    )
    original = pod(every, {"name": "free"}, annotations={"svcdns.io/services": "auth.other"})
    _, changed, warnings = decide(original, store=store)

    assert (env(changed, 0), env(changed, 1)) == ([], ["AUTH_SERVICE_HOST"])
    assert changed["spec"]["enableServiceLinks"] is False
    assert warnings == [
        f'svcdns: container "app": AUTH_SERVICE_HOST of other/auth not injected, {reason}, and the kubelet '
        "gives at most those of shop/auth: give that envFrom a prefix"
    ]

    original["metadata"]["annotations"]["svcdns.io/services"] = "db, auth.other"
    _, changed, warnings = decide(original, store=store)

    assert changed["spec"]["enableServiceLinks"] is True
    assert warnings[0] == (
        f'svcdns: container "app": DB_SERVICE_HOST not injected, {reason}; enableServiceLinks stays as it is'
    )


# --- budget
