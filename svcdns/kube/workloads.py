"""What makes Pods: a Pod itself, a Deployment, a Job and the like, each with the Pods' spec within.

Source: Kubernetes API reference v1, apps/v1 and batch/v1.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from msgspec import Struct

from svcdns.kube import decode
from svcdns.kube.pod_template import PodSpec


class Pod(Struct, frozen=True):
    """A v1 Pod, or a template of one."""

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


_WORKLOAD = (Workload, attrgetter("spec.template.spec"))

_KINDS: dict[tuple[str, str], tuple[type[Struct], Callable[[Struct], PodSpec]]] = {
    ("v1", "Pod"): (Pod, attrgetter("spec")),
    ("v1", "PodTemplate"): (PodTemplate, attrgetter("template.spec")),
    ("v1", "ReplicationController"): _WORKLOAD,
    ("apps/v1", "Deployment"): _WORKLOAD,
    ("apps/v1", "ReplicaSet"): _WORKLOAD,
    ("apps/v1", "StatefulSet"): _WORKLOAD,
    ("apps/v1", "DaemonSet"): _WORKLOAD,
    ("batch/v1", "Job"): _WORKLOAD,
    ("batch/v1", "CronJob"): (CronJob, attrgetter("spec.job_template.spec.template.spec")),
}
"""By apiVersion and kind: what makes Pods, and where their spec stands in it."""


def read(document: Any) -> PodSpec | None:
    """The spec of the Pods that a document makes, None where it makes none; raises ObjectError."""
    if not isinstance(document, dict):
        return None
    names = (document.get("apiVersion"), document.get("kind"))
    for known, (kind, spec_of) in _KINDS.items():
        if names == known:
            return spec_of(decode.convert(document, kind))
    return None
