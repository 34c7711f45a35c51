"""`svcdns webhook` as a process, against manifests and against an API server; its mistakes."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests import fake_apiserver, reviews
from tests.certificates import make_certificate
from tests.cli.conftest import Run
from tests.patience import PATIENCE
from tests.reviews import Object, env, pod, review
from tests.server import free_port
from tests.web.webhook.serving import until

SERVICES = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {svcdns.io/inject: "true"}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other, annotations: {svcdns.io/allow-injection-into: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.7, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: auth, namespace: other}
spec: {clusterIP: 10.96.0.8, ports: [{port: 80}]}
"""


class Running:
    """The process, and a client of it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, client: aiohttp.ClientSession) -> None:
        self.process = process
        self.url = url
        self.client = client

    async def ready(self) -> tuple[int, str]:
        async with self.client.get(f"{self.url}/readyz") as response:
            return response.status, await response.text()

    async def mutate(self, created: Object) -> Object:
        async with self.client.post(f"{self.url}/mutate", json=review(created)) as response:
            assert response.status == 200
            return reviews.patched(created, await response.json())

    async def injects(self, text: str) -> bool:
        return text in json.dumps(await self.mutate(pod()))

    async def until(self, text: str) -> None:
        async def says() -> bool:
            assert self.process.returncode is None, "the webhook ended"
            with contextlib.suppress(aiohttp.ClientConnectionError):
                return text in str(await self.ready())
            return False

        await until(says)


@contextlib.asynccontextmanager
async def running(folder: Path, *args: str, **variables: str) -> AsyncIterator[Running]:
    chain, key = make_certificate(folder)
    port = free_port()
    command = [sys.executable, "-m", "svcdns", "webhook", "--listen", f"127.0.0.1:{port}"]
    command += ["--tls-cert", str(chain), "--tls-key", str(key), *args]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SVCDNS_", "KUBERN"))}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env={**clean, **variables}
        )

    context = ssl.create_default_context(cafile=str(chain))
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as client:
            yield Running(process, f"https://127.0.0.1:{port}", client)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            await process.wait()


async def test_manifests(tmp_path: Path) -> None:
    manifests = tmp_path / "services.yaml"
    manifests.write_text(SERVICES)
    args = ["--manifests", str(manifests), "--dns-config", "timeout:2"]
    async with running(tmp_path, *args, SVCDNS_WEBHOOK_NDOTS="2") as webhook:
        await webhook.until("(200, ")
        changed = await webhook.mutate(pod(labels={}))
        assert "DB_SERVICE_HOST" in env(changed)
        assert changed["spec"]["dnsConfig"] == {
            "options": [{"name": "ndots", "value": "2"}, {"name": "timeout", "value": "2"}]
        }
        created = pod(annotations={"svcdns.io/services": "auth.other"})
        assert env(await webhook.mutate(created))[0] == "AUTH_SERVICE_HOST"
        manifests.write_text(SERVICES.replace("10.96.0.7", "10.96.0.9"))
        await until(lambda: webhook.injects("10.96.0.9"))
        webhook.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(webhook.process.wait(), PATIENCE) == 0


async def test_an_api_server_that_is_late(tmp_path: Path) -> None:
    """Pods are made meanwhile; /readyz says what is waited for."""
    api = fake_apiserver.FakeApiServer()
    await api.start()
    await api.put({"kind": "Namespace", "metadata": {"name": "shop", "labels": {"svcdns.io/inject": "true"}}})
    db = {"kind": "Service", "metadata": {"namespace": "shop", "name": "db"}}
    await api.put({**db, "spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 5432}]}})
    api.token = "another"
    try:
        async with running(tmp_path, "--kubeconfig", str(api.kubeconfig(tmp_path))) as webhook:
            await webhook.until("refused (401)")
            assert await webhook.mutate(pod()) == pod()
            api.token = fake_apiserver.TOKEN
            await webhook.until("(200, ")
            assert env(await webhook.mutate(pod()))[0] == "DB_SERVICE_HOST"
            expected = {f"{verb} {kind}" for verb in ("list", "watch") for kind in ("Service", "Namespace")}

            async def watches() -> bool:
                return set(api.requests) == expected  # and of no other kind

            await until(watches)
            await api.put({**db, "spec": {"clusterIP": "10.96.0.9"}})
            await until(lambda: webhook.injects("10.96.0.9"))
    finally:
        await api.stop()


MISTAKES = [
    ((), "the API server asks over HTTPS: give --tls-cert and --tls-key; `svcdns webhook certs` makes them"),
    (("--tls-cert", "x"), "--tls-cert, webhook_tls_key: a certificate needs its key: set both"),
    (("--budget", "10"), "--budget: '10' is not a whole number from 1024 to 262144"),
    (("--ndots", "x"), "--ndots: 'x' is not a whole number from 0 to 15"),
    (("--dns-config", "a b"), "--dns-config: 'a b' is no option of resolv.conf(5), as timeout:2 or"),
    (("--dns-config", "timeout:1", "--dns-config", "timeout:2"), "--dns-config: 'timeout' is given twice"),
    (
        ("--dns-config", "ndots:1", "--ndots", "2"),
        "--ndots, --dns-config: ndots is set twice: set one of them",
    ),
    (("--listen", "8443"), "--listen: '8443' must be IP:PORT"),
]


@pytest.mark.parametrize(("args", "message"), MISTAKES)
def test_wrong_settings(run: Run, args: tuple[str, ...], message: str) -> None:
    result = run("webhook", *args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"svcdns: {message}")


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """The command sends this process's log to stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_wrong_files(run: Run, tmp_path: Path, logging_as_before: None) -> None:
    result = run("webhook", "--tls-cert", "none.crt", "--tls-key", "none.key", "--manifests", str(tmp_path))
    assert result.code == 2 and "are no certificate with its key (PEM)" in result.err
    chain, key = map(str, make_certificate(tmp_path))
    result = run(
        "webhook", "--tls-cert", chain, "--tls-key", key, "--client-ca", key, "--manifests", "x.yaml"
    )
    assert result.code == 2 and result.err.startswith(f"svcdns: {key} holds no CA (PEM): ")
    assert run("webhook", "--tls-cert", chain, "--tls-key", key).err.startswith("svcdns: nothing to serve")
    files = ("--tls-cert", chain, "--tls-key", key, "--manifests", "none.yaml")
    result = run("webhook", *files, "--listen", f"127.0.0.1:{free_port()}")
    assert result.code == 1 and "none.yaml: no such file or folder" in result.err
    result = run("webhook", *files, "--listen", "192.0.2.1:1")

    assert result.code == 1 and "svcdns: cannot listen on 192.0.2.1:1: " in result.err


def test_help(run: Run) -> None:
    result = run("webhook", "--help")
    assert result.code == 0
    for words in ("svcdns.io/inject", "--budget 1024-262144", "--listen HOST:PORT", "--tls-cert", "certs "):
        assert words in result.out
