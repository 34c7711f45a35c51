"""Who we are to the API server: exec plugins, rotated tokens, a Pod's service account; over real HTTP."""

import asyncio
import contextlib
import json
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from svcdns import errors
from svcdns.sources.apiserver.api_errors import RequestRefusedError
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.login import credentials
from svcdns.sources.apiserver.options import ApiServerOptions
from tests import fake_apiserver
from tests.certificates import make_certificate
from tests.fake_apiserver import TOKEN, FakeApiServer

QUICK = ApiServerOptions(connect_timeout=1, page_timeout=5, credentials_check_interval=0.01, plugin_timeout=5)
LIST = "/api/v1/services", {"limit": "1"}

PLUGIN = """
import json, pathlib, sys
token = pathlib.Path(sys.argv[1]).read_text()
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": token}}))
"""


@contextlib.asynccontextmanager
async def client(source: credentials.LoginSource) -> AsyncIterator[ApiServerClient]:
    made = ApiServerClient(source, QUICK)
    try:
        yield made
    finally:
        await made.close()


def exec_kubeconfig(api: FakeApiServer, folder: Path, *command: str) -> Path:
    """A kubeconfig whose user is an exec plugin."""
    path = api.kubeconfig(folder)
    config = yaml.safe_load(path.read_text())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": plugin | {"command": command[0], "args": list(command[1:])}}
    path.write_text(yaml.safe_dump(config))
    return path


async def test_an_exec_plugin_is_asked_again_after_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    token = tmp_path / "token"
    token.write_text(TOKEN)
    async with fake_apiserver.serving() as api:
        path = exec_kubeconfig(api, tmp_path, sys.executable, str(tmp_path / "plugin.py"), str(token))
        async with client(credentials.Kubeconfig(path, None, QUICK.plugin_timeout)) as made:
            assert json.loads(await made.fetch_page(*LIST))["kind"] == "ServiceList"
            api.token = "rotated"
            token.write_text("rotated")
            with pytest.raises(RequestRefusedError, match="401"):
                await made.fetch_page(*LIST)
            await made.fetch_page(*LIST)


async def test_a_plugin_that_fails_is_told(tmp_path: Path) -> None:
    async with fake_apiserver.serving() as api:
        path = exec_kubeconfig(api, tmp_path, sys.executable, "-c", "raise SystemExit('no key')")
        async with client(credentials.Kubeconfig(path, None, QUICK.plugin_timeout)) as made:
            with pytest.raises(errors.SourceError, match=r"the exec plugin .*exit code 1: 'no key'"):
                await made.fetch_page(*LIST)


async def test_a_rotated_service_account_token_is_used(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_apiserver.serving(context) as api:
        (tmp_path / "token").write_text(TOKEN)
        (tmp_path / "ca.crt").write_bytes(certificate.read_bytes())
        environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.port)}
        async with client(credentials.ServiceAccount(tmp_path, environ)) as made:
            await made.fetch_page(*LIST)
            api.token = "rotated"
            (tmp_path / "token").write_text("rotated")
            await asyncio.sleep(2 * QUICK.credentials_check_interval)
            await made.fetch_page(*LIST)


async def test_a_netrc_is_none_of_our_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login anybody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with fake_apiserver.serving() as api:
        path = api.kubeconfig(tmp_path)
        async with client(credentials.Kubeconfig(path, None, QUICK.plugin_timeout)) as made:
            await made.fetch_page(*LIST)


async def test_a_certificate_of_another_ca_is_refused(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    other = tmp_path / "other"
    other.mkdir()
    ca, _ = make_certificate(other)
    async with fake_apiserver.serving(context) as api:
        path = api.kubeconfig(tmp_path, ca)
        async with client(credentials.Kubeconfig(path, None, QUICK.plugin_timeout)) as made:
            with pytest.raises(errors.SourceError, match="certificate"):
                await made.fetch_page(*LIST)


async def test_a_ca_that_is_none_is_told(tmp_path: Path) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_text("nonsense")
    api = FakeApiServer()
    api.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    async with client(
        credentials.Kubeconfig(api.kubeconfig(tmp_path, ca), None, QUICK.plugin_timeout)
    ) as made:
        with pytest.raises(errors.SourceError, match="its certificates cannot be used"):
            await made.fetch_page(*LIST)
