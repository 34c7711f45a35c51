"""The variables that the kubelet makes of one Service.

Source: kubernetes pkg/kubelet/envvars/envvars.go.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from svcdns import addresses
from svcdns.kube.objects import Key, Service, key_of

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


def blocks_of(service: Service) -> tuple[Block, ...]:
    """The variables of a Service that has a cluster IP."""
    key = key_of(service)
    return (
        block_of(key, _service_variables(service), links=False),
        block_of(key, _link_variables(service), links=True),
    )


BlocksOf: TypeAlias = Callable[[Service], tuple[Block, ...]]


def is_variable(name: str) -> bool:
    """Whether a Service could make a variable of this name."""
    return len(name) <= _LONGEST and _VARIABLE.fullmatch(name) is not None


def size_of(variable: Variable) -> int:
    """Bytes in the environment of a process."""
    return len(variable.name) + len(variable.value) + 2


def block_of(service: Key, variables: Iterable[Variable], *, links: bool) -> Block:
    """A block of these variables."""
    inside = tuple(variables)
    return Block(service, links, inside, sum(map(size_of, inside)))


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
    for index, port in enumerate(service.spec.ports or ()):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{addresses.host_port(host, port.port)}"
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
