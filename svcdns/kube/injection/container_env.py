"""What a container finds in its environment: variables of Services, its `envFrom`, its `env`.

    Services < envFrom < env, and `$(NAME)` stands for what was given before it

ConfigMaps and Secrets are not read: which of their keys would change a value is said beside it.
Source: kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.injection import expansion
from svcdns.kube.injection.pod_spec import Container, EnvFrom, EnvVar
from svcdns.kube.injection.service_env_vars import ServiceVariable

_ENV_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
"""A reference that is meant for the kubelet; `$(date)` in a command is meant for a shell."""


class PossibleOverride(NamedTuple):
    """What would change a value: the source has this key."""

    source: EnvFrom
    key: str


class ServiceEntry(Struct, frozen=True):
    """A variable of a Service that the container has."""

    variable: ServiceVariable
    possible_overrides: tuple[PossibleOverride, ...]


class EnvEntry(Struct, frozen=True):
    """A variable of the container's `env`, expanded, and the one of a Service that it keeps out.

    `value` is None where it comes from somewhere else.
    """

    env_var: EnvVar
    value: str | None
    possible_overrides: tuple[PossibleOverride, ...] = ()
    overridden: ServiceVariable | None = None


class ContainerEnv(Struct, frozen=True):
    """All that a container finds; `dangling` are references to what nothing gives, with their fields."""

    service_entries: tuple[ServiceEntry, ...]
    env_from_sources: tuple[EnvFrom, ...]
    env_entries: tuple[EnvEntry, ...]
    unresolved_references: tuple[tuple[str, str], ...]


def build_container_env(container: Container, service_variables: Iterable[ServiceVariable]) -> ContainerEnv:
    """The environment of a container that is given these variables of Services."""
    scope = _ReferenceScope(service_variables, container.env_from or ())
    dangling: list[tuple[str, str]] = []
    for index, written in enumerate(container.env or ()):
        dangling += scope.find_unresolved(f"env[{index}].value", written.value or "")
        scope.env_entries[written.name] = scope.resolve(written)
    for field, texts in (("command", container.command), ("args", container.args)):
        for index, text in enumerate(texts or ()):
            dangling += scope.find_unresolved(f"{field}[{index}]", text)
    injected = (
        ServiceEntry(one, scope.find_possible_overrides(name))
        for name, one in scope.service_variables.items()
        if name not in scope.env_entries
    )
    return ContainerEnv(tuple(injected), scope.sources, tuple(scope.env_entries.values()), tuple(dangling))


class _ReferenceValue(NamedTuple):
    """What a reference stands for; as `Own` has it."""

    value: str | None
    possible_overrides: tuple[PossibleOverride, ...]


class _ReferenceScope:
    """What a reference can mean: what `env` said before it, then envFrom, then the Services."""

    def __init__(self, service_variables: Iterable[ServiceVariable], sources: tuple[EnvFrom, ...]) -> None:
        self.service_variables = {one.name: one for one in service_variables}
        self.sources = sources
        self.env_entries: dict[str, EnvEntry] = {}

    def resolve(self, env_var: EnvVar) -> EnvEntry:
        """The variable as it is at its place in `env`."""
        kept_out = self.service_variables.get(env_var.name)
        if not env_var.value and env_var.value_from:
            return EnvEntry(env_var, None, (), kept_out)
        text = env_var.value or ""
        meanings = {name: self._resolve_reference(name) for name in expansion.find_references(text)}
        unless = tuple(dict.fromkeys(doubt for one in meanings.values() for doubt in one.possible_overrides))
        if any(one.value is None for one in meanings.values()):
            return EnvEntry(env_var, None, unless, kept_out)
        return EnvEntry(
            env_var, expansion.expand_references(text, lambda name: meanings[name].value), unless, kept_out
        )

    def find_possible_overrides(self, name: str) -> tuple[PossibleOverride, ...]:
        """The keys that would give a variable of this name."""
        found = ((source, source.find_key(name)) for source in self.sources)
        return tuple(PossibleOverride(source, key) for source, key in found if key)

    def find_unresolved(self, field: str, text: str) -> Iterator[tuple[str, str]]:
        """The references of a text that stay in it as they are."""
        for name in expansion.find_references(text):
            known = (
                name in self.env_entries
                or name in self.service_variables
                or self.find_possible_overrides(name)
            )
            if not known and _ENV_NAME.fullmatch(name):
                yield field, name

    def _resolve_reference(self, name: str) -> _ReferenceValue:
        if own := self.env_entries.get(name):
            return _ReferenceValue(own.value, own.possible_overrides)
        service = self.service_variables.get(name)
        return _ReferenceValue(service.value if service else f"$({name})", self.find_possible_overrides(name))
