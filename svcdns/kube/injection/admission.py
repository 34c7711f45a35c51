"""What the webhook does with a Pod that is being created.

    AdmissionReview (`admission_review`) -> AdmissionRequest -> decide_admission -> AdmissionDecision

A Pod is injected if all of these are true, checked in this order: it is being created; it does not opt
out (`opt_in`); the cluster and its namespace are known; it opts in, or its namespace does; it is neither
too large nor too much work. `pod_injection` chooses its variables.
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
"""Bytes of an injected Pod as JSON: etcd takes 1.5 MiB, and others write into the Pod too."""
MAX_ENV_BYTES_PER_POD = 256 << 10
"""Bytes of variables for all containers of a Pod together."""
MIN_ENV_BYTES_PER_POD = 16 << 10
"""Where a large Pod leaves less room than this, it is not injected at all."""
_STORED_BYTES_PER_ENV_BYTE = 4
"""Bytes in the stored Pod for each byte of a variable: its JSON, and its name again in managedFields."""

_POD_RESOURCE = AdmissionResource("", "v1", "pods")


class AdmissionDecision(Struct, frozen=True):
    """What is done with a Pod; `injected_variables` is their number in all its containers."""

    outcome: Literal["patched", "unchanged", "not_ready", "unreadable", "failed"] = "unchanged"
    operations: tuple[PatchOperation, ...] = ()
    warnings: tuple[str, ...] = ()
    injected_variables: int = 0


FAILED_DECISION = AdmissionDecision(
    "failed", (), ("an internal error, so the Pod is left as it is; see the webhook's log",)
)


class _PodMetadata(Struct, frozen=True):
    """The part of a Pod that is decoded first, and the only one of a Pod that does not opt in."""

    metadata: ManifestMeta = ManifestMeta()


_metadata_decoder = msgspec.json.Decoder(_PodMetadata)
_pod_decoder = msgspec.json.Decoder(PodTemplateSpec)


def decide_admission(
    request: AdmissionRequest, store: InjectionStore | None, options: InjectionOptions
) -> AdmissionDecision:
    """What to do with the Pod of a request; `store` is None until all objects have been listed.

    Never raises for what the request holds: a Pod that cannot be read is left as it is, with a warning.
    """
    if (request.operation, request.resource, request.sub_resource or "") != ("CREATE", _POD_RESOURCE, ""):
        return AdmissionDecision(
            warnings=("only Pods that are created can be injected; see the rules of the webhook",)
        )

    try:
        metadata = _metadata_decoder.decode(request.object).metadata
        namespace = request.namespace or metadata.namespace or "default"
        pod_opt_in = opt_in.read_opt_in(metadata, store.find_namespace(namespace) if store else None)
        if pod_opt_in.is_opted_in is False:
            return AdmissionDecision(warnings=pod_opt_in.warnings)

        # A namespace that is not seen yet: its Pod would have only the variables of `kubernetes`, for good.
        if store is None:
            return _not_ready_decision("the Services are not known yet")
        if pod_opt_in.is_opted_in is None or not store.is_namespace_seen(namespace):
            return _not_ready_decision(f"namespace {namespace} is not known yet")
        return _decide_injection(request.object, pod_opt_in, namespace, store, options)
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
    max_env_bytes = min(MAX_ENV_BYTES_PER_POD, (MAX_POD_BYTES - len(pod_json)) // _STORED_BYTES_PER_ENV_BYTE)
    if max_env_bytes < MIN_ENV_BYTES_PER_POD:
        raise ObjectError("", f"it has {len(pod_json)} bytes; with more it might not be stored")

    pod = _pod_decoder.decode(pod_json)
    injection = inject_pod(pod, pod_opt_in, namespace, store, options, max_env_bytes)

    # Again as plain JSON: the patch depends on whether a field is missing, null or empty.
    document = msgspec.json.decode(pod_json)
    operations = (
        *_env_operations(document, pod, pod_opt_in, injection),
        *_dns_operations(document, pod.spec, options),
    )

    injected = sum(len(container.added_variables) for container in injection.containers)
    outcome: Literal["patched", "unchanged"] = "patched" if operations else "unchanged"
    return AdmissionDecision(outcome, operations, (*pod_opt_in.warnings, *injection.warnings), injected)


def inject_pod(
    pod: PodTemplateSpec,
    pod_opt_in: InjectionOptIn,
    namespace: str,
    store: InjectionStore,
    options: InjectionOptions,
    max_pod_env_bytes: int = MAX_ENV_BYTES_PER_POD,
) -> PodInjection:
    """The variables for a Pod, at most `max_pod_env_bytes`; raises ObjectError if it is too much work."""
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

    warning = f"enableServiceLinks is false: only Services that {SERVICES_ANNOTATION} names are injected"
    return AvailableVars(all_from_kubelet=store.vars_for_namespace(namespace), warnings=(warning,))


def service_links_after(spec: PodSpec, pod_opt_in: InjectionOptIn, injection: PodInjection) -> bool:
    """The new `enableServiceLinks` of the Pod: off where we give all, so that nothing comes twice."""
    # Where we switched it off before, another webhook may have added a container since that needs it.
    if not spec.has_service_links:
        return pod_opt_in.has_links_disabled_by_us and injection.needs_service_links

    return injection.needs_service_links or not any(
        container.added_variables for container in injection.containers
    )


def dns_options_to_add(spec: PodSpec, options: InjectionOptions) -> tuple[DnsOption, ...]:
    """The options that the Pod does not set itself; none where it does not use the cluster's DNS."""
    # With `hostNetwork`, ClusterFirst falls back to the node's resolv.conf.
    uses_cluster_dns = spec.dns_policy == "ClusterFirstWithHostNet" or (
        spec.dns_policy in (None, "", "ClusterFirst") and not spec.host_network
    )
    own_options = (spec.dns_config.options if spec.dns_config else None) or ()
    own_names = {option.name for option in own_options}
    return tuple(option for option in options.dns if uses_cluster_dns and option.name not in own_names)


def _env_operations(
    document: Any, pod: PodTemplateSpec, pod_opt_in: InjectionOptIn, injection: PodInjection
) -> Iterator[PatchOperation]:
    for container in injection.containers:
        if container.added_variables:
            env_field = ("spec", container.containers_field, container.container_index, "env")
            added = [
                {"name": variable.name, "value": variable.value} for variable in container.added_variables
            ]
            # In front, so that the container's own `env` can refer to them.
            yield json_patch.prepend_items(document, env_field, added)

    annotation_field = ("metadata", "annotations", INJECTED_ANNOTATION)
    has_links = service_links_after(pod.spec, pod_opt_in, injection)
    if has_links != pod.spec.has_service_links:
        yield json_patch.set_value(document, ("spec", "enableServiceLinks"), has_links)
        if has_links:
            yield PatchOperation("remove", json_patch.json_pointer(annotation_field))
        else:
            yield json_patch.set_value(document, annotation_field, "true")


def _dns_operations(document: Any, spec: PodSpec, options: InjectionOptions) -> Iterator[PatchOperation]:
    if missing := dns_options_to_add(spec, options):
        added = [
            {"name": option.name} | ({"value": option.value} if option.value else {}) for option in missing
        ]
        yield json_patch.prepend_items(document, ("spec", "dnsConfig", "options"), added)
