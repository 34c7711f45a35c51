"""Exec plugins: what they are told, what they print, and how they fail; with real programs."""

import asyncio
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import SourceError
from svcdns.sources.apiserver.login import exec_plugin
from svcdns.sources.apiserver.login.kubeconfig_fields import ClusterEntry, ExecPlugin, ExecVariable

V1 = "client.authentication.k8s.io/v1"
CLUSTER = ClusterEntry(server="https://api.example:6443")
STATUS = {"token": "t", "expirationTimestamp": "2026-12-01T03:00:00Z"}


def credential(**status: str) -> str:
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status or STATUS})


def plugin(script: str, **fields: Any) -> ExecPlugin:
    """A plugin that is a script of Python."""
    defaults: dict[str, Any] = {"api_version": V1, "interactive_mode": "Never"}
    return ExecPlugin(command=sys.executable, args=["-c", script], **(defaults | fields))


async def run(
    folder: Path, program: ExecPlugin, cluster: ClusterEntry = CLUSTER, timeout: float = 60.0
) -> Any:
    return await exec_plugin.run_plugin(folder / "kubeconfig", program, cluster, timeout)


async def test_a_command_beside_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a slash, so it counts from the kubeconfig's folder, wherever this program runs."""
    program = tmp_path / "bin" / "plugin"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{credential()}'\n")
    program.chmod(0o700)
    monkeypatch.chdir("/")
    status = await run(tmp_path, ExecPlugin(command="bin/plugin", api_version=V1, interactive_mode="Never"))
    assert status.token == "t"
    assert status.expiration_timestamp.timestamp() == 1796094000


async def test_what_a_plugin_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    cluster = ClusterEntry(
        server="https://api.example:6443",
        tls_server_name="api",
        certificate_authority="ca.crt",
        proxy_url="http://squid:3128",
        extensions=[
            {"name": "other", "extension": {}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}},
        ],
    )
    script = (
        "import json, os; status = {'token': os.environ['KUBERNETES_EXEC_INFO'] + os.environ['EXTRA']}; "
        f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential', 'status': status}}))"
    )
    for provide_cluster_info in (True, None):
        variables = [ExecVariable("EXTRA", None), ExecVariable("HOME", "/nowhere")]
        status = await run(
            tmp_path, plugin(script, env=variables, provide_cluster_info=provide_cluster_info), cluster
        )
        spec: dict[str, Any] = {"interactive": False}
        if provide_cluster_info:
            spec["cluster"] = {
                "server": "https://api.example:6443",
                "tls-server-name": "api",
                "certificate-authority-data": base64.b64encode(b"PEM").decode(),
                "proxy-url": "http://squid:3128",
                "config": {"audience": "x"},
            }
        assert json.loads(status.token) == {"apiVersion": V1, "kind": "ExecCredential", "spec": spec}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            ExecPlugin(command="no-such-plugin", install_hint=" brew install it\n"),
            "is not installed: brew install it",
        ),
        (ExecPlugin(command="./no-such-plugin"), "'./no-such-plugin' of kubeconfig .* is not installed"),
        (plugin("raise SystemExit('not logged in')"), "failed with exit code 1: 'not logged in'"),
        (plugin("raise SystemExit(3)"), "failed with exit code 3"),
        (plugin("print('sesame')"), "printed no ExecCredential"),
        (plugin("print('x' * 5_000_000)"), "printed more than 1048576 bytes"),
        (plugin("import sys; sys.stderr.write('y' * 5_000_000); sys.exit(1)"), "exit code 1: 'y{500}'"),
        (plugin("print()", interactive_mode="Always"), "wants to ask at a terminal"),
    ],
)
async def test_a_plugin_that_fails(
    tmp_path: Path, program: ExecPlugin, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: False)
    with pytest.raises(SourceError, match=message) as raised:
        await run(tmp_path, program)
    assert "sesame" not in str(raised.value)


async def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """Without this each attempt would leave another one behind."""
    pids = tmp_path / "pids"
    script = (
        "import os, pathlib, subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{child.pid}}'); time.sleep(600)"
    )
    running = asyncio.create_task(run(tmp_path, plugin(script), timeout=600))
    while not pids.exists() or len(pids.read_text().split()) < 2:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for pid in map(int, pids.read_text().split()):
        while is_running(pid):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)

    with pytest.raises(SourceError, match=r"did not end within 0\.1 s"):
        await run(tmp_path, plugin("import time; time.sleep(600)"), timeout=0.1)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that nobody has waited for yet has ended too.
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return status != "Z"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"apiVersion": V1 + "beta1", "kind": "ExecCredential"}, "printed .*v1beta1 ExecCredential, and the"),
        ({"apiVersion": V1, "kind": "Status"}, "printed .*v1 Status"),
        ({"apiVersion": V1, "kind": "ExecCredential"}, "neither a token nor a certificate"),
        ({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": ""}}, "neither a token nor"),
        (
            {"apiVersion": V1, "kind": "ExecCredential", "status": {"token": "t", "clientKeyData": "k"}},
            "a certificate or a key, and both are needed",
        ),
        (
            {
                "apiVersion": V1,
                "kind": "ExecCredential",
                "status": {"token": "t", "expirationTimestamp": "soon"},
            },
            "no ExecCredential: Invalid RFC3339",
        ),
    ],
)
def test_what_is_no_credential(output: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exec_plugin.parse_credential(msgspec.json.encode(output), V1)


@given(st.binary())
def test_any_output(output: bytes) -> None:
    with pytest.raises(ValueError, match="it printed"):
        exec_plugin.parse_credential(output, V1)
