"""What the containers of one Pod are given, so that they find what the kubelet would have given them.

    Offer, PodSpec -> inject -> variables for each container, warnings

Of each container: its claims (`injection_claims`), its budget (`injection_budget`), what to say
(`injection_words`). The decision depends on the Pod as it would be with the variables in it, so that a
second look at an injected Pod finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.kube.injection import env_budget, injection_warnings
from svcdns.kube.injection.abbreviated_lists import abbreviate
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.container_env_names import ContainerEnvNames
from svcdns.kube.injection.pod_spec import Container, PodSpec
from svcdns.kube.injection.service_env_vars import ServiceVariable

MAX_CONTAINERS = 128
MAX_ENV_ENTRIES = 10_000
"""Entries of `env` and `envFrom`, and references, of all containers: each takes some microseconds."""
MAX_ENV_FROM_VARIABLES = 40_000
"""Variables that the prefixes of their `envFrom` admit."""


class ContainerInjection(Struct, frozen=True):
    """What one container is given: `missing` is to be written before its own `env`.

    `chosen` are these and those that its `env` says already, word for word; `unmet` are references
    that the warnings name.
    """

    containers_field: str
    container_index: int
    chosen_variables: tuple[ServiceVariable, ...]
    added_variables: tuple[ServiceVariable, ...]
    unresolved_names: frozenset[str]
    needs_service_links: bool
    warnings: tuple[str, ...]


class PodInjection(Struct, frozen=True):
    """What a Pod is given; with `needs_kubelet` its `enableServiceLinks` must stay as it is."""

    containers: tuple[ContainerInjection, ...]
    needs_service_links: bool
    warnings: tuple[str, ...]


def choose_variables(
    spec: PodSpec, available: AvailableVars, max_container_bytes: int, max_pod_bytes: int
) -> PodInjection:
    """Choose for each container and init container; raises ObjectError for a Pod that is too much work.

    `budget` is in bytes for each of them, `room` for all. Ephemeral containers are made later, when no
    webhook of Pods is asked.
    """
    fields = (("initContainers", spec.init_containers), ("containers", spec.containers))
    places = [(field, index) for field, found in fields for index in range(len(found or ()))]
    containers = (*(spec.init_containers or ()), *(spec.containers or ()))
    _check_size(containers)
    max_container_bytes = min(max_container_bytes, max_pod_bytes // max(1, len(containers)))
    given: list[ContainerInjection] = []
    work = 0
    for place, container in zip(places, containers, strict=True):
        claims = ContainerEnvNames(container, available)
        work += claims.env_from_count
        if work > MAX_ENV_FROM_VARIABLES:
            raise ObjectError("spec", f"envFrom may give over {MAX_ENV_FROM_VARIABLES} variables of Services")
        given.append(_choose_for_container(*place, claims, max_container_bytes))
    needs_kubelet = bool(available.reasons_for_kubelet) or any(one.needs_service_links for one in given)
    of_pod = (
        f"only the kubelet gives {reason}{injection_warnings.LINKS_UNCHANGED}"
        for reason in available.reasons_for_kubelet
    )
    of_containers = _group_warnings(
        (one.name, found.warnings) for one, found in zip(containers, given, strict=True)
    )
    return PodInjection(
        tuple(given),
        needs_kubelet,
        (*of_pod, *available.warnings, *of_containers, *available.collision_warnings),
    )


def _check_size(containers: Sequence[Container]) -> None:
    if len(containers) > MAX_CONTAINERS:
        raise ObjectError("spec", f"over {MAX_CONTAINERS} containers")
    entries = sum(
        len(one.env or ()) + len(one.env_from or ()) + sum(text.count("$(") for text in one.expandable_texts)
        for one in containers
    )
    if entries > MAX_ENV_ENTRIES:
        raise ObjectError("spec", f"over {MAX_ENV_ENTRIES} entries of env and envFrom, and references")


def _choose_for_container(
    containers_field: str, container_index: int, env_names: ContainerEnvNames, max_bytes: int
) -> ContainerInjection:
    filled = env_budget.fill_budget(env_names, max_bytes)
    early, unmet = env_names.find_early_references(), tuple(env_names.find_unresolved(filled.variables))
    return ContainerInjection(
        containers_field,
        container_index,
        filled.variables,
        tuple(one for one in filled.variables if one.name not in env_names.env_values),
        frozenset(one.name for one in unmet),
        bool(early)
        or env_names.count_left_to_env_from() > len(env_names.find_foreign_in_env_from())
        or any(one.is_left_to_kubelet for one in unmet),
        (
            *injection_warnings.warn_of_env_from(env_names),
            *injection_warnings.warn_of_references(early, unmet),
            *injection_warnings.warn_of_budget(filled, max_bytes),
        ),
    )


def _group_warnings(warnings_by_container: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """What is said of several containers alike is said once."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, warnings in warnings_by_container:
        for text in warnings:
            names[text].append(f'"{name}"')
    for text, of in names.items():
        yield f"container{'s' * (len(of) > 1)} {abbreviate(of)}: {text}"
