"""The spec of a Pod, or of a template of Pods, as far as its containers' environment needs it.

`manifest_objects` has what endpoints need of Pods; this is read only where somebody asks for one
Pod's environment. Source: Kubernetes API reference v1.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

ContainerKind: TypeAlias = Literal["container", "init container", "sidecar", "ephemeral container"]


class KeySelector(Struct, frozen=True):
    """One key of a ConfigMap or Secret; `optional` lets it be missing, and the variable with it."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


class FieldRef(Struct, frozen=True, rename="camel"):
    """valueFrom.fieldRef."""

    field_path: str


class ResourceFieldRef(Struct, frozen=True):
    """valueFrom.resourceFieldRef."""

    resource: str


class FileKeyRef(Struct, frozen=True, rename="camel"):
    """valueFrom.fileKeyRef: a key of a file in a volume."""

    key: str
    path: str
    volume_name: str
    optional: bool | None = None


class ValueFrom(Struct, frozen=True, rename="camel"):
    """env[].valueFrom: one of these."""

    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None
    config_map_key_ref: KeySelector | None = None
    secret_key_ref: KeySelector | None = None
    file_key_ref: FileKeyRef | None = None

    @property
    def is_optional(self) -> bool:
        """Whether there may be no such value; the variable is not set then."""
        sources = (self.config_map_key_ref, self.secret_key_ref, self.file_key_ref)
        return any(one is not None and bool(one.optional) for one in sources)

    def __str__(self) -> str:
        if self.field_ref:
            return f"field {self.field_ref.field_path}"
        if self.resource_field_ref:
            return f"resource {self.resource_field_ref.resource}"
        if self.file_key_ref:
            return f"key {self.file_key_ref.key} of the file {self.file_key_ref.path}"
        kind = "ConfigMap" if self.config_map_key_ref else "Secret"
        chosen = self.config_map_key_ref or self.secret_key_ref or KeySelector()
        return f"key {chosen.key} of {kind} {chosen.name}"


class EnvVar(Struct, frozen=True, rename="camel"):
    """env[]: where `value` is empty, `value_from` counts."""

    name: str
    value: str | None = None
    value_from: ValueFrom | None = None


class LocalObjectReference(Struct, frozen=True):
    """A ConfigMap or Secret as a whole."""

    name: str = ""


class EnvFrom(Struct, frozen=True, rename="camel"):
    """envFrom[]: every key of one object, with the prefix before it."""

    prefix: str | None = None
    config_map_ref: LocalObjectReference | None = None
    secret_ref: LocalObjectReference | None = None

    def find_key(self, name: str) -> str | None:
        """The key that would give the variable; None where the prefix rules it out."""
        key = name.removeprefix(self.prefix or "")
        return key if key and name.startswith(self.prefix or "") else None

    def __str__(self) -> str:
        if self.config_map_ref:
            return f"ConfigMap {self.config_map_ref.name}"
        return f"Secret {self.secret_ref.name if self.secret_ref else ''}"


class Container(Struct, frozen=True, rename="camel"):
    """A container of any kind; `restart_policy` Always makes an init container a sidecar."""

    name: str = ""
    env: tuple[EnvVar, ...] | None = None
    env_from: tuple[EnvFrom, ...] | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    restart_policy: str | None = None

    @property
    def expandable_texts(self) -> Iterator[str]:
        """All in which `$(NAME)` stands for a variable."""
        for written in self.env or ():
            yield written.value or ""
        yield from self.command or ()
        yield from self.args or ()


class DnsOption(Struct, frozen=True):
    """dnsConfig.options[]: an option of resolv.conf(5), as `ndots` with the value `2`."""

    name: str = ""
    value: str | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.value}" if self.value else self.name


class DnsConfig(Struct, frozen=True):
    """spec.dnsConfig."""

    options: tuple[DnsOption, ...] | None = None


class PodSpec(Struct, frozen=True, rename="camel"):
    """spec of a Pod; `enable_service_links` is true unless it says false."""

    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None
    enable_service_links: bool | None = None
    dns_config: DnsConfig | None = None
    dns_policy: str | None = None
    host_network: bool | None = None

    @property
    def has_service_links(self) -> bool:
        """`enableServiceLinks` with its default."""
        return self.enable_service_links is not False

    @property
    def all_containers(self) -> tuple[tuple[ContainerKind, Container], ...]:
        """Every container with its kind, in the order in which they start."""
        return (
            *(
                ("sidecar" if one.restart_policy == "Always" else "init container", one)
                for one in self.init_containers or ()
            ),
            *(("container", one) for one in self.containers or ()),
            *(("ephemeral container", one) for one in self.ephemeral_containers or ()),
        )
