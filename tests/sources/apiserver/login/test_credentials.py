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
from svcdns.sources.apiserver.login import credentials, kubernetes_library
from svcdns.sources.apiserver.options import ApiServerOptions
from tests import fake_apiserver
from tests.certificates import make_certificate
from tests.fake_apiserver import TOKEN, FakeApiServer
from tests.sources.apiserver.login.kubeconfigs import write_kubeconfig

QUICK = ApiServerOptions(connect_timeout=1, page_timeout=5, credentials_check_interval=0.01, plugin_timeout=5)
LIST = "/api/v1/services", {"limit": "1"}

V1 = "client.authentication.k8s.io/v1"
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


@pytest.mark.parametrize(
    ("host", "no_proxy", "proxy"),
    [
        ("10.96.0.1", "", "http://squid:3128"),
        ("10.96.0.1", "10.96.0.0/12,.svc", None),
        ("fd00:10:96::1", "fd00:10:96::/112", None),
        ("fd00:10:96::1", "fd00:10:97::/112", "http://squid:3128"),
    ],
)
async def test_a_pod_with_a_proxy(tmp_path: Path, host: str, no_proxy: str, proxy: str | None) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "ca.crt").write_text("PEM")
    environ = {
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": "443",
        "HTTPS_PROXY": "http://squid:3128",
        "NO_PROXY": no_proxy,
    }
    assert (await credentials.ServiceAccount(tmp_path, environ).load_login()).proxy == proxy
    with pytest.raises(errors.ConfigError, match="HTTPS_PROXY: 'ftp://squid' is no proxy"):
        credentials.ServiceAccount(tmp_path, environ | {"NO_PROXY": "", "HTTPS_PROXY": "ftp://squid"})


async def test_whom_we_act_as_and_how(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    user = {"token": "x", "tokenFile": "token", "as": "jane", "as-groups": ["a", "b"]}
    path = write_kubeconfig(tmp_path, {"disable-compression": True}, user)
    login = await credentials.Kubeconfig(path, None, 5.0, {}).load_login()
    assert login.headers == (
        ("Authorization", "Bearer from-file"),
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Accept-Encoding", "identity"),
    )
    assert "token is not used" in login.remarks[0]

    path = write_kubeconfig(tmp_path, user={"username": "n", "password": "p"})
    login = await credentials.Kubeconfig(path, None, 5.0, {}).load_login()
    assert login.headers == (("Authorization", "Basic bjpw"),)


@pytest.mark.parametrize("server", ["https://api", "http://127.0.0.1:8001", "http://api"])
async def test_credentials_travel_over_tls_only(tmp_path: Path, server: str) -> None:
    """Or not at all, to this host."""
    path = write_kubeconfig(tmp_path, {"server": server}, {"token": "t"})
    login = await credentials.Kubeconfig(path, None, 5.0, {}).load_login()
    assert bool(login.headers) == (server != "http://api")


async def test_a_plugin_is_not_run_beside_a_token(tmp_path: Path) -> None:
    plugin = {
        "command": "./none",
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
    }
    path = write_kubeconfig(tmp_path, user={"token": "t", "exec": plugin})
    login = await credentials.Kubeconfig(path, None, 5.0, {}).load_login()
    assert login.headers == (("Authorization", "Bearer t"),)


async def test_a_plugin_that_prints_a_certificate(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    script = (
        "import json, pathlib; read = lambda name: pathlib.Path(name).read_text(); "
        f"status = {{'clientCertificateData': read({str(certificate)!r}), "
        f"'clientKeyData': read({str(key)!r}), "
        "'expirationTimestamp': '2030-01-01T00:00:00Z'}; "
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1beta1', "
        "'kind': 'ExecCredential', 'status': status}))"
    )
    plugin = {
        "command": sys.executable,
        "args": ["-c", script],
        "apiVersion": "client.authentication.k8s.io/v1beta1",
    }
    path = write_kubeconfig(tmp_path, user={"exec": plugin})
    login = await credentials.Kubeconfig(path, None, 60.0, {}).load_login()
    assert (login.headers, login.expires_at) == ((), 1893456000.0)
    files = [Path(name) for name in (login.configuration.cert_file, login.configuration.key_file) if name]
    assert [file.read_bytes() for file in files] == [certificate.read_bytes(), key.read_bytes()]
    kubernetes_library.delete_temporary_key_files()
