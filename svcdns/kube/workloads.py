"""What makes Pods: a Pod itself, a Deployment, a Job and the like, each with a template of the Pods.

Source: Kubernetes API reference v1, apps/v1 and batch/v1.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from msgspec import Struct

from svcdns.kube import decode
from svcdns.kube.manifest_objects import ObjectMeta
from svcdns.kube.pod_template import PodSpec


class Pod(Struct, frozen=True):
    """A v1 Pod, or a template of one."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class PodTemplate(Struct, frozen=True):
    """A v1 PodTemplate, or the spec of what has one."""

    template: Pod = Pod()


class Workload(Struct, frozen=True):
    """A Deployment, a Job and the like."""

    spec: PodTemplate = PodTemplate()


class JobTemplate(Struct, frozen=True, rename="camel"):
    """spec of a CronJob."""

    job_template: Workload = Workload()


class CronJob(Struct, frozen=True):
    """A batch/v1 CronJob."""

    spec: JobTemplate = JobTemplate()


_WORKLOAD = (Workload, attrgetter("spec.template"))

_KINDS: dict[tuple[str, str], tuple[type[Struct], Callable[[Any], Pod]]] = {
    ("v1", "Pod"): (Pod, lambda pod: pod),
    ("v1", "PodTemplate"): (PodTemplate, attrgetter("template")),
    ("v1", "ReplicationController"): _WORKLOAD,
    ("apps/v1", "Deployment"): _WORKLOAD,
    ("apps/v1", "ReplicaSet"): _WORKLOAD,
    ("apps/v1", "StatefulSet"): _WORKLOAD,
    ("apps/v1", "DaemonSet"): _WORKLOAD,
    ("batch/v1", "Job"): _WORKLOAD,
    ("batch/v1", "CronJob"): (CronJob, attrgetter("spec.job_template.spec.template")),
}
"""By apiVersion and kind: what makes Pods, and where their template stands in it."""


def read(document: Any) -> Pod | None:
    """The Pod of a document, or its template of Pods; None where it makes none. Raises ObjectError."""
    if not isinstance(document, dict):
        return None
    names = (document.get("apiVersion"), document.get("kind"))
    for known, (kind, pod_of) in _KINDS.items():
        if names == known:
            return pod_of(decode.convert(document, kind))
    return None
