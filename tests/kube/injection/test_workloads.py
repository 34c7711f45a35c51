"""The Pods' spec in each kind that makes some."""

from typing import Any

import pytest

from svcdns.errors import ObjectError
from svcdns.kube.injection import workloads

SPEC = {
    "containers": [{"name": "app"}],
    "initContainers": [{"name": "a"}, {"name": "b", "restartPolicy": "Always"}],
}
META = {"annotations": {"a": "b"}, "creationTimestamp": None}
TEMPLATE = {"metadata": META, "spec": SPEC}
KINDS: dict[str, Any] = {
    "v1 Pod": TEMPLATE,
    "v1 PodTemplate": {"template": TEMPLATE},
    "v1 ReplicationController": {"spec": {"template": TEMPLATE}},
    "apps/v1 Deployment": {"spec": {"template": TEMPLATE}},
    "apps/v1 ReplicaSet": {"spec": {"template": TEMPLATE}},
    "apps/v1 StatefulSet": {"spec": {"template": TEMPLATE}},
    "apps/v1 DaemonSet": {"spec": {"template": TEMPLATE}},
    "batch/v1 Job": {"spec": {"template": TEMPLATE}},
    "batch/v1 CronJob": {"spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_makes_pods(kind: str) -> None:
    version, name = kind.split()
    pod = workloads.read_pod_template({"apiVersion": version, "kind": name, **KINDS[kind]})

    assert pod is not None
    assert [(kind, container.name) for kind, container in pod.spec.all_containers] == [
        ("init container", "a"),
        ("sidecar", "b"),
        ("container", "app"),
    ]
    assert pod.spec.has_service_links
    assert pod.metadata.annotations == {"a": "b"}


@pytest.mark.parametrize("document", [None, 1, {}, {"kind": "Pod"}, {"apiVersion": "v1", "kind": []}])
def test_what_makes_none(document: object) -> None:
    assert workloads.read_pod_template(document) is None


def test_a_wrong_type_is_named() -> None:
    document: Any = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": TEMPLATE}}
    document["spec"]["template"]["spec"] = {"containers": [{"env": [{"name": "A", "value": 80}]}]}
    with pytest.raises(
        ObjectError, match=r"spec\.template\.spec\.containers\[0\]\.env\[0\]\.value: .*quotes"
    ):
        workloads.read_pod_template(document)
