"""Who we are to the API server, and by which certificate we know it.

Logins come from a kubeconfig or from a Pod's service account. Both are checked when they are made
(ConfigError says what to do) and loaded by kubernetes_asyncio, as often as the client asks. It reads each
file once, so a rotated token, CA or certificate needs another load, and so does a new run of an exec plugin.
"""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from svcdns import errors
from svcdns.sources.apiserver import kubeconfig_check, kubernetes_library
from svcdns.sources.apiserver.options import ApiServerOptions

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Login(Struct, frozen=True):
    """The result of one load."""

    configuration: kubernetes_library.Configuration
    token: str | None
    """The value of the Authorization header, if there is to be one."""
    transport_digest: bytes
    """A digest of all that a connection depends on; connections stay open while it stays the same."""
    expires_at: float | None = None
    """When the token expires, in seconds since 1970, as the exec plugin states it."""

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
        return _to_login(configuration)


class Kubeconfig:
    """A kubeconfig file and one of its contexts (default: its current one)."""

    def __init__(self, path: Path, context: str | None, plugin_timeout: float) -> None:
        """`plugin_timeout` is in seconds; raises ConfigError for a kubeconfig with a mistake."""
        self._path = path
        self._context = context
        self._plugin_timeout = plugin_timeout
        self._files = kubeconfig_check.check_kubeconfig(path, context)

    @property
    def files(self) -> tuple[Path, ...]:
        """The kubeconfig and the files that it refers to."""
        return self._files

    async def load_login(self) -> Login:
        """Read all files, and run the exec plugin if there is one; raises SourceError.

        The kubeconfig is never written, though some auth providers would like to keep their tokens there.
        """
        configuration = kubernetes_library.Configuration()
        try:
            self._files = kubeconfig_check.check_kubeconfig(self._path, self._context)
            async with asyncio.timeout(self._plugin_timeout):
                loader = await kubernetes_library.kube_config.load_kube_config(
                    config_file=str(self._path),
                    context=self._context,
                    client_configuration=configuration,
                    persist_config=False,
                )
        except TimeoutError as error:
            raise errors.SourceError(
                f"the exec plugin of kubeconfig {self._path} did not end within {self._plugin_timeout:g} s"
            ) from error
        except Exception as error:  # the library raises what its helpers raise, even AssertionError
            raise errors.SourceError(f"no credentials from kubeconfig {self._path}: {error}") from error

        expiry = getattr(loader, "exec_plugin_expiry", None)
        return _to_login(configuration, expiry and expiry.timestamp())


def open_login_source(kubeconfig: Path | None, context: str | None, options: ApiServerOptions) -> LoginSource:
    """Return the source of a kubeconfig, or without one of the Pod's service account; raises ConfigError."""
    if kubeconfig is None:
        return ServiceAccount()
    return Kubeconfig(kubeconfig, context, options.plugin_timeout)


def _to_login(configuration: kubernetes_library.Configuration, expires_at: float | None = None) -> Login:
    # A token file often ends with a line end, and a header must not.
    token = configuration.api_key.get("BearerToken", "").strip()

    # Each file is hashed by itself, so that no bytes can move from one to the next unseen.
    digest = hashlib.sha256()
    for file in (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file):
        digest.update(hashlib.sha256(_read_or_empty(Path(file)) if file else b"").digest())
    for setting in ("host", "verify_ssl", "tls_server_name", "proxy"):
        digest.update(f"{setting}={getattr(configuration, setting)!r}\n".encode())

    return Login(configuration, token or None, digest.digest(), expires_at)


def _read_or_empty(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
