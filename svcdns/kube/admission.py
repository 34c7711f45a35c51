"""What the webhook does with a Pod that is being made.

    AdmissionReview (`admission_review`) -> Request -> decide -> Decision -> AdmissionReview

In the order of the decisions: only Pods being made; not those that opt out (`admission_wish`); nothing
before the cluster and the Pod's namespace are known; only those that opt in, or whose namespace does;
none that is too large or too much work. What they are given is `injection`'s.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct

from svcdns.errors import ObjectError
from svcdns.kube import admission_patch, admission_wish, injection
from svcdns.kube.admission_patch import Operation
from svcdns.kube.admission_review import Request, Resource
from svcdns.kube.admission_wish import INJECTED, SERVICES, Wish
from svcdns.kube.injection import Injection
from svcdns.kube.injection_cluster import Cluster
from svcdns.kube.injection_offer import Offer
from svcdns.kube.injection_options import InjectionOptions
from svcdns.kube.manifest_objects import ObjectMeta
from svcdns.kube.pod_template import DnsOption, PodSpec
from svcdns.kube.workloads import Pod

MOST_BYTES = 1408 << 10
"""Of a Pod as JSON: etcd takes 1.5 MiB, and others write into it too."""
ROOM = 256 << 10
"""Bytes of variables that all containers of a Pod share."""
LEAST_ROOM = 16 << 10
"""Where a large Pod leaves less, the few variables would not be worth the others."""
_STORED = 4
"""Bytes that each of them takes in the stored Pod: its JSON, and its name again in managedFields."""

_PODS = Resource("", "v1", "pods")


class Decision(Struct, frozen=True):
    """What is done with a Pod; `injected` counts variables of all its containers."""

    outcome: Literal["patched", "unchanged", "not_ready", "unreadable", "failed"] = "unchanged"
    operations: tuple[Operation, ...] = ()
    warnings: tuple[str, ...] = ()
    injected: int = 0


FAILED = Decision("failed", (), ("an internal error, so the Pod is left as it is; see the webhook's log",))


class _Head(Struct, frozen=True):
    """All of a Pod that does not opt in that is looked at."""

    metadata: ObjectMeta = ObjectMeta()


_heads = msgspec.json.Decoder(_Head)
_pods = msgspec.json.Decoder(Pod)


def decide(request: Request, cluster: Cluster | None, options: InjectionOptions) -> Decision:
    """What to do with the Pod of a request; `cluster` is None until all of it has been listed."""
    if (request.operation, request.resource, request.sub_resource or "") != ("CREATE", _PODS, ""):
        return Decision(warnings=("only Pods that are made can be injected; see the rules of the webhook",))
    try:
        metadata = _heads.decode(request.object).metadata
        namespace = request.namespace or metadata.namespace or "default"
        wish = admission_wish.read(metadata, cluster.namespace(namespace) if cluster else None)
        if wish.inject is False:
            return Decision(warnings=wish.warnings)
        if cluster is None:
            return _not_ready("the Services are not known yet")
        if wish.inject is None or not cluster.knows(namespace):
            return _not_ready(f"namespace {namespace} is not known yet")
        return _injected(request.object, wish, namespace, cluster, options)
    except (ValueError, RecursionError, ObjectError) as error:
        return Decision("unreadable", warnings=(f"the Pod is left as it is: {error}",))


def _not_ready(reason: str) -> Decision:
    return Decision("not_ready", warnings=(f"{reason}: nothing is injected",))


def _injected(raw: Raw, wish: Wish, namespace: str, cluster: Cluster, options: InjectionOptions) -> Decision:
    """Raises ObjectError for a Pod that is too large, ValueError for one that cannot be read."""
    room = min(ROOM, (MOST_BYTES - len(raw)) // _STORED)
    if room < LEAST_ROOM:
        raise ObjectError("", f"it has {len(raw)} bytes; with more it might not be stored")
    pod = _pods.decode(raw)
    found = inject(pod, wish, namespace, cluster, options, room)
    document = msgspec.json.decode(raw)
    operations = (*_operations(document, pod, wish, found), *_dns(document, pod.spec, options))
    injected = sum(len(one.missing) for one in found.given)
    outcome: Literal["patched", "unchanged"] = "patched" if operations else "unchanged"
    return Decision(outcome, operations, (*wish.warnings, *found.warnings), injected)


def inject(
    pod: Pod, wish: Wish, namespace: str, cluster: Cluster, options: InjectionOptions, room: int = ROOM
) -> Injection:
    """What a Pod with room for so many bytes is given; raises ObjectError for one that is too much work."""
    return injection.inject(pod.spec, _offer(pod.spec, wish, namespace, cluster), options.budget, room)


def _offer(spec: PodSpec, wish: Wish, namespace: str, cluster: Cluster) -> Offer:
    """The variables of the Services that the Pod names, else those that the kubelet would give it."""
    if wish.services is not None:
        return cluster.named(namespace, wish.services)
    if spec.links or wish.links_are_ours:
        return cluster.all_of(namespace)
    off = f"enableServiceLinks is false: only Services of {SERVICES} count"
    return Offer(whole=cluster.all_of(namespace), warnings=(off,))


def links_after(spec: PodSpec, wish: Wish, found: Injection) -> bool:
    """The Pod's `enableServiceLinks` from then on: off where we give all, so that nothing comes twice."""
    if not spec.links:  # what we switched off, a container that has come since may need
        return wish.links_are_ours and found.needs_kubelet
    return found.needs_kubelet or not any(one.missing for one in found.given)


def dns_after(spec: PodSpec, options: InjectionOptions) -> tuple[DnsOption, ...]:
    """The options that the Pod does not set, where its names are resolved by the cluster's DNS."""
    of_cluster = spec.dns_policy == "ClusterFirstWithHostNet" or (
        spec.dns_policy in (None, "", "ClusterFirst") and not spec.host_network
    )
    known = {one.name for one in (spec.dns_config.options if spec.dns_config else None) or ()}
    return tuple(one for one in options.dns if of_cluster and one.name not in known)


def _operations(document: Any, pod: Pod, wish: Wish, found: Injection) -> Iterator[Operation]:
    for given in found.given:
        if given.missing:
            place = ("spec", given.field, given.index, "env")
            added = [{"name": one.name, "value": one.value} for one in given.missing]
            yield admission_patch.put_before(document, place, added)
    mark, links = ("metadata", "annotations", INJECTED), links_after(pod.spec, wish, found)
    if links != pod.spec.links:
        yield admission_patch.put(document, ("spec", "enableServiceLinks"), links)
        if links:
            yield Operation("remove", admission_patch.pointer(mark))
        else:
            yield admission_patch.put(document, mark, "true")


def _dns(document: Any, spec: PodSpec, options: InjectionOptions) -> Iterator[Operation]:
    if missing := dns_after(spec, options):
        added = [{"name": one.name} | ({"value": one.value} if one.value else {}) for one in missing]
        yield admission_patch.put_before(document, ("spec", "dnsConfig", "options"), added)
