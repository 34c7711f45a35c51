"""Which Pods are injected, and what is a review at all."""

import json

import pytest

from svcdns.kube.injection.admission import AdmissionDecision
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.pod_spec import DnsOption
from tests.kube.injection.admitted_pods import (
    DB,
    KUBERNETES,
    KUBERNETES_NAMES,
    after,
    cluster,
    decide,
    namespace,
)
from tests.kube.injection.env_services import service
from tests.reviews import Object, env, pod

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
def test_who_opts_in(where: str, labels: dict[str, str] | None, injected: bool) -> None:
    original = pod(labels=labels)
    if labels is None:
        del original["metadata"]["labels"]

    decision, changed, warnings = decide(original, where)

    assert (decision.outcome, warnings) == ("patched" if injected else "unchanged", [])
    assert env(changed) == (DB if injected else [])
    assert (changed != original) is injected


WANTED = 'must be "true" or "false"'
CLOSE = [
    ("shop", "yes", False, f'label {LABEL}: "yes" of the Pod {WANTED}; it is ignored'),
    ("shop", "True", False, f'label {LABEL}: "True" of the Pod {WANTED}; it is ignored'),
    ("injected", "yes", True, f'label {LABEL}: "yes" of the Pod {WANTED}; it is ignored'),
    ("injected", "False", False, f'label {LABEL}: "False" of the Pod {WANTED}; it is taken as false'),
    ("typo", None, False, f'label {LABEL}: "on" of namespace typo {WANTED}; it is ignored'),
]


@pytest.mark.parametrize(("where", "value", "injected", "warning"), CLOSE)
def test_labels_that_are_nearly_right(where: str, value: str | None, injected: bool, warning: str) -> None:
    store = cluster(namespace("shop"), namespace("injected", "true"), namespace("typo", "on"), KUBERNETES)
    decision, _, warnings = decide(pod(labels={LABEL: value} if value else {}), where, store)

    assert (decision.outcome, warnings) == ("patched" if injected else "unchanged", [f"svcdns: {warning}"])


THERE = "use the label svcdns.io/inject or the annotation svcdns.io/services"


def test_labels_and_annotations_that_nobody_reads() -> None:
    original = pod(annotations={"svcdns.io/service": "db", LABEL: "true", "other/service": "x"})
    original["metadata"]["labels"]["svcdns.io/services"] = "db"

    assert decide(original)[2] == [
        f"svcdns: label svcdns.io/services, annotation svcdns.io/service, annotation {LABEL} ignored: {THERE}"
    ]

    original = pod(labels={}, annotations={"svcdns.io/services": "db"})
    without = f'without the label {LABEL}: "true" the webhook leaves this Pod as it is'

    assert decide(original)[1:] == (original, [f"svcdns: {without}"])


def test_the_namespace_may_stand_only_in_the_request() -> None:
    assert "namespace" not in pod()["metadata"]
    assert env(after(pod())) == DB

    original = pod()
    original["metadata"]["namespace"] = "shop"

    assert env(after(original, "")) == DB


def test_mirror_pods_are_never_touched() -> None:
    original = pod(annotations={"kubernetes.io/config.mirror": "hash"})

    assert decide(original) == (AdmissionDecision(), original, [])
    assert decide(original, store=None) == (AdmissionDecision(), original, [])


def test_nothing_before_the_cluster_is_known() -> None:
    decision, changed, warnings = decide(pod(), store=None)

    assert (decision.outcome, changed) == ("not_ready", pod())
    assert warnings == ["svcdns: the Services are not known yet: nothing is injected"]
    assert decide(pod(labels={LABEL: "false"}), store=None)[2] == []

    decision, changed, warnings = decide(pod(labels={}), "new")

    assert (decision.outcome, changed) == ("not_ready", pod(labels={}))
    assert warnings == ["svcdns: namespace new is not known yet: nothing is injected"]


def test_nothing_in_a_namespace_that_is_not_known_yet() -> None:
    """With the variables of `kubernetes` alone it would lose its Services for good."""
    store = cluster(namespace("shop"), KUBERNETES, service("ahead/db", "10.96.0.7"))
    decision, changed, warnings = decide(pod(), "new", store)

    assert (decision.outcome, changed) == ("not_ready", pod())
    assert warnings == ["svcdns: namespace new is not known yet: nothing is injected"]
    assert env(after(pod(), "ahead", store=store)) == ["DB_SERVICE_HOST", *KUBERNETES_NAMES]


@pytest.mark.parametrize(
    "request_",
    [
        {"operation": "UPDATE"},
        {"operation": "DELETE", "object": None},
        {"resource": {"group": "apps", "version": "v1", "resource": "deployments"}},
        {"subResource": "ephemeralcontainers"},
    ],
)
def test_only_pods_that_are_made(request_: Object) -> None:
    decision, changed, warnings = decide(pod(), **request_)
    assert (decision.outcome, changed, len(warnings)) == ("unchanged", pod(), 1)


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
def test_what_is_no_pod_is_left_alone(wrong: object) -> None:
    decision, _, warnings = decide(pod(), "injected", object=wrong)

    assert (decision.outcome, decision.operations) == ("unreadable", ())
    assert warnings[0].startswith("svcdns: the Pod is left as it is: ")


def test_of_a_pod_that_does_not_opt_in_no_more_is_read() -> None:
    assert decide(pod(), object={"spec": []}) == (AdmissionDecision(), pod(), [])


@pytest.mark.parametrize("original", [{}, {"metadata": {"labels": None}}, {"spec": {"containers": None}}])
def test_an_empty_pod_in_a_namespace_that_opts_in(original: Object) -> None:
    options = InjectionOptions(dns_config=(DnsOption("ndots", "2"),))
    decision, changed, _ = decide(original, "injected", options=options)

    assert changed["spec"]["dnsConfig"] == {"options": [{"name": "ndots", "value": "2"}]}
    assert len(decision.operations) == 1


def test_a_pod_of_very_many_containers_is_left_alone() -> None:
    original = pod(*({"name": f"c{number}"} for number in range(200)))
    decision, changed, warnings = decide(original)

    assert (decision.outcome, changed) == ("unreadable", original)
    assert warnings == ["svcdns: the Pod is left as it is: spec: over 128 containers"]


MANY = [
    {"env": [{"name": f"A{n}", "value": "x"} for n in range(11_000)]},
    {"args": ["$(A)" * 11_000]},
    {"envFrom": [{"prefix": f"DB{n}", "secretRef": {"name": "s"}} for n in range(11_000)]},
]


@pytest.mark.parametrize("container", MANY, ids=["env", "references", "envFrom"])
def test_a_pod_of_very_many_entries_is_left_alone(container: Object) -> None:
    original = pod({"name": "a"}, {"name": "b", **container})
    decision, changed, warnings = decide(original)

    assert (decision.outcome, changed) == ("unreadable", original)

    many = "over 10000 entries of env and envFrom, and references"

    assert warnings == [f"svcdns: the Pod is left as it is: spec: {many}"]


def test_prefixes_that_admit_very_many_variables() -> None:
    store = cluster(namespace("shop"), *(service(f"shop/s{n}", "10.0.0.1", ports="80") for n in range(700)))
    wide = {"envFrom": [{"prefix": "S", "secretRef": {"name": "s"}}]}
    original = pod(*({"name": f"c{n}", **wide} for n in range(9)))
    _, changed, warnings = decide(original, store=store)

    assert changed == original

    many = "envFrom may give over 40000 variables of Services"

    assert warnings == [f"svcdns: the Pod is left as it is: spec: {many}"]
    assert "containers" in decide(pod(*original["spec"]["containers"][:8]), store=store)[2][0]


# --- the review itself


def test_a_large_pod_stays_small_enough_to_be_stored() -> None:
    """etcd takes 1.5 MiB, and managedFields say each name again."""
    services = [service(f"shop/s{number:04}", "10.0.0.1", ports="80") for number in range(2000)]
    store = cluster(namespace("shop"), *services)

    for size in (300_000, 1_000_000, 1_370_000, 1_400_000):
        original = pod(annotations={"notes": "x" * size})
        changed = after(original, store=store)
        fields = 60 * len(env(changed)) + sum(map(len, env(changed)))

        assert len(json.dumps(changed)) + fields < 1.5 * (1 << 20)
        assert bool(env(changed)) is (size < 1_371_000)
        assert after(changed, store=store) == changed

    decision, changed, warnings = decide(pod(annotations={"notes": "x" * 1_500_000}), store=store)

    assert decision.outcome == "unreadable"
    assert warnings[0].endswith("bytes; with more it might not be stored")
