"""What the patch of an injected Pod says."""

import pytest

from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.pod_spec import DnsOption
from tests.kube.injection.admitted_pods import (
    DB,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import Object, env, pod

# --- what the patch says


def test_each_container_and_its_own_variables() -> None:
    own = [
        {"name": "URL", "value": "pg://$(DB_SERVICE_HOST)"},
        {"name": "DB_PORT", "value": "mine"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP", "apiVersion": "v1"}}},
    ]
    original = pod(
        {"name": "none"},
        {"name": "null", "env": None},
        {"name": "empty", "env": []},
        {"name": "own", "env": own},
        initContainers=[{"name": "init", "env": own[2:]}, {"name": "side", "restartPolicy": "Always"}],
        ephemeralContainers=[{"name": "debug"}],
    )
    changed = after(original)

    assert [env(changed, number) for number in range(3)] == [DB, DB, DB]

    remaining = [name for name in DB if name != "DB_PORT"]

    assert env(changed, 3) == [*remaining, "URL", "DB_PORT", "IP"]
    assert changed["spec"]["containers"][3]["env"][len(remaining) :] == own
    assert env(changed, 0, "initContainers") == [*DB, "IP"]
    assert env(changed, 1, "initContainers") == DB
    assert changed["spec"]["ephemeralContainers"] == [{"name": "debug"}]
    assert changed["spec"]["containers"][0]["env"][:3] == [
        {"name": "DB_SERVICE_HOST", "value": "10.96.0.7"},
        {"name": "DB_SERVICE_PORT", "value": "5432"},
        {"name": "DB_PORT", "value": "tcp://10.96.0.7:5432"},
    ]

    for part in (original, changed):  # nothing else has changed
        part["metadata"].pop("annotations", None)
        part["spec"] = {**part["spec"], "enableServiceLinks": None}
        for container in (*part["spec"]["containers"], *part["spec"]["initContainers"]):
            container.pop("env", None)

    assert original == changed


def test_links_are_switched_off_where_something_is_injected() -> None:
    changed = after(pod())

    assert changed["spec"]["enableServiceLinks"] is False
    assert changed["metadata"]["annotations"] == {"svcdns.io/injected": "true"}

    changed = after(pod(annotations={"a/b": "c"}, enableServiceLinks=None))

    assert changed["spec"]["enableServiceLinks"] is False
    assert changed["metadata"]["annotations"] == {"a/b": "c", "svcdns.io/injected": "true"}

    full = pod({"env": [{"name": name, "value": "mine"} for name in DB]})

    assert after(full) == full


def test_a_pod_without_links_is_given_only_what_it_names() -> None:
    original = pod(enableServiceLinks=False)
    decision, changed, warnings = decide(original)

    assert (changed, decision.outcome) == (original, "unchanged")
    assert warnings == [
        "svcdns: enableServiceLinks is false: only Services that svcdns.io/services names are injected"
    ]

    original["metadata"]["annotations"] = {"svcdns.io/services": "db"}
    decision, changed, warnings = decide(original)

    assert (env(changed), warnings) == (DB, [])
    assert changed["metadata"] == original["metadata"]


def test_a_container_that_comes_later_is_injected_too() -> None:
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


def test_a_name_that_no_env_may_have_is_left_to_the_kubelet() -> None:
    store = cluster(namespace("shop"), service("shop/1st", "10.0.0.1"), service("shop/db", "10.0.0.2"))
    _, changed, warnings = decide(pod(), store=store)

    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (["DB_SERVICE_HOST"], True)
    assert warnings == [
        "svcdns: only the kubelet gives 1ST_SERVICE_HOST and the like, which begin with a digit; "
        "enableServiceLinks stays as it is"
    ]


def test_a_service_called_kubernetes_of_its_own() -> None:
    """Without links the kubelet would add `default/kubernetes` to it."""
    own = service("shop/kubernetes", "10.0.0.2")
    _, changed, warnings = decide(pod(), store=cluster(namespace("shop"), own))

    assert (env(changed), changed["spec"]["enableServiceLinks"]) == (["KUBERNETES_SERVICE_HOST"], True)
    assert "the Service shop/kubernetes in place of default/kubernetes" in warnings[0]


# --- references that nothing gives


# --- resolv.conf

DNS = InjectionOptions(dns_config=(DnsOption("ndots", "2"), DnsOption("single-request")))
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


@pytest.mark.parametrize(("spec", "expected"), POLICIES)
def test_options_of_resolv_conf(spec: Object, expected: list[Object] | None) -> None:
    changed = after(pod(**spec), options=DNS)
    options = (changed["spec"].get("dnsConfig") or {}).get("options")

    assert sorted(map(str, options or ())) == sorted(map(str, expected or ()))
    assert {**(spec.get("dnsConfig") or {}), "options": None} == {
        **(changed["spec"].get("dnsConfig") or {}),
        "options": None,
    }
    assert after(changed, options=DNS) == changed
    assert "dnsConfig" not in after(pod(labels={}), options=DNS)["spec"]
