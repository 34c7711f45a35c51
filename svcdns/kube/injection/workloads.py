"""The Pod template in an object that makes Pods: a Deployment, a Job and the like, or a Pod itself.

Source: Kubernetes API reference v1, apps/v1 and batch/v1.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from msgspec import Struct

from svcdns.kube.injection.pod_spec import PodSpec
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.manifest_objects import ManifestMeta


class PodTemplateSpec(Struct, frozen=True):
    """A v1 Pod, or a template of one."""

    metadata: ManifestMeta = ManifestMeta()
    spec: PodSpec = PodSpec()


class PodTemplate(Struct, frozen=True):
    """A v1 PodTemplate, or the spec of an object with a template."""

    template: PodTemplateSpec = PodTemplateSpec()


class Workload(Struct, frozen=True):
    """A Deployment, a Job and the like."""

    spec: PodTemplate = PodTemplate()


class JobTemplate(Struct, frozen=True, rename="camel"):
    """spec of a CronJob."""

    job_template: Workload = Workload()


class CronJob(Struct, frozen=True):
    """A batch/v1 CronJob."""

    spec: JobTemplate = JobTemplate()


# Most kinds have their template at the same place.
_WORKLOAD_KIND = (Workload, attrgetter("spec.template"))

_POD_TEMPLATE_KINDS: dict[tuple[str, str], tuple[type[Struct], Callable[[Any], PodTemplateSpec]]] = {
    ("v1", "Pod"): (PodTemplateSpec, lambda pod: pod),
    ("v1", "PodTemplate"): (PodTemplate, attrgetter("template")),
    ("v1", "ReplicationController"): _WORKLOAD_KIND,
    ("apps/v1", "Deployment"): _WORKLOAD_KIND,
    ("apps/v1", "ReplicaSet"): _WORKLOAD_KIND,
    ("apps/v1", "StatefulSet"): _WORKLOAD_KIND,
    ("apps/v1", "DaemonSet"): _WORKLOAD_KIND,
    ("batch/v1", "Job"): _WORKLOAD_KIND,
    ("batch/v1", "CronJob"): (CronJob, attrgetter("spec.job_template.spec.template")),
}
"""By apiVersion and kind: the type of the object, and the function that finds the template in it."""


def read_pod_template(document: Any) -> PodTemplateSpec | None:
    """The Pod template of a parsed document; None for a kind that has none.

    Raises ObjectError where a field has the wrong type.
    """
    if not isinstance(document, dict):
        return None

    # Compared one by one: what stands there may be a list, which no dictionary can look up.
    type_meta = (document.get("apiVersion"), document.get("kind"))
    for supported, (struct_type, template_of) in _POD_TEMPLATE_KINDS.items():
        if type_meta == supported:
            return template_of(manifest_decoder.convert_document(document, struct_type))
    return None
