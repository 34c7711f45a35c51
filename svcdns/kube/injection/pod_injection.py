"""The variables for the containers of one Pod, so that they find what the kubelet would have given them.

    AvailableVars, PodSpec -> choose_variables -> variables for each container, warnings

For each container: its names (`container_env_names`), its budget (`env_budget`), its warnings
(`injection_warnings`). The choice depends on the Pod as it would be with the variables in it, so that a
second look at an injected Pod finds nothing to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from svcdns.errors import ObjectError
from svcdns.kube.injection import env_budget, injection_warnings
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.container_env_names import ContainerEnvNames
from svcdns.kube.injection.pod_spec import Container, PodSpec
from svcdns.kube.injection.service_env import abbreviate
from svcdns.kube.injection.service_env_vars import ServiceVariable

# Far above any real Pod: these limits bound the time that one request can take.
MAX_CONTAINERS = 128
"""Containers and init containers of a Pod."""
MAX_ENV_ENTRIES = 10_000
"""Entries of `env` and `envFrom`, and references, of all containers: each takes some microseconds."""
MAX_ENV_FROM_VARIABLES = 40_000
"""Variables that the prefixes of `envFrom` match, of all containers: these take the most time."""


class ContainerInjection(Struct, frozen=True):
    """The variables of one container: `added_variables` are to be written before its own `env`.

    `chosen_variables` are these, and those that its `env` says already with the same value.
    `unresolved_names` are references that the warnings name.
    """

    containers_field: str
    container_index: int
    chosen_variables: tuple[ServiceVariable, ...]
    added_variables: tuple[ServiceVariable, ...]
    unresolved_names: frozenset[str]
    needs_service_links: bool
    warnings: tuple[str, ...]


class PodInjection(Struct, frozen=True):
    """The variables of a Pod; with `needs_service_links` its `enableServiceLinks` must stay as it is."""

    containers: tuple[ContainerInjection, ...]
    needs_service_links: bool
    warnings: tuple[str, ...]


def choose_variables(
    spec: PodSpec, available: AvailableVars, max_container_bytes: int, max_pod_bytes: int
) -> PodInjection:
    """Choose for each container and init container; raises ObjectError for a Pod that is too much work.

    `max_container_bytes` is the limit of each, `max_pod_bytes` that of all together. Ephemeral containers
    are added to running Pods, and no webhook is called for them.
    """
    init_containers = spec.init_containers or ()
    app_containers = spec.containers or ()
    containers = (*init_containers, *app_containers)
    places = [
        *(("initContainers", index) for index in range(len(init_containers))),
        *(("containers", index) for index in range(len(app_containers))),
    ]

    _check_size(containers)
    max_container_bytes = min(max_container_bytes, max_pod_bytes // max(1, len(containers)))

    injections: list[ContainerInjection] = []
    env_from_count = 0
    for (containers_field, index), container in zip(places, containers, strict=True):
        env_names = ContainerEnvNames(container, available)

        # Only now is it known how many variables the prefixes match, and the costly part comes next.
        env_from_count += env_names.env_from_count
        if env_from_count > MAX_ENV_FROM_VARIABLES:
            raise ObjectError("spec", f"envFrom may give over {MAX_ENV_FROM_VARIABLES} variables of Services")

        injections.append(_choose_for_container(containers_field, index, env_names, max_container_bytes))

    return PodInjection(
        tuple(injections),
        bool(available.reasons_for_kubelet) or any(injection.needs_service_links for injection in injections),
        tuple(_pod_warnings(available, containers, injections)),
    )


def _check_size(containers: Sequence[Container]) -> None:
    if len(containers) > MAX_CONTAINERS:
        raise ObjectError("spec", f"over {MAX_CONTAINERS} containers")

    entries = 0
    for container in containers:
        entries += len(container.env or ()) + len(container.env_from or ())
        # A count of "$(" is cheap, and never below the number of references.
        entries += sum(text.count("$(") for text in container.expandable_texts)
    if entries > MAX_ENV_ENTRIES:
        raise ObjectError("spec", f"over {MAX_ENV_ENTRIES} entries of env and envFrom, and references")


def _choose_for_container(
    containers_field: str, container_index: int, env_names: ContainerEnvNames, max_bytes: int
) -> ContainerInjection:
    budgeted = env_budget.fill_budget(env_names, max_bytes)
    early_references = env_names.find_early_references()
    unresolved = tuple(env_names.find_unresolved(budgeted.variables))

    # Without links, the kubelet could not give what is left to it.
    needs_service_links = (
        bool(early_references)
        or env_names.count_left_to_env_from() > len(env_names.foreign_left_to_env_from())
        or any(reference.is_left_to_kubelet for reference in unresolved)
    )

    return ContainerInjection(
        containers_field,
        container_index,
        budgeted.variables,
        tuple(variable for variable in budgeted.variables if variable.name not in env_names.env_values),
        frozenset(reference.name for reference in unresolved),
        needs_service_links,
        (
            *injection_warnings.warn_of_env_from(env_names),
            *injection_warnings.warn_of_references(early_references, unresolved),
            *injection_warnings.warn_of_budget(budgeted, max_bytes),
        ),
    )


def _pod_warnings(
    available: AvailableVars, containers: Sequence[Container], injections: Sequence[ContainerInjection]
) -> Iterator[str]:
    """The warnings about the Pod first: of many, the API server passes on only the first ones."""
    for reason in available.reasons_for_kubelet:
        yield f"only the kubelet gives {reason}{injection_warnings.LINKS_UNCHANGED}"
    yield from available.warnings

    yield from _group_warnings(
        (container.name, injection.warnings)
        for container, injection in zip(containers, injections, strict=True)
    )
    yield from available.collision_warnings


def _group_warnings(warnings_by_container: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """One warning where several containers have the same."""
    containers_by_warning: defaultdict[str, list[str]] = defaultdict(list)
    for name, warnings in warnings_by_container:
        for text in warnings:
            containers_by_warning[text].append(f'"{name}"')

    for text, names in containers_by_warning.items():
        yield f"container{'s' * (len(names) > 1)} {abbreviate(names)}: {text}"
