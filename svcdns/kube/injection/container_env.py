"""The environment that a container starts with: variables of Services, its `envFrom`, its `env`.

    Services < envFrom < env, and `$(NAME)` stands for a variable that is set before it

ConfigMaps and Secrets are not read: beside a value stand the keys of theirs that would change it.
`expand_references` replaces `$(NAME)` in `env`, `command` and `args` as the kubelet does. Sources:
kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), third_party/forked/golang/expansion.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from svcdns.kube.injection.pod_spec import Container, EnvFrom, EnvVar
from svcdns.kube.injection.service_env_vars import ServiceVariable

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^)]*)\))")

# Only such a reference is meant for the kubelet; `$(date)` in a command is meant for a shell.
_ENV_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


class PossibleOverride(NamedTuple):
    """A source of `envFrom`, and the key that would change a value if the source has it."""

    source: EnvFrom
    key: str


class ServiceEntry(Struct, frozen=True):
    """A variable of a Service that the container has."""

    variable: ServiceVariable
    possible_overrides: tuple[PossibleOverride, ...]


class EnvEntry(Struct, frozen=True):
    """A variable of the container's `env`, expanded, and the variable of a Service that it hides.

    `value` is None where it comes from elsewhere (`valueFrom`), or depends on such a variable.
    """

    env_var: EnvVar
    value: str | None
    possible_overrides: tuple[PossibleOverride, ...] = ()
    overridden: ServiceVariable | None = None


class ContainerEnv(Struct, frozen=True):
    """All variables of a container; `unresolved_references` are pairs of a field and a name."""

    service_entries: tuple[ServiceEntry, ...]
    env_from_sources: tuple[EnvFrom, ...]
    env_entries: tuple[EnvEntry, ...]
    unresolved_references: tuple[tuple[str, str], ...]


def build_container_env(container: Container, service_variables: Iterable[ServiceVariable]) -> ContainerEnv:
    """The environment of a container that gets these variables of Services."""
    scope = _ReferenceScope(service_variables, container.env_from or ())

    unresolved: list[tuple[str, str]] = []
    for index, env_var in enumerate(container.env or ()):
        # Before the variable is in scope: a reference to itself means the Service's variable.
        unresolved += scope.find_unresolved(f"env[{index}].value", env_var.value or "")
        scope.env_entries[env_var.name] = scope.resolve(env_var)

    for field, texts in (("command", container.command), ("args", container.args)):
        for index, text in enumerate(texts or ()):
            unresolved += scope.find_unresolved(f"{field}[{index}]", text)

    service_entries = (
        ServiceEntry(variable, scope.find_possible_overrides(name))
        for name, variable in scope.service_variables.items()
        if name not in scope.env_entries
    )
    return ContainerEnv(
        tuple(service_entries), scope.sources, tuple(scope.env_entries.values()), tuple(unresolved)
    )


def expand_references(text: str, value_of: Callable[[str], str | None]) -> str:
    """The text with each `$(NAME)` replaced; where `value_of` returns None, the reference stays.

    `$$` is a `$`, so `$$(NAME)` becomes `$(NAME)`. A value is not expanded again.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        value = value_of(match[2])
        return match[0] if value is None else value

    end = _end_of_last_reference(text)
    return _REFERENCE.sub(replace, text[:end]) + text[end:].replace("$$", "$")


def find_references(text: str) -> list[str]:
    """The names that the text refers to, in their order."""
    return [match[2] for match in _REFERENCE.finditer(text, 0, _end_of_last_reference(text)) if not match[1]]


def _end_of_last_reference(text: str) -> int:
    # Behind the last `)`, each `$(` would make the pattern scan to the end of the text: quadratic time.
    return text.rfind(")") + 1


class _ReferenceValue(NamedTuple):
    """The value that a reference stands for; the fields are as in EnvEntry."""

    value: str | None
    possible_overrides: tuple[PossibleOverride, ...]


class _ReferenceScope:
    """The variables that a reference may mean: earlier ones of `env`, then envFrom, then Services."""

    def __init__(self, service_variables: Iterable[ServiceVariable], sources: tuple[EnvFrom, ...]) -> None:
        self.service_variables = {variable.name: variable for variable in service_variables}
        self.sources = sources
        self.env_entries: dict[str, EnvEntry] = {}

    def resolve(self, env_var: EnvVar) -> EnvEntry:
        """The variable with the value that it has at its place in `env`."""
        overridden = self.service_variables.get(env_var.name)
        if not env_var.value and env_var.value_from:
            return EnvEntry(env_var, None, (), overridden)

        text = env_var.value or ""
        values = {name: self._resolve_reference(name) for name in find_references(text)}
        overrides = tuple(
            dict.fromkeys(
                override for reference in values.values() for override in reference.possible_overrides
            )
        )

        # One unknown part makes the whole value unknown.
        if any(reference.value is None for reference in values.values()):
            return EnvEntry(env_var, None, overrides, overridden)
        value = expand_references(text, lambda name: values[name].value)
        return EnvEntry(env_var, value, overrides, overridden)

    def find_possible_overrides(self, name: str) -> tuple[PossibleOverride, ...]:
        """The keys that would give a variable of this name."""
        # In the order of `envFrom`: of several sources with the key, the kubelet takes the last.
        keys = ((source, source.find_key(name)) for source in self.sources)
        return tuple(PossibleOverride(source, key) for source, key in keys if key)

    def find_unresolved(self, field: str, text: str) -> Iterator[tuple[str, str]]:
        """The references of a text that stay in it as they are."""
        for name in find_references(text):
            is_set = (
                name in self.env_entries
                or name in self.service_variables
                or self.find_possible_overrides(name)
            )
            if not is_set and _ENV_NAME.fullmatch(name):
                yield field, name

    def _resolve_reference(self, name: str) -> _ReferenceValue:
        if entry := self.env_entries.get(name):
            return _ReferenceValue(entry.value, entry.possible_overrides)

        service = self.service_variables.get(name)
        return _ReferenceValue(service.value if service else f"$({name})", self.find_possible_overrides(name))
