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

from svcdns.kube.objects import Key, Service, key_of
from svcdns.kube.service_variables import Block, BlocksOf, Variable, block_of, blocks_of
from svcdns.kube.words import some

MASTER: Key = ("default", "kubernetes")
"""The Service that every Pod is told of, whatever its namespace."""


class Environment(Struct, frozen=True):
    """The variables in the order of injection, each name once; each two Services that collide, in words.

    No block is empty.
    """

    blocks: tuple[Block, ...]
    warnings: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Those of all blocks."""
        return tuple(one for block in self.blocks for one in block.variables)


def environment(
    services: Iterable[Service], namespace: str, links: bool = True, blocks_of: BlocksOf = blocks_of
) -> Environment:
    """What the kubelet gives each container of a Pod in this namespace.

    `services` may be of any namespaces; `links` is the Pod's `enableServiceLinks`. Services without
    a cluster IP have no variables. In the order of the Services' names. Most of the time is for the
    blocks, some 10 us for each Service, so who asks often gives those that are kept.
    """
    told: dict[str, Service] = {}
    for service in services:
        key = key_of(service)
        if links and key[0] == namespace and service.addresses:
            told[key[1]] = service
        elif key == MASTER and service.addresses:
            told.setdefault(key[1], service)
    return _merge([block for name in sorted(told) for block in blocks_of(told[name])])


def for_services(
    services: Mapping[Key, Service], wanted: Iterable[Key], blocks_of: BlocksOf = blocks_of
) -> Environment:
    """The variables of named Services, of any namespaces, in the order in which they are wanted.

    One that is unknown or has no cluster IP gives none; `kubernetes` comes only where it is wanted.
    """
    found = (services.get(key) for key in dict.fromkeys(wanted))
    return _merge([block for one in found if one and one.addresses for block in blocks_of(one)])


def _merge(blocks: Iterable[Block]) -> Environment:
    """Each name once."""
    inhabited = tuple(block for block in blocks if block.variables)
    names = {one.name for block in inhabited for one in block.variables}
    if len(names) == sum(len(block.variables) for block in inhabited):
        return Environment(inhabited)
    return _contested(inhabited)


def _contested(blocks: Sequence[Block]) -> Environment:
    """Service variables win over link variables, then the Service that comes first.

    `db` and `db-service` both make `DB_SERVICE_PORT`; under the kubelet it is anybody's.
    """
    winners: dict[str, Variable] = {}
    collisions: defaultdict[tuple[Key, Key], list[str]] = defaultdict(list)
    for variable in _by_right(blocks):
        winner = winners.setdefault(variable.name, variable)
        if winner.service != variable.service:
            collisions[winner.service, variable.service].append(variable.name)
        elif winner is not variable:  # two ports alike in one Service: its last one, as the kubelet's
            winners[variable.name] = variable
    left = (
        block_of(one.service, (its for its in one.variables if winners[its.name] is its), links=one.links)
        for one in blocks
    )
    return Environment(
        tuple(block for block in left if block.variables),
        tuple(_warning(*pair) for pair in collisions.items()),
    )


def _by_right(blocks: Sequence[Block]) -> Iterator[Variable]:
    for links in (False, True):
        for block in blocks:
            if block.links is links:
                yield from block.variables


def _warning(pair: tuple[Key, Key], names: Sequence[str]) -> str:
    first, second = ("/".join(key) for key in pair)
    return f"Services {first} and {second} both make {some(names)}: {first}'s is used"
