"""`svcdns webhook certs`: manifests, files, and a cluster."""

import asyncio
import base64
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from svcdns import server_certificate
from tests.cli.conftest import Run
from tests.web.webhook import handshakes
from tests.web.webhook.fake_registry import FakeRegistry

NAME = "svcdns-webhook.svcdns.svc"
FILES = {
    "ca.crt": 0o644,
    "configuration.yaml": 0o644,
    "secret.yaml": 0o600,
    "tls.crt": 0o644,
    "tls.key": 0o600,
}


async def shake(folder: Path) -> bytes:
    """Serve with the files, and connect as the API server does."""
    context = server_certificate.ServerCertificate(folder / "tls.crt", folder / "tls.key", "http/1.1").context
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        port = server.sockets[0].getsockname()[1]
        return await handshakes.shake(port, (folder / "ca.crt").read_bytes(), NAME)
    finally:
        server.close()


def test_manifests(run: Run, tmp_path: Path) -> None:
    result = run("webhook", "certs")
    assert result.code == 0
    assert result.err.startswith(f"svcdns: certificate for {NAME} until 20")
    assert result.err.endswith(": new, since there was none\n")
    secret, configuration = yaml.safe_load_all(result.out)
    assert secret["metadata"] == {"name": "svcdns-webhook-tls", "namespace": "svcdns"}
    for name, data in secret["data"].items():
        (tmp_path / name).write_bytes(base64.b64decode(data))

    for webhook in configuration["webhooks"]:
        assert webhook["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]
        assert webhook["clientConfig"]["service"]["name"] == "svcdns-webhook"

    asyncio.run(shake(tmp_path))

    assert run("webhook", "certs").out != result.out


def test_files_and_their_renewal(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "certs"
    assert run("webhook", "certs", "--out", str(folder), "--days", "40").code == 0
    assert {item.name: item.stat().st_mode & 0o777 for item in folder.iterdir()} == FILES
    first = {item.name: item.read_bytes() for item in folder.iterdir()}
    shown = asyncio.run(shake(folder))
    result = run("webhook", "certs", "--out", str(folder))
    assert (result.code, result.out) == (0, "") and result.err.endswith(": still good, nothing was changed\n")
    assert {item.name: item.read_bytes() for item in folder.iterdir()} == first
    result = run("webhook", "certs", "--out", str(folder), "--renew-before", "41")
    assert "new, since the last one ends on" in result.err
    assert asyncio.run(shake(folder)) != shown
    assert (folder / "ca.crt").read_bytes().endswith(first["ca.crt"])
    assert {item.name: item.stat().st_mode & 0o777 for item in folder.iterdir()} == FILES
    (secret,) = yaml.safe_load_all((folder / "secret.yaml").read_text())
    assert base64.b64decode(secret["data"]["tls.key"]) == (folder / "tls.key").read_bytes()
    (folder / "tls.key").write_text("nonsense")
    assert "cannot be used" in run("webhook", "certs", "--out", str(folder)).err
    asyncio.run(shake(folder))


def test_other_names(run: Run, tmp_path: Path) -> None:
    args = ("-n", "dns", "--service", "hook", "--secret", "s", "--configuration", "c", "--out", str(tmp_path))
    assert run("webhook", "certs", *args).err.startswith("svcdns: certificate for hook.dns.svc until")
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(shake(tmp_path))

    assert "name: c" in (tmp_path / "configuration.yaml").read_text()
    assert "name: s" in (tmp_path / "secret.yaml").read_text()


WRONG = [
    ("--service", "a.b"),
    ("--service", ""),
    ("--secret", "A"),
    ("--secret", "a/b"),
    ("--configuration", "../x"),
]


@pytest.mark.parametrize(("option", "name"), WRONG)
def test_wrong_names(run: Run, tmp_path: Path, option: str, name: str) -> None:
    """Nothing is written, and no cluster is asked."""
    for where in (("--out", str(tmp_path / "new")), ("--apply", "--kubeconfig", "none")):
        result = run("webhook", "certs", option, name, *where)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(
            f"svcdns: Invalid value for '{option}': {name!r} is no name of a Kubernetes object"
        )

    assert not (tmp_path / "new").exists()


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """An API server in a thread of its own: the command runs in this one."""
    loop, api = asyncio.new_event_loop(), FakeRegistry()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(api.start(), loop).result(10)
    yield api
    asyncio.run_coroutine_threadsafe(api.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_cluster(run: Run, tmp_path: Path, registry: FakeRegistry) -> None:
    kubeconfig = str(registry.kubeconfig(tmp_path))
    result = run("webhook", "certs", "--apply", "--kubeconfig", kubeconfig)
    assert result.code == 1
    assert 'mutatingwebhookconfigurations "svcdns-webhook" not found: apply it first' in result.err
    _, configuration = yaml.safe_load_all(run("webhook", "certs").out)
    kind = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    registry.keep(f"{kind}/svcdns-webhook", configuration)
    assert run("webhook", "certs", "--apply", "--kubeconfig", kubeconfig).code == 0
    secret = registry.stored["/api/v1/namespaces/svcdns/secrets/svcdns-webhook-tls"]
    bundles = {
        item["clientConfig"]["caBundle"] for item in registry.stored[f"{kind}/svcdns-webhook"]["webhooks"]
    }
    assert bundles == {secret["data"]["ca.crt"]}
    result = run("webhook", "certs", "--apply", "--kubeconfig", kubeconfig)

    assert result.err.endswith("still good, nothing was changed\n") and len(registry.log) == 2

    webhook = registry.stored[f"{kind}/svcdns-webhook"]["webhooks"][0]
    del webhook["clientConfig"]["caBundle"]
    result = run("webhook", "certs", "--apply", "--kubeconfig", kubeconfig)
    assert f": still good; its CA was put back into the caBundle of {webhook['name']} " in result.err
    assert len(registry.log) == 3


MISTAKES = [
    (("--out", "x", "--apply"), "Invalid value for --out: --apply changes the cluster; leave it out"),
    (
        ("--days", "30"),
        "Invalid value for --renew-before: the certificate would be due at once; give less than --days",
    ),
    (("--service", "A_B"), "Invalid value for '--service': 'A_B' is no name of a Kubernetes object"),
]


@pytest.mark.parametrize(("args", "message"), MISTAKES)
def test_mistakes(run: Run, args: tuple[str, ...], message: str) -> None:
    result = run("webhook", "certs", *args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"svcdns: {message}")


def test_what_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("webhook", "certs", "--out", str(tmp_path / "file"))
    assert result.code == 1 and f"{tmp_path}/file" in result.err
    result = run("webhook", "certs", "--apply")
    assert result.code == 2 and "KUBERNETES_SERVICE_HOST is not set" in result.err
