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
from svcdns.kube.injection import json_patch, opt_in, pod_injection
from svcdns.kube.injection.admission_review import AdmissionRequest, AdmissionResource
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.injection_store import InjectionStore
from svcdns.kube.injection.json_patch import PatchOperation
from svcdns.kube.injection.opt_in import (
    INJECTED_ANNOTATION,
    SERVICES_ANNOTATION,
    InjectionOptIn,
)
from svcdns.kube.injection.pod_injection import PodInjection
from svcdns.kube.injection.pod_spec import DnsOption, PodSpec
from svcdns.kube.injection.workloads import PodTemplateSpec
from svcdns.kube.manifests.manifest_objects import ManifestMeta

MAX_POD_BYTES = 1408 << 10
"""Of a Pod as JSON: etcd takes 1.5 MiB, and others write into it too."""
MAX_ENV_BYTES_PER_POD = 256 << 10
"""Bytes of variables that all containers of a Pod share."""
MIN_ENV_BYTES_PER_POD = 16 << 10
"""Where a large Pod leaves less, the few variables would not be worth the others."""
_STORED_BYTES_PER_ENV_BYTE = 4
"""Bytes that each of them takes in the stored Pod: its JSON, and its name again in managedFields."""

_POD_RESOURCE = AdmissionResource("", "v1", "pods")


class AdmissionDecision(Struct, frozen=True):
    """What is done with a Pod; `injected` counts variables of all its containers."""

    outcome: Literal["patched", "unchanged", "not_ready", "unreadable", "failed"] = "unchanged"
    operations: tuple[PatchOperation, ...] = ()
    warnings: tuple[str, ...] = ()
    injected_variables: int = 0


FAILED_DECISION = AdmissionDecision(
    "failed", (), ("an internal error, so the Pod is left as it is; see the webhook's log",)
)


class _PodMetadata(Struct, frozen=True):
    """All of a Pod that does not opt in that is looked at."""

    metadata: ManifestMeta = ManifestMeta()


_metadata_decoder = msgspec.json.Decoder(_PodMetadata)
_pod_decoder = msgspec.json.Decoder(PodTemplateSpec)


def decide_admission(
    request: AdmissionRequest, store: InjectionStore | None, options: InjectionOptions
) -> AdmissionDecision:
    """What to do with the Pod of a request; `cluster` is None until all of it has been listed."""
    if (request.operation, request.resource, request.sub_resource or "") != ("CREATE", _POD_RESOURCE, ""):
        return AdmissionDecision(
            warnings=("only Pods that are made can be injected; see the rules of the webhook",)
        )
    try:
        metadata = _metadata_decoder.decode(request.object).metadata
        namespace = request.namespace or metadata.namespace or "default"
        wish = opt_in.read_opt_in(metadata, store.find_namespace(namespace) if store else None)
        if wish.is_opted_in is False:
            return AdmissionDecision(warnings=wish.warnings)
        if store is None:
            return _not_ready_decision("the Services are not known yet")
        if wish.is_opted_in is None or not store.is_namespace_seen(namespace):
            return _not_ready_decision(f"namespace {namespace} is not known yet")
        return _decide_injection(request.object, wish, namespace, store, options)
    except (ValueError, RecursionError, ObjectError) as error:
        return AdmissionDecision("unreadable", warnings=(f"the Pod is left as it is: {error}",))


def _not_ready_decision(reason: str) -> AdmissionDecision:
    return AdmissionDecision("not_ready", warnings=(f"{reason}: nothing is injected",))


def _decide_injection(
    pod_json: Raw,
    pod_opt_in: InjectionOptIn,
    namespace: str,
    store: InjectionStore,
    options: InjectionOptions,
) -> AdmissionDecision:
    """Raises ObjectError for a Pod that is too large, ValueError for one that cannot be read."""
    room = min(MAX_ENV_BYTES_PER_POD, (MAX_POD_BYTES - len(pod_json)) // _STORED_BYTES_PER_ENV_BYTE)
    if room < MIN_ENV_BYTES_PER_POD:
        raise ObjectError("", f"it has {len(pod_json)} bytes; with more it might not be stored")
    pod = _pod_decoder.decode(pod_json)
    found = inject_pod(pod, pod_opt_in, namespace, store, options, room)
    document = msgspec.json.decode(pod_json)
    operations = (
        *_env_operations(document, pod, pod_opt_in, found),
        *_dns_operations(document, pod.spec, options),
    )
    injected = sum(len(one.added_variables) for one in found.containers)
    outcome: Literal["patched", "unchanged"] = "patched" if operations else "unchanged"
    return AdmissionDecision(outcome, operations, (*pod_opt_in.warnings, *found.warnings), injected)


def inject_pod(
    pod: PodTemplateSpec,
    pod_opt_in: InjectionOptIn,
    namespace: str,
    store: InjectionStore,
    options: InjectionOptions,
    max_pod_env_bytes: int = MAX_ENV_BYTES_PER_POD,
) -> PodInjection:
    """What a Pod with room for so many bytes is given; raises ObjectError for one that is too much work."""
    return pod_injection.choose_variables(
        pod.spec, _available_vars(pod.spec, pod_opt_in, namespace, store), options.budget, max_pod_env_bytes
    )


def _available_vars(
    spec: PodSpec, pod_opt_in: InjectionOptIn, namespace: str, store: InjectionStore
) -> AvailableVars:
    """The variables of the Services that the Pod names, else those that the kubelet would give it."""
    if pod_opt_in.services_text is not None:
        return store.vars_for_annotation(namespace, pod_opt_in.services_text)
    if spec.has_service_links or pod_opt_in.has_links_disabled_by_us:
        return store.vars_for_namespace(namespace)
    off = f"enableServiceLinks is false: only Services of {SERVICES_ANNOTATION} count"
    return AvailableVars(all_from_kubelet=store.vars_for_namespace(namespace), warnings=(off,))


def service_links_after(spec: PodSpec, pod_opt_in: InjectionOptIn, injection: PodInjection) -> bool:
    """The Pod's `enableServiceLinks` from then on: off where we give all, so that nothing comes twice."""
    if not spec.has_service_links:  # what we switched off, a container that has come since may need
        return pod_opt_in.has_links_disabled_by_us and injection.needs_service_links
    return injection.needs_service_links or not any(one.added_variables for one in injection.containers)


def dns_options_to_add(spec: PodSpec, options: InjectionOptions) -> tuple[DnsOption, ...]:
    """The options that the Pod does not set, where its names are resolved by the cluster's DNS."""
    of_cluster = spec.dns_policy == "ClusterFirstWithHostNet" or (
        spec.dns_policy in (None, "", "ClusterFirst") and not spec.host_network
    )
    known = {one.name for one in (spec.dns_config.options if spec.dns_config else None) or ()}
    return tuple(one for one in options.dns if of_cluster and one.name not in known)


def _env_operations(
    document: Any, pod: PodTemplateSpec, pod_opt_in: InjectionOptIn, injection: PodInjection
) -> Iterator[PatchOperation]:
    for given in injection.containers:
        if given.added_variables:
            place = ("spec", given.containers_field, given.container_index, "env")
            added = [{"name": one.name, "value": one.value} for one in given.added_variables]
            yield json_patch.prepend_items(document, place, added)
    mark, links = (
        ("metadata", "annotations", INJECTED_ANNOTATION),
        service_links_after(pod.spec, pod_opt_in, injection),
    )
    if links != pod.spec.has_service_links:
        yield json_patch.set_value(document, ("spec", "enableServiceLinks"), links)
        if links:
            yield PatchOperation("remove", json_patch.json_pointer(mark))
        else:
            yield json_patch.set_value(document, mark, "true")


def _dns_operations(document: Any, spec: PodSpec, options: InjectionOptions) -> Iterator[PatchOperation]:
    if missing := dns_options_to_add(spec, options):
        added = [{"name": one.name} | ({"value": one.value} if one.value else {}) for one in missing]
        yield json_patch.prepend_items(document, ("spec", "dnsConfig", "options"), added)
