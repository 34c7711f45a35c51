"""`svcdns webhook` with the manifests of deploy/overlays/webhook, asked by a real API server.

The Service is an ExternalName, by which an API server without a network of Services comes to a process
on loopback; the name in the certificate is checked all the same.
"""

import asyncio
import base64
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import server
from tests.e2e import INSTALLED, apiserver
from tests.e2e.apiserver import RealApiServer
from tests.fake_apiserver import Object
from tests.reviews import env

pytestmark = [INSTALLED, pytest.mark.timeout(300)]

SPACE, NAME, SECRET = "svcdns", "svcdns-webhook", "svcdns-webhook-tls"
PORT = server.free_port()
ASKS, DECLINES = {"svcdns.io/inject": "true"}, {"svcdns.io/inject": "false"}


async def test_pods_are_given_variables(tmp_path: Path) -> None:
    async with apiserver.serving(tmp_path) as api:
        await prepare(api)
        address = await service_address(api)
        async with webhook(tmp_path, api) as process:
            await is_asked(api)
            result = [
                await made(api, "shop", "asks", ASKS),
                await made(api, "shop", "says-nothing"),
                await made(api, "all", "says-nothing"),
                await made(api, "all", "declines", DECLINES),
            ]
            process.send_signal(signal.SIGSTOP)
            hung = await made(api, "shop", "nobody-answers", ASKS)
            process.send_signal(signal.SIGCONT)

        gone = await made(api, "shop", "nobody-listens", ASKS)

    assert [values(pod).get("DB_SERVICE_HOST") for pod in result] == [address, None, None, None]
    assert values(result[0])["DB_SERVICE_PORT"] == "5432"
    assert result[0]["spec"]["enableServiceLinks"] is False
    assert values(result[2])["KUBERNETES_SERVICE_HOST"] == "10.96.0.1", "of a namespace that asks"
    assert env(result[1]) == env(result[3]) == env(hung) == env(gone) == []


async def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    async with apiserver.serving(tmp_path) as api:
        await prepare(api)
        message = [await make_certificate(tmp_path, api) for _ in range(2)]
    assert "new, since there was none" in message[0]
    assert "still good, nothing was changed" in message[1]


async def prepare(api: RealApiServer) -> None:
    """The overlay, as far as an API server alone can have it, and namespaces with a Service."""
    await api.load(namespace(name) for name in (SPACE, "shop"))
    await api.put(namespace("all", ASKS))
    await api.load(apiserver.manifests("overlays/webhook/rbac.yaml", SPACE))
    metadata = {"name": "db", "namespace": "shop"}
    await api.put({"kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 5432}]}})
    (registration,) = apiserver.manifests("overlays/webhook/registration.yaml", SPACE)
    for item in registration["webhooks"]:
        item["clientConfig"]["service"]["port"] = PORT

    await api.put(registration)
    metadata, spec = {"name": NAME, "namespace": SPACE}, {"type": "ExternalName", "externalName": "127.0.0.1"}
    await api.put({"kind": "Service", "metadata": metadata, "spec": spec})


@contextlib.asynccontextmanager
async def webhook(folder: Path, api: RealApiServer) -> AsyncIterator[Process]:
    """The process, with the rights of its own ServiceAccount and the Secret as its files."""
    await make_certificate(folder, api)
    secret = await api.get("Secret", SPACE, SECRET)
    for file in ("tls.crt", "tls.key"):
        (folder / f"webhook-{file}").write_bytes(base64.b64decode(secret["data"][file]))

    arguments = ["--kubeconfig", str(await config(folder, api, NAME)), "--listen", f"127.0.0.1:{PORT}"]
    arguments += ["--tls-cert", str(folder / "webhook-tls.crt"), "--tls-key", str(folder / "webhook-tls.key")]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "svcdns", "webhook", *arguments)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def make_certificate(folder: Path, api: RealApiServer) -> str:
    """What the CronJob does, as its ServiceAccount; what it says."""
    arguments = ["--apply", "--kubeconfig", str(await config(folder, api, f"{NAME}-certs"))]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "svcdns", "webhook", "certs", *arguments, stderr=PIPE
    )
    message = (await process.communicate())[1].decode()
    assert process.returncode == 0, message

    return message


async def config(folder: Path, api: RealApiServer, account: str) -> Path:
    """A kubeconfig in a folder of the account's own."""
    own = folder / account
    own.mkdir(exist_ok=True)
    return await api.kubeconfig(own, (SPACE, account))


async def is_asked(api: RealApiServer) -> None:
    """Return when a Pod that opts in gets variables: the API server takes new webhooks up by and by."""
    for number in range(100):
        if env(await made(api, "shop", f"try-{number}", ASKS)):
            return
        await asyncio.sleep(0.2)

    raise AssertionError("the webhook is not asked")


async def made(api: RealApiServer, space: str, name: str, labels: Object | None = None) -> Object:
    """A Pod as somebody makes it, and as it is then."""
    metadata = {"name": name, "namespace": space, "labels": labels or {}}
    spec = {"containers": [{"name": "app", "image": "i"}]}
    await api.put({"kind": "Pod", "metadata": metadata, "spec": spec})
    return await api.get("Pod", space, name)


async def service_address(api: RealApiServer) -> str:
    """The address that the API server has given to the Service."""
    return str((await api.get("Service", "shop", "db"))["spec"]["clusterIP"])


def namespace(name: str, labels: Object | None = None) -> Object:
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}}


def values(pod: Object) -> dict[str, str]:
    """The variables of a Pod's only container."""
    return {item["name"]: item["value"] for item in pod["spec"]["containers"][0].get("env") or ()}
