"""The fields of a kubeconfig, as types. Pure.

Source: Kubernetes client API v1 Config (kubeconfig), and its ExecConfig. In YAML `null` and a field that is
not there mean the same, so every field may be None.
"""

from typing import Any, TypeAlias

from msgspec import Struct, field

Extensions: TypeAlias = list[dict[str, Any]]


class ClusterEntry(Struct, frozen=True, rename="kebab"):
    """A cluster: where its API server is, and by which certificate we know it."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    disable_compression: bool | None = None
    extensions: Extensions | None = None


class ExecVariable(Struct, frozen=True):
    """A variable of the environment of an exec plugin."""

    name: str | None = None
    value: str | None = None


class ExecPlugin(Struct, frozen=True, rename="camel"):
    """A program that prints an ExecCredential (client.authentication.k8s.io)."""

    command: str | None = None
    args: list[str] | None = None
    env: list[ExecVariable] | None = None
    api_version: str | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class AuthProvider(Struct, frozen=True):
    """What exec plugins replaced."""

    name: str | None = None
    config: dict[str, Any] | None = None


class UserEntry(Struct, frozen=True, rename="kebab"):
    """A user: what shows the API server who we are, and whom we act as."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = field(name="tokenFile", default=None)
    impersonated_user: str | None = field(name="as", default=None)
    impersonated_uid: str | None = field(name="as-uid", default=None)
    impersonated_groups: list[str] | None = field(name="as-groups", default=None)
    impersonated_extra: dict[str, list[str] | None] | None = field(name="as-user-extra", default=None)
    username: str | None = None
    password: str | None = None
    auth_provider: AuthProvider | None = None
    exec: ExecPlugin | None = None
    extensions: Extensions | None = None

    @property
    def has_own_credentials(self) -> bool:
        """Whether it has a token, a name with a password or a certificate: then no exec plugin is run."""
        return bool(
            self.token
            or self.token_file
            or self.username
            or self.client_certificate
            or self.client_certificate_data
        )


class ContextEntry(Struct, frozen=True):
    """A cluster and a user, and the namespace that commands show; the extensions are for other programs."""

    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None
    extensions: Extensions | None = None


class KubeconfigDocument(Struct, frozen=True, rename="kebab"):
    """A whole file; its entries have no types yet, since a mistake in one must not cost the others."""

    kind: str | None = None
    api_version: str | None = field(name="apiVersion", default=None)
    current_context: str | None = None
    clusters: list[dict[str, Any]] | None = None
    users: list[dict[str, Any]] | None = None
    contexts: list[dict[str, Any]] | None = None
    preferences: Any = None
    """For other programs, as the extensions."""
    extensions: Extensions | None = None


class ChosenEntries(Struct, frozen=True):
    """What a kubeconfig says of one context."""

    context_name: str
    namespace: str
    """Empty if the context has none."""
    cluster_name: str
    cluster: ClusterEntry
    user_name: str
    user: UserEntry
    has_user: bool
    """False if the context names none, or one that the file does not have; `user` is empty then."""
    remarks: tuple[str, ...]
    """What of the file nothing reads: fields that do not exist, and entries that are hidden or faulty."""
