"""Who we are to the API server, and by which certificate we know it.

Logins come from a kubeconfig or from a Pod's service account. Both are checked when they are made
(ConfigError says what to do) and loaded as often as the client asks: a rotated token, CA or certificate needs
another load, and so does a new run of an exec plugin.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from svcdns import errors
from svcdns.sources.apiserver.login import (
    exec_plugin,
    kubeconfig_check,
    kubernetes_library,
    login_headers,
    proxy_environment,
)
from svcdns.sources.apiserver.login.kubeconfig_fields import ClusterEntry, UserEntry
from svcdns.sources.apiserver.login.login_headers import Headers
from svcdns.sources.apiserver.options import ApiServerOptions

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


_TLS_FIELDS = frozenset(
    (
        "server",
        "tls-server-name",
        "insecure-skip-tls-verify",
        "certificate-authority",
        "certificate-authority-data",
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
    )
)
"""The fields of a kubeconfig that `kubernetes_library` reads."""


class Login(Struct, frozen=True):
    """The result of one load."""

    configuration: kubernetes_library.Configuration
    headers: Headers
    """The headers of every request: who we are, and whom we act as."""
    proxy: str | None
    """The URL of the proxy on the way, with its port; None for none."""
    transport_digest: bytes
    """A digest of all that a connection depends on; connections stay open while it stays the same."""
    expires_at: float | None = None
    """When the token expires, in seconds since 1970, as the exec plugin states it."""
    remarks: tuple[str, ...] = ()
    """What of the kubeconfig has no effect."""

    @property
    def description(self) -> str:
        """The API server in messages."""
        return f"the API server {self.configuration.host}"


class LoginSource(Protocol):
    """Where logins come from."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that a login is read from; a change of any of them asks for another login."""
        ...

    async def load_login(self) -> Login:
        """Load a login anew; raises SourceError."""
        ...


class ServiceAccount:
    """The service account that Kubernetes mounts into a Pod; the kubelet rotates its token."""

    def __init__(self, folder: Path = SERVICE_ACCOUNT, environ: Mapping[str, str] = os.environ) -> None:
        """Raises ConfigError where this is not a Pod with a service account."""
        self._environ = dict(environ)
        self._token_file = folder / "token"
        self._ca_file = folder / "ca.crt"

        for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
            if not self._environ.get(name):
                raise errors.ConfigError(f"this is not a Pod of a cluster ({name} is not set)")

        for file in self.files:
            if not _read_or_empty(file):
                raise errors.ConfigError(
                    f"the service account's {file} is missing or empty: the Pod needs a service "
                    "account and automountServiceAccountToken must not be false"
                )

        host, port = (self._environ[f"KUBERNETES_SERVICE_{part}"] for part in ("HOST", "PORT"))
        url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self._proxy = proxy_environment.choose_proxy(url, self._environ)

    @property
    def files(self) -> tuple[Path, ...]:
        """The token and the CA."""
        return (self._token_file, self._ca_file)

    async def load_login(self) -> Login:
        """Read both files; raises SourceError."""
        configuration = kubernetes_library.Configuration()
        try:
            kubernetes_library.InClusterConfigLoader(
                token_filename=str(self._token_file),
                cert_filename=str(self._ca_file),
                try_refresh_token=False,  # that would go by the wall clock; ApiSession looks at the file
                environ=self._environ,
            ).load_and_set(configuration)
        except (OSError, ValueError, kubernetes_library.ConfigException) as error:
            raise errors.SourceError(f"the service account cannot be read: {error}") from error

        # The library puts "Bearer " before the token, and leaves the line end of the file behind it.
        token = configuration.api_key.get("BearerToken", "").removeprefix("Bearer ")
        return _to_login(configuration, login_headers.bearer(token), self._proxy)


class Kubeconfig:
    """A kubeconfig file and one of its contexts (default: its current one)."""

    def __init__(
        self,
        path: Path,
        context: str | None,
        plugin_timeout: float,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`plugin_timeout` is in seconds; raises ConfigError for a kubeconfig with a mistake."""
        self._path = path
        self._context = context
        self._plugin_timeout = plugin_timeout
        self._environ = environ
        checked = kubeconfig_check.check_kubeconfig(path, context)
        self._files = checked.files
        kubeconfig_check.choose_proxy(checked.entries.cluster, self._environ)

    @property
    def files(self) -> tuple[Path, ...]:
        """The kubeconfig and the files that it refers to."""
        return self._files

    async def load_login(self) -> Login:
        """Read all files, and run the exec plugin if there is one; raises SourceError."""
        try:
            checked = kubeconfig_check.check_kubeconfig(self._path, self._context)
            proxy = kubeconfig_check.choose_proxy(checked.entries.cluster, self._environ)
        except errors.ConfigError as error:
            raise errors.SourceError(str(error)) from error

        self._files = checked.files
        cluster, user = checked.entries.cluster, checked.entries.user
        authorization, certificates, expires_at = await self._load_credentials(cluster, user)

        headers = (*authorization, *login_headers.impersonation(user))
        if cluster.disable_compression:
            headers += login_headers.UNCOMPRESSED

        try:
            configuration = await kubernetes_library.load_tls_files(
                _absolute_fields(self._path, cluster), certificates
            )
        except Exception as error:  # the library raises what its helpers raise, even AssertionError
            raise errors.SourceError(f"no credentials from kubeconfig {self._path}: {error}") from error
        return _to_login(configuration, headers, proxy, expires_at, checked.remarks)

    async def _load_credentials(
        self, cluster: ClusterEntry, user: UserEntry
    ) -> tuple[Headers, Mapping[str, str], float | None]:
        """The header, the fields of the certificate, and when they expire; raises SourceError."""
        if not login_headers.is_confidential(cluster.server or ""):
            return (), {}, None

        if user.exec is not None and not user.has_own_credentials:
            status = await exec_plugin.run_plugin(self._path, user.exec, cluster, self._plugin_timeout)
            expires_at = status.expiration_timestamp.timestamp() if status.expiration_timestamp else None
            return login_headers.bearer(status.token or ""), _inline_certificate(status), expires_at

        certificates = _absolute_fields(self._path, user)
        if user.username:
            password = login_headers.basic(user.username, user.password or "")
            return (("Authorization", password),), certificates, None
        return login_headers.bearer(self._read_token(user)), certificates, None

    def _read_token(self, user: UserEntry) -> str:
        # As in client-go, the file counts more than what stands in the kubeconfig.
        if not user.token_file:
            return user.token or ""

        token_file = kubeconfig_check.resolve(self._path, user.token_file)
        try:
            return token_file.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise errors.SourceError(
                f"kubeconfig {self._path}: tokenFile {token_file} cannot be read: {error}"
            ) from error


def open_login_source(kubeconfig: Path | None, context: str | None, options: ApiServerOptions) -> LoginSource:
    """Return the source of a kubeconfig, or without one of the Pod's service account; raises ConfigError."""
    if kubeconfig is None:
        return ServiceAccount()
    return Kubeconfig(kubeconfig, context, options.plugin_timeout)


def _absolute_fields(path: Path, entry: ClusterEntry | UserEntry) -> Mapping[str, str]:
    """The fields for TLS that an entry has, with the paths of files made absolute."""
    fields: dict[str, str] = {}
    for field in msgspec.structs.fields(entry):
        value = getattr(entry, field.name)
        if field.encode_name not in _TLS_FIELDS or not value:
            continue
        is_file = field.encode_name in ("certificate-authority", "client-certificate", "client-key")
        fields[field.encode_name] = str(kubeconfig_check.resolve(path, value)) if is_file else value
    return fields


def _inline_certificate(status: exec_plugin.ExecStatus) -> Mapping[str, str]:
    """The certificate that a plugin printed, as it would stand in a kubeconfig."""
    if not status.client_certificate_data or not status.client_key_data:
        return {}
    return {
        "client-certificate-data": base64.b64encode(status.client_certificate_data.encode()).decode("ascii"),
        "client-key-data": base64.b64encode(status.client_key_data.encode()).decode("ascii"),
    }


def _to_login(
    configuration: kubernetes_library.Configuration,
    headers: Headers,
    proxy: str | None,
    expires_at: float | None = None,
    remarks: tuple[str, ...] = (),
) -> Login:
    # Each file is hashed by itself, so that no bytes can move from one to the next unseen.
    digest = hashlib.sha256()
    for file in (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file):
        digest.update(hashlib.sha256(_read_or_empty(Path(file)) if file else b"").digest())
    for setting in ("host", "verify_ssl", "tls_server_name"):
        digest.update(f"{setting}={getattr(configuration, setting)!r}\n".encode())
    digest.update(f"proxy={proxy!r}\n".encode())

    return Login(configuration, headers, proxy, digest.digest(), expires_at, remarks)


def _read_or_empty(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
