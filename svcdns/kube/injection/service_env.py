"""The `*_SERVICE_HOST` variables that a Pod finds its Services by, as the kubelet makes them.

    Services -> those the Pod is told of -> variables of each (`service_variables`) -> one per name,
    and what collided

The command `svcdns env` and the webhook take them from here. What a container makes of them beside
its own `env` and `envFrom` is `pod_env`'s. Source: kubernetes pkg/kubelet/kubelet_pods.go
(getServiceEnvVarMap).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from svcdns.kube.injection.abbreviated_lists import abbreviate
from svcdns.kube.injection.service_env_vars import (
    ServiceVariable,
    VariableGroup,
    VariableGroupsOf,
    make_group,
    variable_groups_of,
)
from svcdns.kube.objects import Key, Service, key_of

KUBERNETES_SERVICE: Key = ("default", "kubernetes")
"""The Service that every Pod is told of, whatever its namespace."""


class ServiceEnv(Struct, frozen=True):
    """The variables in the order of injection, each name once; each two Services that collide, in words.

    No block is empty.
    """

    groups: tuple[VariableGroup, ...]
    warnings: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[ServiceVariable, ...]:
        """Those of all blocks."""
        return tuple(one for block in self.groups for one in block.variables)


def build_service_env(
    services: Iterable[Service],
    namespace: str,
    has_service_links: bool = True,
    groups_of: VariableGroupsOf = variable_groups_of,
) -> ServiceEnv:
    """What the kubelet gives each container of a Pod in this namespace.

    `services` may be of any namespaces; `links` is the Pod's `enableServiceLinks`. Services without
    a cluster IP have no variables. In the order of the Services' names. Most of the time is for the
    blocks, some 10 us for each Service, so who asks often gives those that are kept.
    """
    told: dict[str, Service] = {}
    for service in services:
        key = key_of(service)
        if has_service_links and key[0] == namespace and service.cluster_addresses:
            told[key[1]] = service
        elif key == KUBERNETES_SERVICE and service.cluster_addresses:
            told.setdefault(key[1], service)
    return _merge_groups([block for name in sorted(told) for block in groups_of(told[name])])


def build_env_of_services(
    services: Mapping[Key, Service],
    service_keys: Iterable[Key],
    groups_of: VariableGroupsOf = variable_groups_of,
) -> ServiceEnv:
    """The variables of named Services, of any namespaces, in the order in which they are wanted.

    One that is unknown or has no cluster IP gives none; `kubernetes` comes only where it is wanted.
    """
    found = (services.get(key) for key in dict.fromkeys(service_keys))
    return _merge_groups(
        [block for one in found if one and one.cluster_addresses for block in groups_of(one)]
    )


def _merge_groups(groups: Iterable[VariableGroup]) -> ServiceEnv:
    """Each name once."""
    inhabited = tuple(block for block in groups if block.variables)
    names = {one.name for block in inhabited for one in block.variables}
    if len(names) == sum(len(block.variables) for block in inhabited):
        return ServiceEnv(inhabited)
    return _resolve_collisions(inhabited)


def _resolve_collisions(groups: Sequence[VariableGroup]) -> ServiceEnv:
    """Service variables win over link variables, then the Service that comes first.

    `db` and `db-service` both make `DB_SERVICE_PORT`; under the kubelet it is anybody's.
    """
    winners: dict[str, ServiceVariable] = {}
    collisions: defaultdict[tuple[Key, Key], list[str]] = defaultdict(list)
    for variable in _by_precedence(groups):
        winner = winners.setdefault(variable.name, variable)
        if winner.service != variable.service:
            collisions[winner.service, variable.service].append(variable.name)
        elif winner is not variable:  # two ports alike in one Service: its last one, as the kubelet's
            winners[variable.name] = variable
    left = (
        make_group(
            one.service,
            (its for its in one.variables if winners[its.name] is its),
            is_docker_links=one.is_docker_links,
        )
        for one in groups
    )
    return ServiceEnv(
        tuple(block for block in left if block.variables),
        tuple(_collision_warning(*pair) for pair in collisions.items()),
    )


def _by_precedence(groups: Sequence[VariableGroup]) -> Iterator[ServiceVariable]:
    for links in (False, True):
        for block in groups:
            if block.is_docker_links is links:
                yield from block.variables


def _collision_warning(service_keys: tuple[Key, Key], names: Sequence[str]) -> str:
    first, second = ("/".join(key) for key in service_keys)
    return f"Services {first} and {second} both make {abbreviate(names)}: {first}'s is used"
