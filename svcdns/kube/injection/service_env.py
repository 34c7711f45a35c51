"""The `*_SERVICE_HOST` variables by which a Pod finds its Services, as the kubelet makes them.

    Services -> those that the Pod may see -> groups of variables -> ServiceEnv: each name once

The command `svcdns env` and the webhook use it. `container_env` says what a container makes of them next
to its own `env` and `envFrom`. Source: kubernetes pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap).
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from svcdns.kube.injection.service_env_vars import (
    ServiceVariable,
    VariableGroup,
    VariableGroupsOf,
    make_group,
    variable_groups_of,
)
from svcdns.kube.objects import Key, Service, key_of

KUBERNETES_SERVICE: Key = ("default", "kubernetes")
"""The Service whose variables every Pod gets, whatever its namespace."""

# Warnings are cut at 256 characters (`admission_review`).
_MAX_SHOWN = 3


class ServiceEnv(Struct, frozen=True):
    """Variables in the order of injection, each name once; no group is empty.

    There is one warning for each two Services that make variables of the same name.
    """

    groups: tuple[VariableGroup, ...]
    warnings: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[ServiceVariable, ...]:
        """The variables of all groups."""
        return tuple(variable for group in self.groups for variable in group.variables)


def build_service_env(
    services: Iterable[Service],
    namespace: str,
    has_service_links: bool = True,
    groups_of: VariableGroupsOf = variable_groups_of,
) -> ServiceEnv:
    """The variables that the kubelet gives each container of a Pod in this namespace.

    `services` may be of any namespaces; `has_service_links` is the Pod's `enableServiceLinks`. A Service
    without a cluster IP has no variables. They are in the order of the Services' names. To make the
    groups takes some 10 us for each Service, so a caller that asks often has `groups_of` cache them.
    """
    visible: dict[str, Service] = {}
    for service in services:
        key = key_of(service)
        if has_service_links and key[0] == namespace and service.cluster_addresses:
            visible[key[1]] = service
        elif key == KUBERNETES_SERVICE and service.cluster_addresses:
            # The namespace's own `kubernetes` wins, as with the kubelet.
            visible.setdefault(key[1], service)

    return _merge_groups([group for name in sorted(visible) for group in groups_of(visible[name])])


def build_env_of_services(
    services: Mapping[Key, Service],
    service_keys: Iterable[Key],
    groups_of: VariableGroupsOf = variable_groups_of,
) -> ServiceEnv:
    """The variables of the Services with these keys, of any namespaces, in the order of the keys.

    A Service that is unknown or has no cluster IP gives none; `kubernetes` is there only if it is named.
    """
    # A Service that is named twice counts once, at its first place.
    named = (services.get(key) for key in dict.fromkeys(service_keys))
    return _merge_groups(
        [group for service in named if service and service.cluster_addresses for group in groups_of(service)]
    )


def abbreviate(texts: Iterable[str], total: int | None = None) -> str:
    """The first texts and how many more there are: `a, b, c and 4 more`.

    `total` is their number, for a caller that knows it without making all of them.
    """
    if total is None:
        texts = list(texts)
        total = len(texts)

    suffix = f" and {total - _MAX_SHOWN} more" if total > _MAX_SHOWN else ""
    return ", ".join(itertools.islice(texts, _MAX_SHOWN)) + suffix


def _merge_groups(groups: Iterable[VariableGroup]) -> ServiceEnv:
    """The groups without the empty ones, and with each name once."""
    filled = tuple(group for group in groups if group.variables)
    names = {variable.name for group in filled for variable in group.variables}

    # Collisions are rare, and comparing two counts is all that most calls need.
    if len(names) == sum(len(group.variables) for group in filled):
        return ServiceEnv(filled)
    return _resolve_collisions(filled)


def _resolve_collisions(groups: Sequence[VariableGroup]) -> ServiceEnv:
    """Service variables win over link variables, then the Service that comes first.

    `db` and `db-service` both make `DB_SERVICE_PORT`; with the kubelet, either may win.
    """
    winners: dict[str, ServiceVariable] = {}
    collisions: defaultdict[tuple[Key, Key], list[str]] = defaultdict(list)
    for variable in _by_precedence(groups):
        winner = winners.setdefault(variable.name, variable)
        if winner.service != variable.service:
            collisions[winner.service, variable.service].append(variable.name)
        elif winner is not variable:
            # Two ports of one Service make the same name: the last one wins, as with the kubelet.
            winners[variable.name] = variable

    # `is`: of two equal variables of one Service only one may stay.
    winning_groups = (
        make_group(
            group.service,
            (variable for variable in group.variables if winners[variable.name] is variable),
            is_docker_links=group.is_docker_links,
        )
        for group in groups
    )
    return ServiceEnv(
        tuple(group for group in winning_groups if group.variables),
        tuple(_collision_warning(service_keys, names) for service_keys, names in collisions.items()),
    )


def _by_precedence(groups: Sequence[VariableGroup]) -> Iterator[ServiceVariable]:
    # All hosts and ports before the first link variable, whatever the order of the Services.
    for is_docker_links in (False, True):
        for group in groups:
            if group.is_docker_links is is_docker_links:
                yield from group.variables


def _collision_warning(service_keys: tuple[Key, Key], names: Sequence[str]) -> str:
    first, second = ("/".join(key) for key in service_keys)
    return f"Services {first} and {second} both make {abbreviate(names)}: {first}'s is used"
