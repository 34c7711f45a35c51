"""The Pods' spec in each kind that makes some."""

import pytest

from svcdns.errors import ObjectError
from svcdns.kube import workloads

SPEC = {
    "containers": [{"name": "app"}],
    "initContainers": [{"name": "a"}, {"name": "b", "restartPolicy": "Always"}],
}
KINDS = {
    "v1 Pod": {"spec": SPEC},
    "v1 PodTemplate": {"template": {"spec": SPEC}},
    "v1 ReplicationController": {"spec": {"template": {"spec": SPEC}}},
    "apps/v1 Deployment": {"spec": {"template": {"spec": SPEC}}},
    "apps/v1 ReplicaSet": {"spec": {"template": {"spec": SPEC}}},
    "apps/v1 StatefulSet": {"spec": {"template": {"spec": SPEC}}},
    "apps/v1 DaemonSet": {"spec": {"template": {"spec": SPEC}}},
    "batch/v1 Job": {"spec": {"template": {"spec": SPEC}}},
    "batch/v1 CronJob": {"spec": {"jobTemplate": {"spec": {"template": {"spec": SPEC}}}}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_makes_pods(kind):
    version, name = kind.split()
    spec = workloads.read({"apiVersion": version, "kind": name, **KINDS[kind]})
    assert [(kind, one.name) for kind, one in spec.all_containers] == [
        ("init container", "a"),
        ("sidecar", "b"),
        ("container", "app"),
    ]
    assert spec.links


@pytest.mark.parametrize("document", [None, 1, {}, {"kind": "Pod"}, {"apiVersion": "v1", "kind": []}])
def test_what_makes_none(document):
    assert workloads.read(document) is None


def test_links_and_nulls():
    document = {"apiVersion": "v1", "kind": "Pod", "spec": {"enableServiceLinks": False, "containers": None}}
    assert workloads.read(document).links is False
    document["spec"] = {
        "enableServiceLinks": None,
        "containers": [{"name": None, "env": [{"name": "A", "value": None}]}],
    }
    assert workloads.read(document).links is True


def test_a_wrong_type_is_named():
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": SPEC}}}
    document["spec"]["template"]["spec"] = {"containers": [{"env": [{"name": "A", "value": 80}]}]}
    with pytest.raises(
        ObjectError, match=r"spec\.template\.spec\.containers\[0\]\.env\[0\]\.value: .*quotes"
    ):
        workloads.read(document)
