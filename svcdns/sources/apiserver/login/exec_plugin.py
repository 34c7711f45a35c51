"""Runs the exec plugin of a kubeconfig: a program that prints a token or a certificate.

Source: Kubernetes, "Authenticating: client-go credential plugins" (client.authentication.k8s.io v1). The
program is told about the cluster in KUBERNETES_EXEC_INFO. What it prints and how long it takes is bounded.
"""

import asyncio
import base64
import contextlib
import datetime
import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from svcdns.errors import SourceError
from svcdns.sources.apiserver.login import kubeconfig_check
from svcdns.sources.apiserver.login.kubeconfig_fields import ClusterEntry, ExecPlugin

_CONFIG_EXTENSION = "client.authentication.k8s.io/exec"
"""The extension of a cluster that its plugin gets as `config`."""

_STANDARD_INPUT = 0
_MAX_OUTPUT_BYTES = 1 << 20
_MAX_ERROR_BYTES = 64 << 10
_MAX_MESSAGE_CHARACTERS = 500


class ExecStatus(Struct, frozen=True, rename="camel"):
    """What a plugin prints (ExecCredentialStatus): a token, or a certificate with its key, or both."""

    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: Annotated[datetime.datetime, Meta(tz=True)] | None = None


class _ExecCredential(Struct, frozen=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    status: ExecStatus | None = None


async def run_plugin(path: Path, plugin: ExecPlugin, cluster: ClusterEntry, timeout: float) -> ExecStatus:
    """Run the plugin of the kubeconfig `path` for at most `timeout` seconds; raises SourceError."""
    name = f"the exec plugin {plugin.command!r} of kubeconfig {path}"
    command = shutil.which(kubeconfig_check.resolve_command(path, plugin.command or ""))
    if command is None:
        hint = f": {plugin.install_hint.strip()}" if plugin.install_hint else ""
        raise SourceError(f"{name} is not installed{hint}")

    is_interactive = plugin.interactive_mode != "Never" and os.isatty(_STANDARD_INPUT)
    if plugin.interactive_mode == "Always" and not is_interactive:
        raise SourceError(f"{name} wants to ask at a terminal (interactiveMode Always), and there is none")

    environ = dict(os.environ)
    environ.update({variable.name or "": variable.value or "" for variable in plugin.env or ()})
    info = exec_info(path, plugin, cluster, is_interactive=is_interactive)
    environ["KUBERNETES_EXEC_INFO"] = json.dumps(info)

    output, errors, code = await _run(
        name, [command, *(plugin.args or ())], environ, timeout, is_interactive=is_interactive
    )
    if code:
        reason = errors.decode(errors="replace").strip()[-_MAX_MESSAGE_CHARACTERS:]
        raise SourceError(f"{name} failed with exit code {code}" + (f": {reason!r}" if reason else ""))

    try:
        return parse_credential(output, plugin.api_version or "")
    except ValueError as error:
        raise SourceError(f"{name}: {error}") from error


def exec_info(
    path: Path, plugin: ExecPlugin, cluster: ClusterEntry, *, is_interactive: bool
) -> Mapping[str, Any]:
    """The ExecCredential in KUBERNETES_EXEC_INFO; raises SourceError for a file of the CA."""
    spec: dict[str, Any] = {"interactive": is_interactive}
    if plugin.provide_cluster_info:
        spec["cluster"] = _cluster_info(path, cluster)
    return {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}


def _cluster_info(path: Path, cluster: ClusterEntry) -> Mapping[str, Any]:
    ca_data = cluster.certificate_authority_data
    if cluster.certificate_authority:
        ca_file = kubeconfig_check.resolve(path, cluster.certificate_authority)
        try:
            ca_data = base64.b64encode(ca_file.read_bytes()).decode("ascii")
        except OSError as error:
            raise SourceError(f"certificate-authority {ca_file} cannot be read: {error.strerror}") from error

    extensions = {entry.get("name"): entry.get("extension") for entry in cluster.extensions or ()}
    fields = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": ca_data,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": extensions.get(_CONFIG_EXTENSION),
    }
    return {name: value for name, value in fields.items() if value}


def parse_credential(output: bytes, api_version: str) -> ExecStatus:
    """What a plugin printed; raises ValueError, which says what is missing."""
    try:
        credential = msgspec.json.decode(output, type=_ExecCredential)
    except (ValueError, RecursionError) as error:
        # Not what was printed: there may be a token in it.
        raise ValueError(f"it printed no ExecCredential: {error}") from error

    if credential.kind != "ExecCredential" or credential.api_version != api_version:
        raise ValueError(
            f"it printed {credential.api_version} {credential.kind}, "
            f"and the kubeconfig names {api_version} ExecCredential"
        )
    status = credential.status or ExecStatus()
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise ValueError("it printed a certificate or a key, and both are needed")
    if not status.token and not status.client_certificate_data:
        raise ValueError("it printed neither a token nor a certificate with its key")
    return status


async def _run(
    name: str, command: list[str], environ: Mapping[str, str], timeout: float, *, is_interactive: bool
) -> tuple[bytes, bytes, int]:
    """What a program wrote to standard output and error, and its exit code; it is ended after `timeout`."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            # It asks at the terminal only if it may; else it must not take what is meant for others.
            stdin=None if is_interactive else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if is_interactive else asyncio.subprocess.PIPE,
            # A session of its own ends with all that the plugin started; but it would have no terminal.
            start_new_session=not is_interactive,
        )
    except OSError as error:
        raise SourceError(f"{name} cannot be started: {error.strerror}") from error

    code = None
    try:
        async with asyncio.timeout(timeout):
            output, errors = await asyncio.gather(
                _read_bounded(process.stdout, _MAX_OUTPUT_BYTES),
                _read_bounded(process.stderr, _MAX_ERROR_BYTES),
            )
            code = await process.wait()
    except TimeoutError as error:
        raise SourceError(f"{name} did not end within {timeout:g} s") from error
    finally:
        # Also where the plugin has ended, and what it started holds its output open.
        if code is None:
            await _kill(process, is_group=not is_interactive)

    if len(output) > _MAX_OUTPUT_BYTES:
        raise SourceError(f"{name} printed more than {_MAX_OUTPUT_BYTES} bytes")
    return output, errors, code


async def _read_bounded(stream: asyncio.StreamReader | None, limit: int) -> bytes:
    """Read all, so that the writer goes on, and return the first `limit` bytes, or one chunk more."""
    parts = bytearray()
    while stream is not None and (part := await stream.read(1 << 16)):
        if len(parts) <= limit:
            parts += part
    return bytes(parts)


async def _kill(process: asyncio.subprocess.Process, *, is_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if is_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()
