"""Which Pods are injected, what the patch says, and what is said to who makes the Pod."""

import json
from typing import Any

import pytest

from svcdns.errors import ObjectError
from svcdns.kube import admission, admission_patch, admission_review
from svcdns.kube.admission import Decision, Options
from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.objects import (
    Change,
    Namespace,
    NamespaceAnnotations,
    NamespaceMeta,
    Service,
    key_of,
)
from svcdns.kube.pod_template import DnsOption
from tests import reviews
from tests.kube.test_environ import service
from tests.reviews import Object, env, pod

DB = [
    "DB_SERVICE_HOST",
    "DB_SERVICE_PORT",
    "DB_PORT",
    "DB_PORT_5432_TCP",
    "DB_PORT_5432_TCP_PROTO",
    "DB_PORT_5432_TCP_PORT",
    "DB_PORT_5432_TCP_ADDR",
]
AUTH = [name.replace("DB", "AUTH").replace("5432", "80") for name in DB]


def namespace(name: str, inject: str | None = None, allow: str | None = None) -> Namespace:
    labels = {"svcdns.io/inject": inject} if inject else None
    annotations = NamespaceAnnotations(allow) if allow else None
    return Namespace(NamespaceMeta(name, labels=labels, annotations=annotations))


KUBERNETES = service("default/kubernetes", "10.96.0.1", ports="443")
KUBERNETES_NAMES = [name.replace("DB", "KUBERNETES").replace("5432", "443") for name in DB]


def cluster(*objects: Service | Namespace) -> Cluster:
    made = Cluster()
    for obj in objects:
        made.apply(Change("Service" if isinstance(obj, Service) else "Namespace", key_of(obj), obj))
    return made


CLUSTER = cluster(
    namespace("shop"),
    namespace("injected", "true"),
    namespace("other", allow="billing, shop"),
    namespace("closed"),
    namespace("open", allow="*"),
    service("shop/db", "10.96.0.7", ports="5432"),
    service("shop/peers", "None", ports="80"),
    service("injected/db", "10.96.0.8", ports="5432"),
    service("other/auth", "10.96.0.9", ports="80"),
    service("closed/auth", "10.96.0.10", ports="80"),
    service("open/auth", "10.96.0.11", ports="80"),
)


def decide(
    made: Object,
    where: str = "shop",
    known: Cluster | None = CLUSTER,
    options: Options = Options(),  # noqa: B008 - frozen
    **request: Any,
) -> tuple[Decision, Object, list[str]]:
    """The decision, the Pod after it, and the warnings as they are sent."""
    asked = reviews.request(made, where, **request)
    found = admission.decide(asked, known, options)
    answer = json.loads(admission_review.write(asked.uid, found.operations, found.warnings))
    return found, reviews.patched(made, answer), answer["response"].get("warnings", [])


def after(made: Object, where: str = "shop", **more: Any) -> Object:
    return decide(made, where, **more)[1]


# --- who is injected

LABEL = "svcdns.io/inject"
WHO = [
    ("shop", {LABEL: "true"}, True),
    ("shop", {}, False),
    ("shop", None, False),
    ("injected", {}, True),
    ("injected", {LABEL: "false"}, False),
    ("unknown", {LABEL: "false"}, False),
]


@pytest.mark.parametrize(("where", "labels", "injected"), WHO)
def test_who_opts_in(where, labels, injected):
    made = pod(labels=labels)
    if labels is None:
        del made["metadata"]["labels"]
    found, changed, warnings = decide(made, where)
    assert (found.outcome, warnings) == ("patched" if injected else "unchanged", [])
    assert env(changed) == (DB if injected else [])
    assert (changed != made) is injected


WANTED = 'wanted is "true" or "false"'
CLOSE = [
    ("shop", "yes", False, f'label {LABEL}: "yes" of the Pod: {WANTED}; it counts for nothing'),
    ("shop", "True", False, f'label {LABEL}: "True" of the Pod: {WANTED}; it counts for nothing'),
    ("injected", "yes", True, f'label {LABEL}: "yes" of the Pod: {WANTED}; it counts for nothing'),
    ("injected", "False", False, f'label {LABEL}: "False" of the Pod: {WANTED}; it is taken as false'),
    ("typo", None, False, f'label {LABEL}: "on" of namespace typo: {WANTED}; it counts for nothing'),
]


@pytest.mark.parametrize(("where", "value", "injected", "said"), CLOSE)
def test_labels_that_are_nearly_right(where, value, injected, said):
    known = cluster(namespace("shop"), namespace("injected", "true"), namespace("typo", "on"), KUBERNETES)
    found, _, warnings = decide(pod(labels={LABEL: value} if value else {}), where, known)
    assert (found.outcome, warnings) == ("patched" if injected else "unchanged", [f"svcdns: {said}"])


THERE = "nobody reads it; there are the label svcdns.io/inject and the annotation svcdns.io/services"


def test_labels_and_annotations_that_nobody_reads():
    made = pod(annotations={"svcdns.io/service": "db", LABEL: "true", "other/service": "x"})
    made["metadata"]["labels"]["svcdns.io/services"] = "db"
    assert decide(made)[2] == [
        f"svcdns: label svcdns.io/services, annotation svcdns.io/service, annotation {LABEL}: {THERE}"
    ]
    made = pod(labels={}, annotations={"svcdns.io/services": "db"})
    without = f'without the label {LABEL}: "true" the webhook leaves this Pod as it is'
    assert decide(made)[1:] == (made, [f"svcdns: {without}"])


def test_the_namespace_may_stand_only_in_the_request():
    assert "namespace" not in pod()["metadata"]
    assert env(after(pod())) == DB
    made = pod()
    made["metadata"]["namespace"] = "shop"
    assert env(after(made, "")) == DB


def test_mirror_pods_are_never_touched():
    made = pod(annotations={"kubernetes.io/config.mirror": "hash"})
    assert decide(made) == (Decision(), made, [])
    assert decide(made, known=None) == (Decision(), made, [])


def test_nothing_before_the_cluster_is_known():
    found, changed, warnings = decide(pod(), known=None)
    assert (found.outcome, changed) == ("not_ready", pod())
    assert warnings == ["svcdns: the Services are not known yet: nothing is injected"]
    assert decide(pod(labels={LABEL: "false"}), known=None)[2] == []
    found, changed, warnings = decide(pod(labels={}), "new")
    assert (found.outcome, changed) == ("not_ready", pod(labels={}))
    assert warnings == ["svcdns: namespace new is not known yet: nothing is injected"]


def test_nothing_in_a_namespace_that_is_not_known_yet():
    """With the variables of `kubernetes` alone it would lose its Services for good."""
    known = cluster(namespace("shop"), KUBERNETES, service("ahead/db", "10.96.0.7"))
    found, changed, warnings = decide(pod(), "new", known)
    assert (found.outcome, changed) == ("not_ready", pod())
    assert warnings == ["svcdns: namespace new is not known yet: nothing is injected"]
    assert env(after(pod(), "ahead", known=known)) == ["DB_SERVICE_HOST", *KUBERNETES_NAMES]


@pytest.mark.parametrize(
    "request_",
    [
        {"operation": "UPDATE"},
        {"operation": "DELETE", "object": None},
        {"resource": {"group": "apps", "version": "v1", "resource": "deployments"}},
        {"subResource": "ephemeralcontainers"},
    ],
)
def test_only_pods_that_are_made(request_):
    found, changed, warnings = decide(pod(), **request_)
    assert (found.outcome, changed, len(warnings)) == ("unchanged", pod(), 1)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "Pod",
        {"spec": []},
        {"spec": {"containers": {}}},
        {"spec": {"containers": [None]}},
        {"spec": {"containers": [{"name": "a", "env": [{"name": 1}]}]}},
        {"metadata": {"labels": ["a"]}},
    ],
)
def test_what_is_no_pod_is_left_alone(wrong):
    found, _, warnings = decide(pod(), "injected", object=wrong)
    assert (found.outcome, found.operations) == ("unreadable", ())
    assert warnings[0].startswith("svcdns: the Pod is left as it is: ")


def test_of_a_pod_that_does_not_opt_in_no_more_is_read():
    assert decide(pod(), object={"spec": []}) == (Decision(), pod(), [])


@pytest.mark.parametrize("made", [{}, {"metadata": {"labels": None}}, {"spec": {"containers": None}}])
def test_an_empty_pod_in_a_namespace_that_opts_in(made):
    options = Options(dns=(DnsOption("ndots", "2"),))
    found, changed, _ = decide(made, "injected", options=options)
    assert changed["spec"]["dnsConfig"] == {"options": [{"name": "ndots", "value": "2"}]}
    assert len(found.operations) == 1


def test_a_pod_of_very_many_containers_is_left_alone():
    made = pod(*({"name": f"c{number}"} for number in range(200)))
    found, changed, warnings = decide(made)
    assert (found.outcome, changed) == ("unreadable", made)
    assert warnings == ["svcdns: the Pod is left as it is: spec: over 128 containers"]


MANY = [
    {"env": [{"name": f"A{n}", "value": "x"} for n in range(11_000)]},
    {"args": ["$(A)" * 11_000]},
    {"envFrom": [{"prefix": f"DB{n}", "secretRef": {"name": "s"}} for n in range(11_000)]},
]


@pytest.mark.parametrize("container", MANY, ids=["env", "references", "envFrom"])
def test_a_pod_of_very_many_entries_is_left_alone(container):
    made = pod({"name": "a"}, {"name": "b", **container})
    found, changed, warnings = decide(made)
    assert (found.outcome, changed) == ("unreadable", made)
    many = "over 10000 entries of env and envFrom, and references"
    assert warnings == [f"svcdns: the Pod is left as it is: spec: {many}"]


def test_prefixes_that_admit_very_many_variables():
    known = cluster(namespace("shop"), *(service(f"shop/s{n}", "10.0.0.1", ports="80") for n in range(700)))
    wide = {"envFrom": [{"prefix": "S", "secretRef": {"name": "s"}}]}
    made = pod(*({"name": f"c{n}", **wide} for n in range(9)))
    _, changed, warnings = decide(made, known=known)
    assert changed == made
    many = "envFrom may give over 40000 variables of Services"
    assert warnings == [f"svcdns: the Pod is left as it is: spec: {many}"]
    assert "containers" in decide(pod(*made["spec"]["containers"][:8]), known=known)[2][0]


# --- what the patch says


def test_each_container_and_its_own_variables():
    own = [
        {"name": "URL", "value": "pg://$(DB_SERVICE_HOST)"},
        {"name": "DB_PORT", "value": "mine"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP", "apiVersion": "v1"}}},
    ]
    made = pod(
        {"name": "none"},
        {"name": "null", "env": None},
        {"name": "empty", "env": []},
        {"name": "own", "env": own},
        initContainers=[{"name": "init", "env": own[2:]}, {"name": "side", "restartPolicy": "Always"}],
        ephemeralContainers=[{"name": "debug"}],
    )
    changed = after(made)
    assert [env(changed, number) for number in range(3)] == [DB, DB, DB]
    rest = [name for name in DB if name != "DB_PORT"]
    assert env(changed, 3) == [*rest, "URL", "DB_PORT", "IP"]
    assert changed["spec"]["containers"][3]["env"][len(rest) :] == own
    assert env(changed, 0, "initContainers") == [*DB, "IP"]
    assert env(changed, 1, "initContainers") == DB
    assert changed["spec"]["ephemeralContainers"] == [{"name": "debug"}]
    assert changed["spec"]["containers"][0]["env"][:3] == [
        {"name": "DB_SERVICE_HOST", "value": "10.96.0.7"},
        {"name": "DB_SERVICE_PORT", "value": "5432"},
        {"name": "DB_PORT", "value": "tcp://10.96.0.7:5432"},
    ]
    for part in (made, changed):  # nothing else has changed
        part["metadata"].pop("annotations", None)
        part["spec"] = {**part["spec"], "enableServiceLinks": None}
        for one in (*part["spec"]["containers"], *part["spec"]["initContainers"]):
            one.pop("env", None)
    assert made == changed


def test_links_are_switched_off_where_something_is_injected():
    changed = after(pod())
    assert changed["spec"]["enableServiceLinks"] is False
    assert changed["metadata"]["annotations"] == {"svcdns.io/injected": "true"}
    changed = after(pod(annotations={"a/b": "c"}, enableServiceLinks=None))
    assert changed["spec"]["enableServiceLinks"] is False
    assert changed["metadata"]["annotations"] == {"a/b": "c", "svcdns.io/injected": "true"}
    full = pod({"env": [{"name": name, "value": "mine"} for name in DB]})
    assert after(full) == full


def test_a_pod_without_links_is_given_only_what_it_names():
    made = pod(enableServiceLinks=False)
    found, changed, warnings = decide(made)
    assert (changed, found.outcome) == (made, "unchanged")
    assert warnings == ["svcdns: enableServiceLinks is false: only Services of svcdns.io/services count"]
    made["metadata"]["annotations"] = {"svcdns.io/services": "db"}
    found, changed, warnings = decide(made)
    assert (env(changed), warnings) == (DB, [])
    assert changed["metadata"] == made["metadata"]


def test_what_envfrom_might_give_is_left_to_the_kubelet():
    every = {"name": "every", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    some = {"name": "some", "envFrom": [{"prefix": "DB_PORT_5432_", "secretRef": {"name": "keys"}}]}
    none = {"name": "none", "envFrom": [{"prefix": "WEB_", "secretRef": {"name": "keys"}}]}
    found, changed, warnings = decide(pod(every, some, none, {"name": "free"}))
    assert [env(changed, number) for number in range(4)] == [[], DB[:3], DB, DB]
    assert changed["spec"]["enableServiceLinks"] is True
    assert "annotations" not in changed["metadata"]
    assert found.injected == 17
    assert warnings == [
        'svcdns: container "every": DB_SERVICE_HOST, DB_SERVICE_PORT, DB_PORT and 4 more not injected, '
        "because envFrom (ConfigMap settings) may give them; enableServiceLinks stays as it is",
        'svcdns: container "some": DB_PORT_5432_TCP, DB_PORT_5432_TCP_PROTO, DB_PORT_5432_TCP_PORT and 1 '
        "more not injected, because envFrom (Secret keys) may give them; enableServiceLinks stays as it is",
    ]


def test_a_container_that_comes_later_is_injected_too():
    """Another webhook adds one; with `reinvocationPolicy: IfNeeded` the Pod is sent again."""
    changed = after(pod())
    changed["spec"]["containers"].append({"name": "proxy"})
    again = after(changed)
    assert env(again, 1) == DB and again["spec"]["enableServiceLinks"] is False
    changed["spec"]["containers"][1]["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    again = after(changed)
    assert env(again, 1) == [] and again["spec"]["enableServiceLinks"] is True
    assert again["metadata"]["annotations"] == {}
    assert after(again) == again


def test_a_reference_before_its_variable_is_set_needs_the_kubelet():
    own = [{"name": "URL", "value": "$(DB_SERVICE_HOST)"}, {"name": "DB_SERVICE_HOST", "value": "mine"}]
    _, changed, warnings = decide(pod({"name": "app", "env": own}))
    assert changed["spec"]["enableServiceLinks"] is True
    assert warnings == [
        'svcdns: container "app": DB_SERVICE_HOST set after a reference to it; '
        "enableServiceLinks stays as it is"
    ]
    assert after(pod({"env": own[::-1]}))["spec"]["enableServiceLinks"] is False


def test_a_name_that_no_env_may_have_is_left_to_the_kubelet():
    known = cluster(namespace("shop"), service("shop/1st", "10.0.0.1"), service("shop/db", "10.0.0.2"))
    _, changed, warnings = decide(pod(), known=known)
    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (["DB_SERVICE_HOST"], True)
    assert warnings == [
        "svcdns: only the kubelet gives 1ST_SERVICE_HOST and the like, which begin with a digit; "
        "enableServiceLinks stays as it is"
    ]


def test_a_service_called_kubernetes_of_its_own():
    """Without links the kubelet would add `default/kubernetes` to it."""
    own = service("shop/kubernetes", "10.0.0.2")
    _, changed, warnings = decide(pod(), known=cluster(namespace("shop"), own))
    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (["KUBERNETES_SERVICE_HOST"], True)
    assert "the Service shop/kubernetes in place of default/kubernetes" in warnings[0]


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
        'svcdns: "db.shop.svc.cluster.local" is no name of a Service: write db.shop',
    ),
    ("other/auth", 'svcdns: "other/auth" is no name of a Service: write auth.other'),
    ("db peers", 'svcdns: "db peers" is no name of a Service: names stand apart, as db, cache'),
    ("DB", 'svcdns: "DB" is no name of a Service: write db'),
    ("db.", 'svcdns: "db." is no name of a Service: wanted is NAME or NAME.NAMESPACE'),
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
    assert warnings[0] == "svcdns: only the first 256 of the Services that are named count"
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


# --- references that nothing gives


def test_a_reference_to_a_service_that_is_not_known_yet():
    """The kubelet may know it when the container starts."""
    container = {"name": "app", "args": ["$(LATE_SERVICE_HOST) $(LATE_PORT) $(date) $(DB_SERVICE_HOST)"]}
    _, changed, warnings = decide(pod(container))
    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (DB, True)
    said = "no Service is known that makes it; enableServiceLinks stays as it is"
    assert warnings == [f'svcdns: container "app": nothing gives $(LATE_SERVICE_HOST), $(LATE_PORT): {said}']
    assert after(changed) == changed
    container["envFrom"] = [{"prefix": "LATE_", "secretRef": {"name": "keys"}}]
    assert decide(pod(container))[2] == []


def test_the_kubelet_always_gives_kubernetes():
    known = cluster(namespace("shop"), KUBERNETES, service("shop/db", "10.96.0.7"))
    made = pod({"args": ["$(KUBERNETES_SERVICE_HOST)"]}, annotations={"svcdns.io/services": "db"})
    _, changed, warnings = decide(made, known=known)
    assert (env(changed), warnings) == (["DB_SERVICE_HOST"], [])
    assert changed["spec"]["enableServiceLinks"] is False


def test_a_reference_beyond_the_budget_needs_the_kubelet():
    services = [service(f"shop/s{number:03}", "10.0.0.1") for number in range(60)]
    made = pod({"name": "app", "args": [f"$(S{number:03}_SERVICE_HOST)" for number in range(60)]})
    _, changed, warnings = decide(made, known=cluster(namespace("shop"), *services), options=Options(1024))
    assert (len(env(changed)), changed["spec"]["enableServiceLinks"]) == (37, True)
    assert warnings[0] == (
        'svcdns: container "app": nothing gives $(S037_SERVICE_HOST), $(S038_SERVICE_HOST), '
        "$(S039_SERVICE_HOST) and 20 more: it is beyond the budget; enableServiceLinks stays as it is"
    )


# --- budget


def test_hosts_and_ports_of_all_come_before_links_of_any():
    services = [service(f"shop/s{number:02}", "10.0.0.1", ports="80") for number in range(40)]
    known = cluster(namespace("shop"), *services)
    _, changed, warnings = decide(pod({"name": "app"}), known=known, options=Options(budget=2048))
    names = env(changed)
    assert sum(len(one["name"] + one["value"]) + 2 for one in changed["spec"]["containers"][0]["env"]) <= 2048
    assert [name for name in names if name.endswith("_HOST")] == [f"S{n:02}_SERVICE_HOST" for n in range(40)]
    assert names[:9] == [*(f"S00_{name[3:]}" for name in DB[:3]), *names[3:9]]
    assert changed["spec"]["enableServiceLinks"] is False
    assert warnings == [
        'svcdns: container "app": over 2048 bytes: only Docker links of 39 Services (shop/s01, shop/s02, '
        "shop/s03, ...) are left out; name those it needs"
    ]
    _, _, warnings = decide(pod({"name": "app"}), known=known, options=Options(budget=1024))
    assert warnings == [
        'svcdns: container "app": over 1024 bytes: hosts and ports of 18 Services (shop/s22, shop/s23, '
        "shop/s24, ...) and only Docker links of 22 Services (shop/s00, shop/s01, shop/s02, ...) are left "
        "out; name those it needs"
    ]


def test_what_a_container_refers_to_comes_first():
    services = [service(f"shop/s{number:03}", "10.0.0.1", ports="80") for number in range(200)]
    known, options = cluster(namespace("shop"), *services), Options(budget=1024)
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


# --- resolv.conf

DNS = Options(dns=(DnsOption("ndots", "2"), DnsOption("single-request")))
ADDED = [{"name": "ndots", "value": "2"}, {"name": "single-request"}]
POLICIES = [
    ({}, ADDED),
    ({"dnsPolicy": None}, ADDED),
    ({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": True}, ADDED),
    ({"hostNetwork": True}, None),
    ({"dnsPolicy": "Default"}, None),
    ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}}, None),
    ({"dnsConfig": {"searches": ["x"]}}, ADDED),
    ({"dnsConfig": {"options": None}}, ADDED),
    (
        {"dnsConfig": {"options": [{"name": "ndots", "value": "5"}]}},
        [{"name": "ndots", "value": "5"}, ADDED[1]],
    ),
]


@pytest.mark.parametrize(("spec", "wanted"), POLICIES)
def test_options_of_resolv_conf(spec, wanted):
    changed = after(pod(**spec), options=DNS)
    options = (changed["spec"].get("dnsConfig") or {}).get("options")
    assert sorted(map(str, options or ())) == sorted(map(str, wanted or ()))
    assert {**(spec.get("dnsConfig") or {}), "options": None} == {
        **(changed["spec"].get("dnsConfig") or {}),
        "options": None,
    }
    assert after(changed, options=DNS) == changed
    assert "dnsConfig" not in after(pod(labels={}), options=DNS)["spec"]


# --- the review itself

NO_REVIEWS = [
    b"",
    b"\xff",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":""}}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":7}}',
    b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u"}}',
    b'{"apiVersion":"admission.k8s.io/v1","kind":"Pod","request":{"uid":"u"}}',
]


@pytest.mark.parametrize("body", NO_REVIEWS, ids=lambda body: body[-40:].decode("latin1"))
def test_what_is_no_review(body):
    with pytest.raises(ObjectError, match="this is no AdmissionReview"):
        admission_review.read(body)


def test_warnings_are_bounded():
    long = [f"{number} \x1b[1m\n{'é' * 300}" for number in range(30)]
    sent = json.loads(admission_review.write("u", (), [*long, *long]))["response"]["warnings"]
    assert len(sent) == 16 and max(map(len, sent)) == 256
    assert all(text.isprintable() and text.startswith("svcdns: ") for text in sent)
    assert sent[-1] == "svcdns: and 15 more warnings"


def test_pointers():
    assert (
        admission_patch.pointer(("metadata", "annotations", "a/b~c", 0)) == "/metadata/annotations/a~1b~0c/0"
    )
    operation = admission_patch.put({"a": None}, ("a", "b/c", "d"), 1)
    assert (operation.path, operation.value) == ("/a", {"b/c": {"d": 1}})
