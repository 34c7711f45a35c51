"""Who we are to the API server, and by which certificate we know it.

Two origins, a kubeconfig and a Pod's service account. Both are checked when they are made
(ConfigError says what to do) and loaded by kubernetes_asyncio, as often as the client asks: it reads
each file once, so that a rotated token, CA or certificate is another load, and so is a new run of
an exec plugin.
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

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Login(Struct, frozen=True):
    """What one load gave.

    `token` is the value of the Authorization header, if any; `transport` a digest of all that a
    connection depends on: while it stays, connections stay; `expires` is wall-clock time, as the
    exec plugin said it.
    """

    configuration: kubernetes_library.Configuration
    token: str | None
    transport_digest: bytes
    expires_at: float | None = None

    @property
    def description(self) -> str:
        """For messages."""
        return f"the API server {self.configuration.host}"


class LoginSource(Protocol):
    """Where logins come from."""

    @property
    def files(self) -> tuple[Path, ...]:
        """What a login is read from; a change of any of them asks for another login."""
        ...

    async def load_login(self) -> Login:
        """Load anew; raises SourceError."""
        ...


class ServiceAccount:
    """The service account that Kubernetes mounts into a Pod; the kubelet rotates its token."""

    def __init__(self, folder: Path = SERVICE_ACCOUNT, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = dict(environ)
        self._token_file, self._ca_file = folder / "token", folder / "ca.crt"
        for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
            if not self._environ.get(name):
                raise errors.ConfigError(f"this is no Pod of a cluster ({name} is not set)")
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
        """Read both files."""
        configuration = kubernetes_library.Configuration()
        try:
            kubernetes_library.InClusterConfigLoader(
                token_filename=str(self._token_file),
                cert_filename=str(self._ca_file),
                try_refresh_token=False,  # it would go by the wall clock; the client watches the file
                environ=self._environ,
            ).load_and_set(configuration)
        except (OSError, ValueError, kubernetes_library.ConfigException) as error:
            raise errors.SourceError(f"the service account cannot be read: {error}") from error
        return _to_login(configuration)


class Kubeconfig:
    """A kubeconfig file and one of its contexts (default: its current one)."""

    def __init__(self, path: Path, context: str | None, plugin_timeout: float) -> None:
        self._path = path
        self._context = context
        self._plugin_timeout = plugin_timeout
        self._files = kubeconfig_check.check_kubeconfig(path, context)

    @property
    def files(self) -> tuple[Path, ...]:
        """The kubeconfig and the files that it refers to."""
        return self._files

    async def load_login(self) -> Login:
        """Read all files, run the exec plugin if there is one; the kubeconfig is never written."""
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
        except Exception as error:  # the library raises what its helpers raise, asserts too
            raise errors.SourceError(f"no credentials from kubeconfig {self._path}: {error}") from error
        expiry = getattr(loader, "exec_plugin_expiry", None)
        return _to_login(configuration, expiry and expiry.timestamp())


def _to_login(configuration: kubernetes_library.Configuration, expires_at: float | None = None) -> Login:
    # A token file ends with a line end as often as not; a header must not.
    token = configuration.api_key.get("BearerToken", "").strip()
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
