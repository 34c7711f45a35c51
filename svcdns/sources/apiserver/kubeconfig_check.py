"""The mistakes in a kubeconfig, found before anything is connected.

kubernetes_asyncio loads the credentials. This module reads the same file with types, so that a message can
say what would be right, and so that the files it refers to are known and can be followed.
Source: Kubernetes client API v1 Config (kubeconfig).
"""

import urllib.parse
from pathlib import Path

import msgspec
from msgspec import Struct, field

from svcdns import errors


class _Cluster(Struct, rename="kebab"):
    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None


class _User(Struct, rename="kebab"):
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = field(name="tokenFile", default=None)


class _Context(Struct):
    cluster: str
    user: str | None = None


class _NamedCluster(Struct):
    name: str
    cluster: _Cluster


class _NamedUser(Struct):
    name: str
    user: _User | None = None


class _NamedContext(Struct):
    name: str
    context: _Context


class _Kubeconfig(Struct, rename="kebab"):
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


def check_kubeconfig(path: Path, context: str | None) -> tuple[Path, ...]:
    """Return the files that the credentials of `context` come from, the kubeconfig first.

    Raises ConfigError, which names the file and what would be right.
    """
    config = _read(path)
    chosen_context = _find_context(path, config, context)
    name = chosen_context.name

    clusters = {entry.name: entry.cluster for entry in config.clusters or ()}
    cluster = clusters.get(chosen_context.context.cluster)
    if cluster is None:
        raise errors.ConfigError(
            f"kubeconfig {path}: context {name!r} names an unknown cluster {chosen_context.context.cluster!r}"
        )
    if not _is_url(cluster.server):
        raise errors.ConfigError(
            f"kubeconfig {path}: server {cluster.server!r} must be an address such as https://HOST:PORT"
        )

    # Without TLS an API server asks for no credentials: kubectl proxy, tests.
    users = {entry.name: entry.user for entry in config.users or ()}
    user = users.get(chosen_context.context.user or "")
    if user is None and cluster.server.startswith("https://"):
        raise errors.ConfigError(f"kubeconfig {path}: context {name!r} needs a user, one of its users list")

    return (path, *_referenced_files(path, cluster, user or _User()))


def _find_context(path: Path, config: _Kubeconfig, name: str | None) -> _NamedContext:
    """Return the context of this name, or the current one; raises ConfigError."""
    name = name or config.current_context
    contexts = {entry.name: entry for entry in config.contexts or ()}

    choice = f"; its contexts: {', '.join(sorted(contexts)) or 'none'}"
    if not name:
        raise errors.ConfigError(f"kubeconfig {path} has no current-context: choose with --context{choice}")
    if name not in contexts:
        raise errors.ConfigError(f"kubeconfig {path} has no context {name!r}{choice}")

    return contexts[name]


def _is_url(text: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(text)
    except ValueError:  # brackets without an IPv6 address in them
        return False

    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _read(path: Path) -> _Kubeconfig:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=_Kubeconfig)
    except OSError as error:
        raise errors.ConfigError(f"kubeconfig {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise errors.ConfigError(f"{path} is not a kubeconfig: {error}") from error


def _referenced_files(path: Path, cluster: _Cluster, user: _User) -> list[Path]:
    fields = {
        "certificate-authority": (cluster.certificate_authority, cluster.certificate_authority_data),
        "client-certificate": (user.client_certificate, user.client_certificate_data),
        "client-key": (user.client_key, user.client_key_data),
        "tokenFile": (user.token_file, user.token),
    }
    files = []
    for key, (name, inline) in fields.items():
        # As in kubernetes_asyncio, what stands in the kubeconfig itself wins over a file.
        if name and not inline:
            file = path.parent / name
            try:
                file.read_bytes()
            except OSError as error:
                raise errors.ConfigError(
                    f"kubeconfig {path}: {key} {file} cannot be read: {error.strerror}"
                ) from error
            files.append(file)

    return files
