"""The mistakes in a kubeconfig, what of it has no effect, and the files that it names.

All is found before anything is connected, so that a message can say what would be right. What client-go
refuses is refused here too, and what it leaves out in silence is named.
"""

import base64
import binascii
import shutil
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from svcdns import value_types
from svcdns.errors import ConfigError
from svcdns.sources.apiserver.login import kubeconfig_file, login_headers, proxy_environment
from svcdns.sources.apiserver.login.kubeconfig_fields import (
    ChosenEntries,
    ClusterEntry,
    ExecPlugin,
    UserEntry,
)

EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_INTERACTIVE_MODES = ("Never", "IfAvailable", "Always")

_CLUSTER_FILE = "certificate-authority"
_FILES = (_CLUSTER_FILE, "client-certificate", "client-key", "tokenFile")
"""The fields that name a file; all but the last also have a form with `-data`, in base64."""


class CheckedKubeconfig(Struct, frozen=True):
    """A kubeconfig without mistakes."""

    entries: ChosenEntries
    files: tuple[Path, ...]
    """The kubeconfig and the files that it names, which a login is read from."""
    remarks: tuple[str, ...]
    """What of it has no effect, each with the file and the entry."""


def check_kubeconfig(path: Path, context: str | None) -> CheckedKubeconfig:
    """Read and check what a kubeconfig says of a context, by default of its current one.

    Raises ConfigError, which names the file, the entries, their fields and what would be right.
    """
    entries = kubeconfig_file.read_chosen(path, context)
    if mistakes := list(_iter_mistakes(path, entries)):
        raise ConfigError(f"kubeconfig {path}: {'; '.join(mistakes)}")

    remarks = (*entries.remarks, *_iter_ineffective(entries))
    return CheckedKubeconfig(
        entries,
        (path, *(resolve(path, name) for _, _, name in _named_files(entries))),
        tuple(f"kubeconfig {path}: {remark}" for remark in remarks),
    )


def choose_proxy(cluster: ClusterEntry, environ: Mapping[str, str]) -> str | None:
    """The URL of the proxy to a cluster: its own, else that of the environment; raises ConfigError."""
    if cluster.proxy_url:
        return proxy_environment.check_proxy_url(cluster.proxy_url)
    return proxy_environment.choose_proxy(cluster.server or "", environ)


def find_problems(path: Path, context: str | None, environ: Mapping[str, str]) -> list[str]:
    """All that is wrong with a kubeconfig, a context of it, and the proxy that the environment names."""
    try:
        entries = kubeconfig_file.read_chosen(path, context)
    except ConfigError as error:
        return [str(error)]

    mistakes = list(_iter_mistakes(path, entries))
    problems = [*mistakes, *entries.remarks, *_iter_ineffective(entries)]
    plugin = entries.user.exec
    if plugin is not None and plugin.command and shutil.which(resolve_command(path, plugin.command)) is None:
        hint = f"; its installHint: {plugin.install_hint}" if plugin.install_hint else ""
        problems.append(
            f"user {entries.user_name!r}: exec.command: {plugin.command!r} is no program here{hint}"
        )

    texts = [f"kubeconfig {path}: {problem}" for problem in problems]
    if not mistakes:
        try:
            choose_proxy(entries.cluster, environ)
        except ConfigError as error:
            texts.append(str(error))
    return texts


def resolve(path: Path, name: str) -> Path:
    """The path of a file that the kubeconfig names: relative names count from the kubeconfig's folder."""
    return path.absolute().parent / name


def resolve_command(path: Path, command: str) -> str:
    """The command of an exec plugin: looked for in PATH, unless it has a slash."""
    return str(resolve(path, command)) if "/" in command else command


def _iter_mistakes(path: Path, entries: ChosenEntries) -> Iterator[str]:
    cluster, user = entries.cluster, entries.user
    is_tls = (cluster.server or "").startswith("https://")

    # Without TLS an API server asks for no credentials: kubectl proxy, tests.
    if not entries.has_user and is_tls:
        yield f"context {entries.context_name!r} needs a user, one of its users list"

    try:
        value_types.parse_label(entries.namespace or "default")
    except ValueError as error:
        yield f"context {entries.context_name!r}: namespace: {error}"

    yield from (f"cluster {entries.cluster_name!r}: {text}" for text in _cluster_mistakes(cluster))
    yield from (f"user {entries.user_name!r}: {text}" for text in _user_mistakes(user))
    yield from _file_mistakes(path, entries)


def _cluster_mistakes(cluster: ClusterEntry) -> Iterator[str]:
    if problem := _url_problem(cluster.server or ""):
        yield f"server {proxy_environment.strip_user(cluster.server or '')!r} {problem}"

    if cluster.insecure_skip_tls_verify and (
        cluster.certificate_authority or cluster.certificate_authority_data
    ):
        yield (
            "insecure-skip-tls-verify and certificate-authority contradict each other: "
            "remove insecure-skip-tls-verify, so that the certificate is checked"
        )
    if cluster.proxy_url:
        try:
            proxy_environment.check_proxy_url(cluster.proxy_url)
        except ValueError as error:
            yield f"proxy-url: {error}"


def _url_problem(text: str) -> str:
    """What is wrong with the address of a server; empty if nothing."""
    example = "must be an address such as https://HOST:PORT"
    try:
        parts = urllib.parse.urlsplit(text)
        _ = parts.port
    except ValueError:  # brackets without an IPv6 address in them, or a port that is none
        return example

    # Python would leave out line ends and tabs.
    is_one_word = text.isprintable() and " " not in text
    if parts.scheme not in ("https", "http") or not parts.hostname or not is_one_word:
        return example
    if "@" in parts.netloc:
        return f"{example}, without a user: write username and password of the user"
    if parts.query or parts.fragment:
        return f"{example}/PATH, without ? and #"
    return ""


def _user_mistakes(user: UserEntry) -> Iterator[str]:
    has_certificate = bool(user.client_certificate or user.client_certificate_data)
    has_key = bool(user.client_key or user.client_key_data)
    if has_certificate != has_key:
        yield "a client-certificate and a client-key belong together: one of them is missing"

    if user.password and not user.username:
        yield "password needs a username"
    if user.username and (user.token or user.token_file):
        yield "username and token contradict each other: remove one of them"

    if not user.impersonated_user and (
        user.impersonated_uid or user.impersonated_groups or user.impersonated_extra
    ):
        yield "as-uid, as-groups and as-user-extra need `as`, the name of the user to act as"

    if user.auth_provider is not None:
        yield (
            f"auth-provider {user.auth_provider.name or ''!r} is not supported: use an exec plugin, such as "
            "kubelogin (oidc, azure) or gke-gcloud-auth-plugin (gcp)"
        )
    if user.exec is not None:
        yield from (f"exec.{text}" for text in _plugin_mistakes(user.exec))


def _plugin_mistakes(plugin: ExecPlugin) -> Iterator[str]:
    if not plugin.command:
        yield "command is missing: name the program that prints the credentials"
    if plugin.api_version not in EXEC_VERSIONS:
        yield f"apiVersion {plugin.api_version or ''!r} is not supported: {' or '.join(EXEC_VERSIONS)}"
    if not all(variable.name for variable in plugin.env or ()):
        yield "env: a variable has no name"

    # Only v1beta1 has a default for it, IfAvailable.
    mode = plugin.interactive_mode or ("IfAvailable" if plugin.api_version == EXEC_VERSIONS[1] else "")
    if mode not in _INTERACTIVE_MODES:
        yield f"interactiveMode {mode!r} must be one of {', '.join(_INTERACTIVE_MODES)}"


def _file_mistakes(path: Path, entries: ChosenEntries) -> Iterator[str]:
    """What is wrong with the files that are named, and with those whose contents stand in the kubeconfig."""
    for place, field, name in _named_files(entries):
        file = resolve(path, name)
        try:
            file.read_bytes()
        except OSError as error:
            yield f"{place}: {field} {file} cannot be read: {error.strerror}"

    for field in _FILES:
        place, values = _entry_of(entries, field)
        inline = values.get(f"{field}-data")
        if inline and values.get(field):
            yield f"{place}: {field} and {field}-data contradict each other: remove one of them"
        if inline and not _is_base64(inline):
            yield f"{place}: {field}-data is not base64: encode the PEM file with `base64 -w0`"


def _named_files(entries: ChosenEntries) -> Iterator[tuple[str, str, str]]:
    """The entry, the field and the value of each field that names a file."""
    for field in _FILES:
        place, values = _entry_of(entries, field)
        if name := values.get(field):
            yield place, field, name


def _entry_of(entries: ChosenEntries, field: str) -> tuple[str, dict[str, str]]:
    """The entry that has a field of `_FILES`: its place in messages, and its texts by the names of fields."""
    entry: Struct
    if field == _CLUSTER_FILE:
        place, entry = f"cluster {entries.cluster_name!r}", entries.cluster
    else:
        place, entry = f"user {entries.user_name!r}", entries.user
    return place, {name: value for name, value in _set_fields(entry) if isinstance(value, str)}


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except binascii.Error:
        return False


def _iter_ineffective(entries: ChosenEntries) -> Iterator[str]:
    """The fields that are right, and do nothing beside the others."""
    server, user = entries.cluster.server or "", entries.user
    user_place = f"user {entries.user_name!r}"

    if user.exec is not None and user.has_own_credentials:
        yield f"{user_place}: exec is not run, since the user has credentials of its own: remove either"
    if user.token and user.token_file:
        yield f"{user_place}: token is not used, since tokenFile is there: remove token"
    if server.startswith("https://"):
        return

    tls_fields = ("tls-server-name", "certificate-authority", "insecure-skip-tls-verify")
    for text in _unused(entries.cluster, tls_fields):
        yield f"cluster {entries.cluster_name!r}: {text} has no effect without TLS: write server: https://..."
    for text in _unused(user, ("client-certificate", "client-key")):
        yield f"{user_place}: {text} has no effect without TLS: write server: https://..."

    if not login_headers.is_confidential(server) and (user.has_own_credentials or user.exec is not None):
        yield f"{user_place}: no credentials are sent to {server}, which is not over TLS: use https"


def _unused(entry: Struct, prefixes: Iterable[str]) -> list[str]:
    return [name for name, _ in _set_fields(entry) if name.startswith(tuple(prefixes))]


def _set_fields(entry: Struct) -> Iterator[tuple[str, object]]:
    """The fields that have a value, by their names in the file."""
    for field in msgspec.structs.fields(entry):
        if value := getattr(entry, field.name):
            yield field.encode_name, value
