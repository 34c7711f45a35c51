"""The `*_SERVICE_HOST` variables that a Pod finds its Services by, as the kubelet makes them.

    Services -> those the Pod is told of -> variables of each -> one per name, and what collided

The command `svcdns env` and the webhook take them from here. What a container makes of them beside
its own `env` and `envFrom` is `pod_env`'s. Sources: kubernetes pkg/kubelet/envvars/envvars.go and
kubelet_pods.go (getServiceEnvVarMap).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from svcdns.kube.objects import Key, Service, key_of
from svcdns.kube.words import some

MASTER: Key = ("default", "kubernetes")
"""The Service that every Pod is told of, whatever its namespace."""

_LONGEST = 128
"""Characters; names of Services and ports are at most 63 and 15."""
_VARIABLE = re.compile(
    r"[A-Z][A-Z0-9_]*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|"
    r"PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


class Variable(Struct, frozen=True, gc=False):
    """One variable, and the Service that it is of; `value` is text as the container sees it."""

    name: str
    value: str
    service: Key


class Block(Struct, frozen=True, gc=False):
    """Variables of one Service that belong together: its host and ports, or Docker's links.

    `size` is in bytes, as in the environment of a process: `NAME=value` and its end; all is ASCII.
    """

    service: Key
    links: bool
    variables: tuple[Variable, ...]
    size: int


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


def blocks_of(service: Service) -> tuple[Block, ...]:
    """The variables of a Service that has a cluster IP."""
    key = key_of(service)
    return (
        _block(key, _service_variables(service), links=False),
        _block(key, _link_variables(service), links=True),
    )


BlocksOf: TypeAlias = Callable[[Service], tuple[Block, ...]]


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


def is_variable(name: str) -> bool:
    """Whether a Service could make a variable of this name."""
    return len(name) <= _LONGEST and _VARIABLE.fullmatch(name) is not None


def size_of(variable: Variable) -> int:
    """Bytes in the environment of a process."""
    return len(variable.name) + len(variable.value) + 2


def _block(service: Key, variables: Iterable[Variable], *, links: bool) -> Block:
    inside = tuple(variables)
    return Block(service, links, inside, sum(map(size_of, inside)))


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
        _block(block.service, (one for one in block.variables if winners[one.name] is one), links=block.links)
        for block in blocks
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


def _service_variables(service: Service) -> Iterator[Variable]:
    key, prefix = key_of(service), _capitals(service.metadata.name)
    yield Variable(f"{prefix}_SERVICE_HOST", service.addresses[0], key)
    for index, port in enumerate(service.spec.ports or ()):
        if index == 0:
            yield Variable(f"{prefix}_SERVICE_PORT", str(port.port), key)
        if port.name:
            yield Variable(f"{prefix}_SERVICE_PORT_{_capitals(port.name)}", str(port.port), key)


def _link_variables(service: Service) -> Iterator[Variable]:
    """What Docker's container links gave (`docker run --link`)."""
    key, prefix, host = key_of(service), _capitals(service.metadata.name), service.addresses[0]
    literal = f"[{host}]" if ":" in host else host
    for index, port in enumerate(service.spec.ports or ()):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{literal}:{port.port}"
        if index == 0:
            yield Variable(f"{prefix}_PORT", url, key)
        name = f"{prefix}_PORT_{port.port}_{protocol.upper()}"
        yield Variable(name, url, key)
        yield Variable(f"{name}_PROTO", protocol.lower(), key)
        yield Variable(f"{name}_PORT", str(port.port), key)
        yield Variable(f"{name}_ADDR", host, key)


def _capitals(name: str) -> str:
    """A name may begin with a digit: no shell takes `1ST_SERVICE_HOST`, but a container has it."""
    return name.replace("-", "_").upper()


def _warning(pair: tuple[Key, Key], names: Sequence[str]) -> str:
    first, second = ("/".join(key) for key in pair)
    return f"Services {first} and {second} both make {some(names)}: {first}'s is used"
