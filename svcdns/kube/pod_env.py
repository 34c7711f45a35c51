"""What a container finds in its environment: variables of Services, its `envFrom`, its `env`.

    Services < envFrom < env, and `$(NAME)` stands for what was given before it

ConfigMaps and Secrets are not read: which of their keys would change a value is said beside it.
Source: kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube import expansion
from svcdns.kube.pod_template import Container, EnvFrom, EnvVar
from svcdns.kube.service_variables import Variable

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""A reference that is meant for the kubelet; `$(date)` in a command is meant for a shell."""


class Doubt(NamedTuple):
    """What would change a value: the source has this key."""

    source: EnvFrom
    key: str


class Injected(Struct, frozen=True):
    """A variable of a Service that the container has."""

    variable: Variable
    unless: tuple[Doubt, ...]


class Own(Struct, frozen=True):
    """A variable of the container's `env`, expanded, and the one of a Service that it keeps out.

    `value` is None where it comes from somewhere else.
    """

    written: EnvVar
    value: str | None
    unless: tuple[Doubt, ...] = ()
    kept_out: Variable | None = None


class ContainerEnvironment(Struct, frozen=True):
    """All that a container finds; `dangling` are references to what nothing gives, with their fields."""

    injected: tuple[Injected, ...]
    sources: tuple[EnvFrom, ...]
    own: tuple[Own, ...]
    dangling: tuple[tuple[str, str], ...]


def of_container(container: Container, services: Iterable[Variable]) -> ContainerEnvironment:
    """The environment of a container that is given these variables of Services."""
    scope = _Scope(services, container.env_from or ())
    dangling: list[tuple[str, str]] = []
    for index, written in enumerate(container.env or ()):
        dangling += scope.dangling(f"env[{index}].value", written.value or "")
        scope.own[written.name] = scope.resolve(written)
    for field, texts in (("command", container.command), ("args", container.args)):
        for index, text in enumerate(texts or ()):
            dangling += scope.dangling(f"{field}[{index}]", text)
    injected = (
        Injected(one, scope.doubts(name)) for name, one in scope.services.items() if name not in scope.own
    )
    return ContainerEnvironment(tuple(injected), scope.sources, tuple(scope.own.values()), tuple(dangling))


class _Meaning(NamedTuple):
    """What a reference stands for; as `Own` has it."""

    value: str | None
    unless: tuple[Doubt, ...]


class _Scope:
    """What a reference can mean: what `env` said before it, then envFrom, then the Services."""

    def __init__(self, services: Iterable[Variable], sources: tuple[EnvFrom, ...]) -> None:
        self.services = {one.name: one for one in services}
        self.sources = sources
        self.own: dict[str, Own] = {}

    def resolve(self, written: EnvVar) -> Own:
        """The variable as it is at its place in `env`."""
        kept_out = self.services.get(written.name)
        if not written.value and written.value_from:
            return Own(written, None, (), kept_out)
        text = written.value or ""
        meanings = {name: self._meaning(name) for name in expansion.references(text)}
        unless = tuple(dict.fromkeys(doubt for one in meanings.values() for doubt in one.unless))
        if any(one.value is None for one in meanings.values()):
            return Own(written, None, unless, kept_out)
        return Own(written, expansion.expand(text, lambda name: meanings[name].value), unless, kept_out)

    def doubts(self, name: str) -> tuple[Doubt, ...]:
        """The keys that would give a variable of this name."""
        found = ((source, source.key_for(name)) for source in self.sources)
        return tuple(Doubt(source, key) for source, key in found if key)

    def dangling(self, field: str, text: str) -> Iterator[tuple[str, str]]:
        """The references of a text that stay in it as they are."""
        for name in expansion.references(text):
            known = name in self.own or name in self.services or self.doubts(name)
            if not known and _VARIABLE.fullmatch(name):
                yield field, name

    def _meaning(self, name: str) -> _Meaning:
        if own := self.own.get(name):
            return _Meaning(own.value, own.unless)
        service = self.services.get(name)
        return _Meaning(service.value if service else f"$({name})", self.doubts(name))
