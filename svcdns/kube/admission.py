"""What the webhook does with a Pod that is being made.

    AdmissionReview (`admission_review`) -> Request -> decide -> Decision -> AdmissionReview

In the order of the decisions: only Pods being made; never mirror Pods; not those that opt out; nothing
before the cluster is known; only those that opt in, or whose namespace does. What they are given is
`injection`'s.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.kube import admission_patch, decode, injection
from svcdns.kube.admission_patch import Operation
from svcdns.kube.admission_review import Request, Resource
from svcdns.kube.injection import Injection
from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.injection_offer import Offer
from svcdns.kube.objects import Namespace
from svcdns.kube.pod_template import DnsOption
from svcdns.kube.workloads import Pod

INJECT = "svcdns.io/inject"
"""Label of a Pod or a Namespace: "true" opts in; a Pod's "false" wins over its namespace."""
SERVICES = "svcdns.io/services"
"""Annotation of a Pod: only these Services, as `db, auth.other-namespace`."""
INJECTED = "svcdns.io/injected"
"""Annotation that says that `enableServiceLinks: false` is ours: a Pod may be sent to us twice."""
MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API server's copies of static Pods, which nothing may change."""

MOST_CONTAINERS = 128

_PODS = Resource("", "v1", "pods")


class Options(Struct, frozen=True):
    """Settings: bytes of variables for each container, and options for the Pod's resolv.conf."""

    budget: int = 64 << 10
    dns: tuple[DnsOption, ...] = ()


class Decision(Struct, frozen=True):
    """What is done with a Pod; `injected` counts variables of all its containers."""

    outcome: Literal["patched", "unchanged", "not_ready", "unreadable", "failed"] = "unchanged"
    operations: tuple[Operation, ...] = ()
    warnings: tuple[str, ...] = ()
    injected: int = 0


FAILED = Decision("failed", (), ("an internal error, so the Pod is left as it is; see the webhook's log",))


def decide(request: Request, cluster: Cluster | None, options: Options) -> Decision:
    """What to do with the Pod of a request; `cluster` is None until all of it has been listed."""
    if (request.operation, request.resource, request.sub_resource or "") != ("CREATE", _PODS, ""):
        return Decision(warnings=("only Pods that are made can be injected; see the rules of the webhook",))
    try:
        pod = decode.convert(_mapping(request.object), Pod)
    except ObjectError as error:
        return Decision("unreadable", warnings=(f"the Pod cannot be read, so it is left as it is: {error}",))
    if MIRROR in (pod.metadata.annotations or {}) or _wish(pod.metadata.labels) == "false":
        return Decision()
    if cluster is None:
        return Decision("not_ready", warnings=("the Services are not known yet: nothing is injected",))
    namespace = request.namespace or pod.metadata.namespace or "default"
    known = cluster.namespace(namespace)
    if known is None and _wish(pod.metadata.labels) is None:
        unknown = f"namespace {namespace} is not known yet: nothing is injected"
        return Decision("not_ready", warnings=(unknown,))
    if not opts_in(pod, known):
        return Decision()
    if len((*(pod.spec.containers or ()), *(pod.spec.init_containers or ()))) > MOST_CONTAINERS:
        return Decision("unreadable", warnings=(f"over {MOST_CONTAINERS} containers: nothing is injected",))
    found = inject(pod, namespace, cluster, options)
    operations = (*_operations(request.object, pod, found), *_dns(request.object, pod, options.dns))
    injected = sum(len(one.missing) for one in found.given)
    return Decision("patched" if operations else "unchanged", operations, found.warnings, injected)


def opts_in(pod: Pod, namespace: Namespace | None) -> bool:
    """Whether the Pod, or else its namespace, is labelled `svcdns.io/inject: "true"`."""
    return (_wish(pod.metadata.labels) or _wish(namespace.metadata.labels if namespace else None)) == "true"


def inject(pod: Pod, namespace: str, cluster: Cluster, options: Options) -> Injection:
    """What a Pod that opts in is given."""
    return injection.inject(pod.spec, _offer(pod, namespace, cluster), options.budget)


def _offer(pod: Pod, namespace: str, cluster: Cluster) -> Offer:
    """The variables of the Services that the Pod names, else those that the kubelet would give it."""
    named = names_services(pod)
    if named is not None:
        return cluster.named(namespace, named)
    if pod.spec.links or _marked(pod):
        return cluster.all_of(namespace)
    return Offer(warnings=(f"enableServiceLinks is false: only Services of {SERVICES} count",))


def names_services(pod: Pod) -> str | None:
    """The annotation by which the Pod narrows what it is given."""
    return (pod.metadata.annotations or {}).get(SERVICES)


def links_after(pod: Pod, found: Injection) -> bool:
    """The Pod's `enableServiceLinks` from then on: off where we give all, so that nothing comes twice."""
    if _marked(pod):
        return found.needs_kubelet  # a container may have come since
    return pod.spec.links and (found.needs_kubelet or not any(one.missing for one in found.given))


def _operations(document: Any, pod: Pod, found: Injection) -> Iterator[Operation]:
    for given in found.given:
        if given.missing:
            place = ("spec", given.field, given.index, "env")
            added = [{"name": one.name, "value": one.value} for one in given.missing]
            yield admission_patch.put_before(document, place, added)
    mark, links = ("metadata", "annotations", INJECTED), links_after(pod, found)
    if links != pod.spec.links:
        yield admission_patch.put(document, ("spec", "enableServiceLinks"), links)
        if links:
            yield Operation("remove", admission_patch.pointer(mark))
        else:
            yield admission_patch.put(document, mark, "true")


def _dns(document: Any, pod: Pod, options: Iterable[DnsOption]) -> Iterator[Operation]:
    """Options that the Pod does not set, where its names are resolved by the cluster's DNS."""
    of_cluster = pod.spec.dns_policy == "ClusterFirstWithHostNet" or (
        pod.spec.dns_policy in (None, "", "ClusterFirst") and not pod.spec.host_network
    )
    known = (pod.spec.dns_config.options if pod.spec.dns_config else None) or ()
    missing = [one for one in options if one.name not in {other.name for other in known}]
    if of_cluster and missing:
        added = [{"name": one.name} | ({"value": one.value} if one.value else {}) for one in missing]
        yield admission_patch.put_before(document, ("spec", "dnsConfig", "options"), added)


def _marked(pod: Pod) -> bool:
    return not pod.spec.links and INJECTED in (pod.metadata.annotations or {})


def _wish(labels: dict[str, str] | None) -> str | None:
    value = (labels or {}).get(INJECT)
    return value if value in ("true", "false") else None


def _mapping(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ObjectError("object", "Required value: a Pod")
    return document
