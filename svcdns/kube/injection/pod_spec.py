"""The spec of a Pod or of a Pod template, as far as the environment of its containers needs it.

`manifest_objects` has the fields of a Pod that endpoints need. These here are decoded only for the
environment of a single Pod. Source: Kubernetes API reference v1.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

ContainerKind: TypeAlias = Literal["container", "init container", "sidecar", "ephemeral container"]


class KeySelector(Struct, frozen=True):
    """One key of a ConfigMap or Secret; with `optional` the key may be missing, and the variable with it."""

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
    """env[].valueFrom: one of the fields is set."""

    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None
    config_map_key_ref: KeySelector | None = None
    secret_key_ref: KeySelector | None = None
    file_key_ref: FileKeyRef | None = None

    @property
    def is_optional(self) -> bool:
        """Whether the value may be missing; the variable is not set then."""
        sources = (self.config_map_key_ref, self.secret_key_ref, self.file_key_ref)
        return any(source is not None and bool(source.optional) for source in sources)

    def __str__(self) -> str:
        if self.field_ref:
            return f"field {self.field_ref.field_path}"
        if self.resource_field_ref:
            return f"resource {self.resource_field_ref.resource}"
        if self.file_key_ref:
            return f"key {self.file_key_ref.key} of the file {self.file_key_ref.path}"

        kind = "ConfigMap" if self.config_map_key_ref else "Secret"
        selector = self.config_map_key_ref or self.secret_key_ref or KeySelector()
        return f"key {selector.key} of {kind} {selector.name}"


class EnvVar(Struct, frozen=True, rename="camel"):
    """env[]: where `value` is empty, `value_from` is used."""

    name: str
    value: str | None = None
    value_from: ValueFrom | None = None


class LocalObjectReference(Struct, frozen=True):
    """envFrom[].configMapRef and secretRef: the name of a ConfigMap or Secret."""

    name: str = ""


class EnvFrom(Struct, frozen=True, rename="camel"):
    """envFrom[]: every key of one object, with the prefix before it."""

    prefix: str | None = None
    config_map_ref: LocalObjectReference | None = None
    secret_ref: LocalObjectReference | None = None

    def find_key(self, name: str) -> str | None:
        """The key that would give the variable; None where the prefix rules it out."""
        # A key is never empty, so the prefix alone is no variable.
        key = name.removeprefix(self.prefix or "")
        return key if key and name.startswith(self.prefix or "") else None

    def __str__(self) -> str:
        if self.config_map_ref:
            return f"ConfigMap {self.config_map_ref.name}"
        return f"Secret {self.secret_ref.name if self.secret_ref else ''}"


class Container(Struct, frozen=True, rename="camel"):
    """A container of any kind; an init container with `restart_policy` Always is a sidecar."""

    name: str = ""
    env: tuple[EnvVar, ...] | None = None
    env_from: tuple[EnvFrom, ...] | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    restart_policy: str | None = None

    @property
    def expandable_texts(self) -> Iterator[str]:
        """All texts of the container in which `$(NAME)` stands for a variable."""
        for env_var in self.env or ():
            yield env_var.value or ""
        yield from self.command or ()
        yield from self.args or ()


class DnsOption(Struct, frozen=True):
    """dnsConfig.options[]: an option of resolv.conf(5), for example `ndots` with the value `2`."""

    name: str = ""
    value: str | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.value}" if self.value else self.name


class DnsConfig(Struct, frozen=True):
    """spec.dnsConfig."""

    options: tuple[DnsOption, ...] | None = None


class PodSpec(Struct, frozen=True, rename="camel"):
    """spec of a Pod; `enable_service_links` defaults to true."""

    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None
    enable_service_links: bool | None = None
    dns_config: DnsConfig | None = None
    dns_policy: str | None = None
    host_network: bool | None = None

    @property
    def has_service_links(self) -> bool:
        """Whether the kubelet gives variables of Services: `enableServiceLinks` with its default."""
        return self.enable_service_links is not False

    @property
    def all_containers(self) -> tuple[tuple[ContainerKind, Container], ...]:
        """Every container with its kind, in the order in which they start."""
        return (
            *(
                ("sidecar" if container.restart_policy == "Always" else "init container", container)
                for container in self.init_containers or ()
            ),
            *(("container", container) for container in self.containers or ()),
            *(("ephemeral container", container) for container in self.ephemeral_containers or ()),
        )
