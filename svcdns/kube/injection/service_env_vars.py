"""The variables that the kubelet makes of one Service.

Source: kubernetes pkg/kubelet/envvars/envvars.go.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from svcdns import addresses
from svcdns.kube.objects import Key, Service, key_of

# Names of Services and ports have at most 63 and 15 characters, so no variable is longer.
_MAX_NAME_CHARS = 128

# Without a digit in front: such names the webhook leaves to the kubelet (`available_vars`).
_SERVICE_VARIABLE = re.compile(
    r"[A-Z][A-Z0-9_]*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|"
    r"PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


class ServiceVariable(Struct, frozen=True, gc=False):
    """One variable, and the Service that it is of; `value` is the text that the container sees."""

    name: str
    value: str
    service: Key


class VariableGroup(Struct, frozen=True, gc=False):
    """Variables of one Service that belong together: its host and ports, or its Docker link variables.

    `size` is in bytes, as in the environment of a process: `NAME=value` and a NUL; all text is ASCII.
    """

    service: Key
    is_docker_links: bool
    variables: tuple[ServiceVariable, ...]
    size: int


def variable_groups_of(service: Service) -> tuple[VariableGroup, ...]:
    """The two groups of a Service that has a cluster IP."""
    key = key_of(service)
    return (
        make_group(key, _service_variables(service), is_docker_links=False),
        make_group(key, _docker_link_variables(service), is_docker_links=True),
    )


VariableGroupsOf: TypeAlias = Callable[[Service], tuple[VariableGroup, ...]]
"""A function like `variable_groups_of`, which may cache the groups."""


def is_service_variable(name: str) -> bool:
    """Whether a Service could have a variable of this name."""
    return len(name) <= _MAX_NAME_CHARS and _SERVICE_VARIABLE.fullmatch(name) is not None


def env_bytes_of(variable: ServiceVariable) -> int:
    """Bytes that the variable takes in the environment of a process: with `=` and a NUL."""
    return len(variable.name) + len(variable.value) + 2


def make_group(service: Key, variables: Iterable[ServiceVariable], *, is_docker_links: bool) -> VariableGroup:
    """A group of these variables, with its size."""
    members = tuple(variables)
    return VariableGroup(service, is_docker_links, members, sum(map(env_bytes_of, members)))


def _service_variables(service: Service) -> Iterator[ServiceVariable]:
    key = key_of(service)
    prefix = _env_name(service.metadata.name)
    yield ServiceVariable(f"{prefix}_SERVICE_HOST", service.cluster_addresses[0], key)

    for index, port in enumerate(service.spec.ports or ()):
        if index == 0:
            yield ServiceVariable(f"{prefix}_SERVICE_PORT", str(port.port), key)
        if port.name:
            yield ServiceVariable(f"{prefix}_SERVICE_PORT_{_env_name(port.name)}", str(port.port), key)


def _docker_link_variables(service: Service) -> Iterator[ServiceVariable]:
    """The variables of Docker's container links (`docker run --link`)."""
    key = key_of(service)
    prefix = _env_name(service.metadata.name)
    host = service.cluster_addresses[0]

    for index, port in enumerate(service.spec.ports or ()):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{addresses.host_port(host, port.port)}"
        if index == 0:
            yield ServiceVariable(f"{prefix}_PORT", url, key)

        name = f"{prefix}_PORT_{port.port}_{protocol.upper()}"
        yield ServiceVariable(name, url, key)
        yield ServiceVariable(f"{name}_PROTO", protocol.lower(), key)
        yield ServiceVariable(f"{name}_PORT", str(port.port), key)
        yield ServiceVariable(f"{name}_ADDR", host, key)


def _env_name(name: str) -> str:
    # A name may begin with a digit: no shell takes `1ST_SERVICE_HOST`, but a container has it.
    return name.replace("-", "_").upper()
