"""TLS to the API server, directly and through real proxies."""

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from svcdns.errors import SourceError
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.login import credentials
from svcdns.sources.apiserver.options import ApiServerOptions
from tests import fake_apiserver
from tests.certificates import make_certificate
from tests.fake_apiserver import FakeApiServer
from tests.sources.apiserver.login import proxies
from tests.sources.apiserver.login.kubeconfigs import write_kubeconfig
from tests.sources.apiserver.login.proxies import Proxy, Serve

PROXIES = [("http", proxies.serve_http), ("socks5", proxies.serve_socks), ("socks5h", proxies.serve_socks)]
WITH_EACH_PROXY = pytest.mark.parametrize(("scheme", "serve"), PROXIES)
QUICK = ApiServerOptions(connect_timeout=10, page_timeout=20)


@contextlib.asynccontextmanager
async def cluster(
    folder: Path, server: str = "https://api.invalid:6443", **fields: object
) -> AsyncIterator[tuple[FakeApiServer, Path]]:
    """An API server with a certificate for api.invalid, and a kubeconfig with fields of the cluster."""
    certificate, key = make_certificate(folder, "api.invalid")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with fake_apiserver.serving(context) as api:
        path = api.kubeconfig(folder, certificate)
        config = yaml.safe_load(path.read_text())
        config["clusters"][0]["cluster"] |= {"server": server} | fields
        path.write_text(yaml.safe_dump(config))
        yield api, path


async def list_services(path: Path, **environ: str) -> None:
    client = ApiServerClient(credentials.Kubeconfig(path, None, 5.0, environ), QUICK)
    try:
        body = await client.fetch_page("/api/v1/services", {"limit": "1"})
        assert json.loads(body)["kind"] == "ServiceList"
    finally:
        await client.close()


@WITH_EACH_PROXY
async def test_a_proxy_of_the_environment(
    tmp_path: Path, scheme: str, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "svcdns.apiserver")
    async with cluster(tmp_path) as (api, path), proxies.serving(serve, api.port) as proxy:
        proxy.password = "p@ss"
        await list_services(path, HTTPS_PROXY=f"{scheme}://me:p%40ss@127.0.0.1:{proxy.port}")
        assert proxy.targets == ["api.invalid:6443"]

    assert f" the proxy {scheme}://127.0.0.1:{proxy.port}\n" in caplog.text
    assert "p%40ss" not in caplog.text


@WITH_EACH_PROXY
async def test_a_proxy_of_the_kubeconfig_with_the_name_in_the_certificate(
    tmp_path: Path, scheme: str, serve: Serve
) -> None:
    """Also for this host itself, since it was named for it; and tls-server-name counts."""
    names = {"server": "https://127.0.0.1:1", "tls-server-name": "api.invalid"}
    async with cluster(tmp_path, **names) as (api, path), proxies.serving(serve, api.port) as proxy:
        text = path.read_text().replace(
            "tls-server-name", f"proxy-url: {scheme}://127.0.0.1:{proxy.port}\n    tls-server-name"
        )
        path.write_text(text)
        await list_services(path, NO_PROXY="*")
        assert proxy.targets == ["127.0.0.1:1"]

        path.write_text(text.replace("tls-server-name: api.invalid", "tls-server-name: other.invalid"))
        with pytest.raises(SourceError, match=r"not valid for 'other\.invalid'"):
            await list_services(path)


@WITH_EACH_PROXY
async def test_no_proxy_with_a_network(tmp_path: Path, scheme: str, serve: Serve) -> None:
    """The cluster's own network goes directly, which is what Pods with HTTPS_PROXY need."""
    async with (
        cluster(tmp_path, server="https://127.0.0.1:1", **{"tls-server-name": "api.invalid"}) as (api, path),
        proxies.serving(serve, api.port) as proxy,
    ):
        text = path.read_text()
        url = f"{scheme}://127.0.0.1:{proxy.port}"
        # 127.0.0.1 would have no proxy anyway, so a second server has an address that is not loopback.
        path.write_text(text.replace("127.0.0.1:1", "10.96.0.1:443"))
        await list_services(path, HTTPS_PROXY=url)
        assert proxy.targets == ["10.96.0.1:443"]

        login = await credentials.Kubeconfig(
            path, None, 5.0, {"HTTPS_PROXY": url, "NO_PROXY": "10.96.0.0/12"}
        ).load_login()
        assert login.proxy is None
        path.write_text(text.replace("127.0.0.1:1", f"127.0.0.1:{api.port}"))
        await list_services(path, HTTPS_PROXY=url)
        assert len(proxy.targets) == 1


async def test_without_tls_the_proxy_reads_the_request(tmp_path: Path) -> None:
    """This API server is taken for the proxy; it gets no token, since others may read it on the way."""
    async with fake_apiserver.serving() as api:
        path = api.kubeconfig(tmp_path)
        path.write_text(path.read_text().replace("127.0.0.1", "api.invalid"))
        proxy = f"http://us%65r:s%40@127.0.0.1:{api.port}"
        with pytest.raises(SourceError, match="401"):
            await list_services(path, HTTP_PROXY=proxy)
        assert api.proxy_authorization == "Basic " + base64.b64encode(b"user:s@").decode()


async def test_a_proxy_over_tls(tmp_path: Path) -> None:
    """Its certificate is checked against the cluster's CA, as Go does it."""
    async with cluster(tmp_path) as (api, path):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder = tmp_path / "proxy"
        folder.mkdir()
        certificate, key = make_certificate(folder)
        tls.load_cert_chain(certificate, key)
        async with proxies.serving(proxies.serve_http, api.port, tls) as proxy:
            url = f"https://127.0.0.1:{proxy.port}"
            with pytest.raises(SourceError, match="certificate"):
                await list_services(path, HTTPS_PROXY=url)

            authority = tmp_path / "tls.crt"
            authority.write_bytes(authority.read_bytes() + certificate.read_bytes())
            await list_services(path, HTTPS_PROXY=url)
            assert proxy.targets[-1] == "api.invalid:6443"


@pytest.mark.parametrize(
    ("scheme", "serve", "message"),
    [
        ("http", proxies.serve_http, r"through the proxy http://127\.0\.0\.1:\d+: 407"),
        ("socks5", proxies.serve_socks, r"through the proxy socks5://127\.0\.0\.1:\d+: .*authentication"),
    ],
)
async def test_a_proxy_that_refuses_us(tmp_path: Path, scheme: str, serve: Serve, message: str) -> None:
    async with cluster(tmp_path) as (api, path), proxies.serving(serve, api.port) as proxy:
        proxy.password = "right"
        with pytest.raises(SourceError, match=f"(?i){message}") as raised:
            await list_services(path, HTTPS_PROXY=f"{scheme}://me:wrong@127.0.0.1:{proxy.port}")
        assert "wrong" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_gone_is_named(tmp_path: Path, scheme: str) -> None:
    async with cluster(tmp_path) as (api, path):
        port = api.port
        await api.stop()
        with pytest.raises(SourceError, match=f"through the proxy {scheme}://127.0.0.1:{port}: "):
            await list_services(path, HTTPS_PROXY=f"{scheme}://me:secret@127.0.0.1:{port}")


async def test_a_certificate_that_is_not_checked(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (api, path):
        config = yaml.safe_load(path.read_text())
        config["clusters"][0]["cluster"] = {
            "server": f"https://127.0.0.1:{api.port}",
            "insecure-skip-tls-verify": True,
        }
        path.write_text(yaml.safe_dump(config))
        await list_services(path)


async def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    certificate, key = make_certificate(folder, "me")
    async with cluster(tmp_path, server="https://127.0.0.1:1", **{"tls-server-name": "api.invalid"}) as (
        api,
        path,
    ):
        assert api.tls is not None
        api.tls.verify_mode = ssl.CERT_REQUIRED
        api.tls.load_verify_locations(certificate)
        text = path.read_text().replace("127.0.0.1:1", f"127.0.0.1:{api.port}")
        path.write_text(text)
        with pytest.raises(SourceError):
            await list_services(path)

        config = yaml.safe_load(text)
        # Relative names count from the kubeconfig's folder.
        config["users"][0]["user"] |= {"client-certificate": "client/tls.crt", "client-key": str(key)}
        path.write_text(yaml.safe_dump(config))
        await list_services(path)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_says_nothing(tmp_path: Path, scheme: str) -> None:
    """A watch would else wait for ever."""

    async def be_silent(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.read()
        return False

    async with cluster(tmp_path) as (api, path), proxies.serving(be_silent, api.port) as proxy:
        environ = {"HTTPS_PROXY": f"{scheme}://127.0.0.1:{proxy.port}"}
        settings = ApiServerOptions(connect_timeout=0.2, page_timeout=0.4)
        client = ApiServerClient(credentials.Kubeconfig(path, None, 5.0, environ), settings)
        with pytest.raises(SourceError, match=f"through the proxy {scheme}://.*: no answer in time"):
            async with client.open_watch("/api/v1/services", "1", 60.0):
                pass
        await client.close()


async def test_the_headers_of_a_request(tmp_path: Path) -> None:
    """As they arrive: one for each group, and no other for compression."""
    heads: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"kind":"ServiceList"}')

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    path = write_kubeconfig(
        tmp_path,
        {"server": f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", "disable-compression": True},
        {"token": "t", "as": "jane", "as-groups": ["a", "b"]},
    )
    await list_services(path)
    listening.close()
    lines = heads[0].splitlines()
    assert [line for line in lines if line.startswith(("Authorization", "Impersonate", "Accept-Enc"))] == [
        "Authorization: Bearer t",
        "Impersonate-User: jane",
        "Impersonate-Group: a",
        "Impersonate-Group: b",
        "Accept-Encoding: identity",
    ]
