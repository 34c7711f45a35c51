"""AdmissionReviews as an API server sends them, and Pods with the patch of the answer applied."""

import base64
import copy
import json
from typing import Any

import jsonpatch

from svcdns.kube.injection import admission_review

Object = dict[str, Any]

POD: Object = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {
        "generateName": "web-7d4b9c6f5-",
        "creationTimestamp": None,
        "labels": {"app": "web", "pod-template-hash": "7d4b9c6f5", "svcdns.io/inject": "true"},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": "web-7d4b9c6f5",
                "uid": "a2f4c3b8-0d3e-4a0e-9a55-2b6d8a1c9f10",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
        "managedFields": [
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "apiVersion": "v1",
                "time": "2026-11-21T07:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:metadata": {"f:generateName": {}}, "f:spec": {"f:containers": {}}},
            }
        ],
    },
    "spec": {
        "volumes": [{"name": "kube-api-access-x2k9q", "projected": {"sources": [], "defaultMode": 420}}],
        "containers": [
            {
                "name": "app",
                "image": "registry.example/app:1",
                "resources": {"limits": {"memory": "64Mi"}},
                "volumeMounts": [
                    {
                        "name": "kube-api-access-x2k9q",
                        "readOnly": True,
                        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                    }
                ],
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    },
    "status": {},
}


def pod(
    *containers: Object,
    labels: Object | None = None,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A Pod that opts in, with these containers in place of its one; None in `spec` takes a field out."""
    made = copy.deepcopy(POD)
    if labels is not None:
        made["metadata"]["labels"] = labels
    if annotations is not None:
        made["metadata"]["annotations"] = annotations
    if containers:
        plain = made["spec"]["containers"][0]
        made["spec"]["containers"] = [{**plain, **one} for one in containers]
    made["spec"] |= spec
    made["spec"] = {name: value for name, value in made["spec"].items() if value is not None}
    return made


def review(made: Object, namespace: str = "shop", **request: Any) -> Object:
    """The review of a Pod that is being made; `request` replaces what the API server says of it."""
    return {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
            "requestResource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": namespace,
            "operation": "CREATE",
            "userInfo": {
                "username": "system:serviceaccount:kube-system:replicaset-controller",
                "uid": "7c2d3d2e-7e2c-4d3b-9f0e-1d2c3b4a5f60",
                "groups": ["system:serviceaccounts", "system:authenticated"],
            },
            "object": made,
            "oldObject": None,
            "dryRun": False,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
            **request,
        },
    }


def request(made: Object, namespace: str = "shop", **changes: Any) -> admission_review.AdmissionRequest:
    """The same as the webhook reads it."""
    return admission_review.decode_review(json.dumps(review(made, namespace, **changes)).encode())


def patched(made: Object, answer: Object) -> Object:
    """The Pod after the answer, by a library that is none of ours."""
    response = answer["response"]
    assert response["allowed"] is True
    if "patch" not in response:
        assert "patchType" not in response
        return made
    assert response["patchType"] == "JSONPatch"
    found: Object = jsonpatch.apply_patch(made, json.loads(base64.b64decode(response["patch"])))
    return found


def env(made: Object, container: int = 0, field: str = "containers") -> list[str]:
    """The names in a container's `env`, in their order."""
    return [one["name"] for one in made["spec"][field][container].get("env") or ()]
