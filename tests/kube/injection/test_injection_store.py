"""Services that a Pod names, and what is left out where all are too much."""

import json

import pytest

from svcdns.kube.injection.admission import InjectionOptions
from tests.kube.injection.admitted import (
    AUTH,
    DB,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.test_service_env import service
from tests.reviews import Object, env, pod

# --- named Services


def named(text: str, where: str = "shop", *containers: Object) -> tuple[list[str], list[str]]:
    _, changed, warnings = decide(pod(*containers, annotations={"svcdns.io/services": text}), where)
    return env(changed), warnings


def test_named_services_in_their_order():
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


@pytest.mark.parametrize(("text", "said"), NOT_GIVEN)
def test_services_that_are_not_given(text, said):
    assert named(text) == ([], [said])


def test_a_reference_to_a_service_that_is_not_named():
    container = {"name": "app", "args": ["$(DB_SERVICE_HOST) $(AUTH_PORT) $(date)"]}
    assert named("auth.other", "shop", container) == (
        AUTH,
        ['svcdns: container "app": nothing gives $(DB_SERVICE_HOST): the Service shop/db is not named'],
    )


def test_very_many_names():
    text = ",".join(f"s{number}" for number in range(1000))
    given, warnings = named(text)
    assert given == [] and len(warnings) == 16
    assert warnings[0] == "svcdns: only the first 256 Services of the annotation are used"
    assert warnings[-1] == "svcdns: and 242 more warnings"


def test_collisions_are_told():
    known = cluster(
        namespace("shop"),
        service("shop/db", "10.0.0.1", ports="80"),
        service("shop/db-service", "10.0.0.2", ports="81"),
    )
    assert decide(pod(), known=known)[2] == [
        "svcdns: Services shop/db and shop/db-service both make DB_SERVICE_PORT: shop/db's is used"
    ]


def test_a_service_of_another_namespace_beside_an_envfrom_that_may_give_all():
    """The kubelet knows it not: it is not left to it, and `shop/auth` is another one."""
    every = {"name": "app", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    reason = "because envFrom (ConfigMap settings) may give them"
    _, changed, warnings = decide(pod(every, annotations={"svcdns.io/services": "auth.other"}))
    assert env(changed) == []
    assert warnings == [
        'svcdns: container "app": AUTH_SERVICE_HOST, AUTH_SERVICE_PORT, AUTH_PORT and 4 more of other/auth '
        f"not injected, {reason}, and the kubelet gives none of another namespace: give that envFrom a prefix"
    ]
    known = cluster(
        namespace("shop"),
        namespace("other", allow="shop"),
        service("shop/db", "10.96.0.7"),
        service("shop/auth", "10.96.0.8"),
        service("other/auth", "10.96.0.9"),
    )
    made = pod(every, {"name": "free"}, annotations={"svcdns.io/services": "auth.other"})
    _, changed, warnings = decide(made, known=known)
    assert (env(changed, 0), env(changed, 1)) == ([], ["AUTH_SERVICE_HOST"])
    assert changed["spec"]["enableServiceLinks"] is False
    assert warnings == [
        f'svcdns: container "app": AUTH_SERVICE_HOST of other/auth not injected, {reason}, and the kubelet '
        "gives at most those of shop/auth: give that envFrom a prefix"
    ]
    made["metadata"]["annotations"]["svcdns.io/services"] = "db, auth.other"
    _, changed, warnings = decide(made, known=known)
    assert changed["spec"]["enableServiceLinks"] is True
    assert warnings[0] == (
        f'svcdns: container "app": DB_SERVICE_HOST not injected, {reason}; enableServiceLinks stays as it is'
    )


# --- budget


def test_hosts_and_ports_of_all_come_before_links_of_any():
    services = [service(f"shop/s{number:02}", "10.0.0.1", ports="80") for number in range(40)]
    known = cluster(namespace("shop"), *services)
    _, changed, warnings = decide(
        pod({"name": "app"}), known=known, options=InjectionOptions(max_env_bytes=2048)
    )
    names = env(changed)
    assert sum(len(one["name"] + one["value"]) + 2 for one in changed["spec"]["containers"][0]["env"]) <= 2048
    assert [name for name in names if name.endswith("_HOST")] == [f"S{n:02}_SERVICE_HOST" for n in range(40)]
    assert names[:9] == [*(f"S00_{name[3:]}" for name in DB[:3]), *names[3:9]]
    assert changed["spec"]["enableServiceLinks"] is False
    assert warnings == [
        'svcdns: container "app": over 2048 bytes: only Docker links of 39 Services (shop/s01, shop/s02, '
        "shop/s03, ...) are left out; name the Services that it needs"
    ]
    _, _, warnings = decide(pod({"name": "app"}), known=known, options=InjectionOptions(max_env_bytes=1024))
    assert warnings == [
        'svcdns: container "app": over 1024 bytes: hosts and ports of 18 Services (shop/s22, shop/s23, '
        "shop/s24, ...) and only Docker links of 22 Services (shop/s00, shop/s01, shop/s02, ...) are left "
        "out; name the Services that it needs"
    ]


def test_what_a_container_refers_to_comes_first():
    services = [service(f"shop/s{number:03}", "10.0.0.1", ports="80") for number in range(200)]
    known, options = cluster(namespace("shop"), *services), InjectionOptions(max_env_bytes=1024)
    made = pod(
        {"args": ["$(S199_PORT_80_TCP_ADDR)"], "env": [{"name": "X", "value": "$(S150_SERVICE_HOST)"}]}
    )
    names = env(after(made, known=known, options=options))
    assert {"S199_PORT_80_TCP_ADDR", "S150_SERVICE_HOST", "S000_SERVICE_HOST"} < set(names)
    again = after(after(made, known=known, options=options), known=known, options=options)
    assert env(again) == names


def test_containers_share_a_bound():
    """Twenty containers of 64 KiB would make an object that etcd does not take."""
    services = [service(f"shop/s{number:04}", "10.0.0.1", ports="80") for number in range(2000)]
    changed = after(pod(*({"name": f"c{n}"} for n in range(20))), known=cluster(namespace("shop"), *services))
    assert len(json.dumps(changed)) < 800_000
    assert len({tuple(env(changed, number)) for number in range(20)}) == 1


def test_a_large_pod_stays_small_enough_to_be_stored():
    """etcd takes 1.5 MiB, and managedFields say each name again."""
    services = [service(f"shop/s{number:04}", "10.0.0.1", ports="80") for number in range(2000)]
    known = cluster(namespace("shop"), *services)
    for size in (300_000, 1_000_000, 1_370_000, 1_400_000):
        made = pod(annotations={"notes": "x" * size})
        changed = after(made, known=known)
        fields = 60 * len(env(changed)) + sum(map(len, env(changed)))
        assert len(json.dumps(changed)) + fields < 1.5 * (1 << 20)
        assert bool(env(changed)) is (size < 1_371_000)
        assert after(changed, known=known) == changed
    found, changed, warnings = decide(pod(annotations={"notes": "x" * 1_500_000}), known=known)
    assert found.outcome == "unreadable"
    assert warnings[0].endswith("bytes; with more it might not be stored")


def test_what_is_said_of_the_pod_comes_before_what_is_said_of_containers():
    """And of containers alike it is said once: the API server hands on 16 warnings."""
    every = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    own = [{"prefix": f"P{n}_", "configMapRef": {"name": f"own-{n}"}} for n in range(30)]
    containers = [{"name": f"c{n}", "envFrom": [*every["envFrom"], own[n]]} for n in range(30)]
    made = pod(*containers, annotations={"svcdns.io/services": "db, none"})
    assert decide(made)[2][0] == "svcdns: Service shop/none does not exist"
    (warning,) = decide(pod(*({"name": f"c{n}", **every} for n in range(30))))[2]
    assert warning.startswith('svcdns: containers "c0", "c1", "c2" and 27 more: DB_SERVICE_HOST, ')
