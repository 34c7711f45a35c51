"""Requests to an API server over real HTTP: pages, refusals, bounds."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svcdns import errors
from svcdns.sources.apiserver.api_errors import RequestRefusedError, WatchSilentError
from svcdns.sources.apiserver.api_server_client import ApiServerClient
from svcdns.sources.apiserver.login import credentials
from svcdns.sources.apiserver.options import ApiServerOptions
from tests.fake_apiserver import FakeApiServer
from tests.sources.apiserver.following import QUICK

SERVICES = "/api/v1/services"


@contextlib.asynccontextmanager
async def connected(
    api: FakeApiServer, folder: Path, options: ApiServerOptions = QUICK
) -> AsyncIterator[ApiServerClient]:
    client = ApiServerClient(credentials.open_login_source(api.kubeconfig(folder), None, options), options)
    try:
        yield client
    finally:
        await client.close()


async def test_a_list_comes_in_pages(api: FakeApiServer, tmp_path: Path) -> None:
    async with connected(api, tmp_path) as client:
        pages = [page async for page in client.iter_pages(SERVICES)]
    assert [len(page.items or ()) for page in pages] == [3, 3, 2]
    assert [bool(page.metadata.continue_) for page in pages] == [True, True, False]


async def test_a_refusal_has_its_code(api: FakeApiServer, tmp_path: Path) -> None:
    api.refused_paths = {SERVICES: 403}
    async with connected(api, tmp_path) as client:
        with pytest.raises(RequestRefusedError) as raised:
            await client.fetch_page(SERVICES, {"limit": "1"})
    assert raised.value.code == 403


async def test_an_answer_is_bounded(api: FakeApiServer, tmp_path: Path) -> None:
    async with connected(api, tmp_path, replace(QUICK, max_page_bytes=100)) as client:
        with pytest.raises(errors.SourceError, match="an answer of the API server is larger than 100 bytes"):
            await client.fetch_page(SERVICES, {"limit": "1"})


async def test_a_silent_watch_is_a_fault(api: FakeApiServer, tmp_path: Path) -> None:
    api.silent = True
    async with connected(api, tmp_path, replace(QUICK, watch_quiet_timeout=0.1)) as client:
        (page,) = [page async for page in client.iter_pages("/api/v1/pods")]
        with pytest.raises(WatchSilentError, match=r"a watch was silent for 0\.1 s"):
            async with client.open_watch("/api/v1/pods", page.metadata.resource_version, 60) as batches:
                assert [lines async for lines in batches] == []


async def test_a_server_that_is_gone_is_named(api: FakeApiServer, tmp_path: Path) -> None:
    async with connected(api, tmp_path) as client:
        await api.stop()
        with pytest.raises(errors.SourceError, match=rf"the API server http://127.0.0.1:{api.port}: "):
            await client.fetch_page(SERVICES, {"limit": "1"})
