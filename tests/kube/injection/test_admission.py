"""Which Pods are injected, and what is a review at all."""

import json

import pytest

from svcdns.kube.injection.admission import AdmissionDecision, InjectionOptions
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
from tests.reviews import env, pod

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


WANTED = 'must be "true" or "false"'
CLOSE = [
    ("shop", "yes", False, f'label {LABEL}: "yes" of the Pod {WANTED}; it is ignored'),
    ("shop", "True", False, f'label {LABEL}: "True" of the Pod {WANTED}; it is ignored'),
    ("injected", "yes", True, f'label {LABEL}: "yes" of the Pod {WANTED}; it is ignored'),
    ("injected", "False", False, f'label {LABEL}: "False" of the Pod {WANTED}; it is taken as false'),
    ("typo", None, False, f'label {LABEL}: "on" of namespace typo {WANTED}; it is ignored'),
]


@pytest.mark.parametrize(("where", "value", "injected", "said"), CLOSE)
def test_labels_that_are_nearly_right(where, value, injected, said):
    known = cluster(namespace("shop"), namespace("injected", "true"), namespace("typo", "on"), KUBERNETES)
    found, _, warnings = decide(pod(labels={LABEL: value} if value else {}), where, known)
    assert (found.outcome, warnings) == ("patched" if injected else "unchanged", [f"svcdns: {said}"])


THERE = "use the label svcdns.io/inject or the annotation svcdns.io/services"


def test_labels_and_annotations_that_nobody_reads():
    made = pod(annotations={"svcdns.io/service": "db", LABEL: "true", "other/service": "x"})
    made["metadata"]["labels"]["svcdns.io/services"] = "db"
    assert decide(made)[2] == [
        f"svcdns: label svcdns.io/services, annotation svcdns.io/service, annotation {LABEL} ignored: {THERE}"
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
    assert decide(made) == (AdmissionDecision(), made, [])
    assert decide(made, known=None) == (AdmissionDecision(), made, [])


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
    assert decide(pod(), object={"spec": []}) == (AdmissionDecision(), pod(), [])


@pytest.mark.parametrize("made", [{}, {"metadata": {"labels": None}}, {"spec": {"containers": None}}])
def test_an_empty_pod_in_a_namespace_that_opts_in(made):
    options = InjectionOptions(dns_options=(DnsOption("ndots", "2"),))
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


# --- the review itself


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
