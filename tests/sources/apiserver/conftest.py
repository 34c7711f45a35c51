"""An API server to follow."""

from collections.abc import AsyncIterator

import pytest

from tests import fake_apiserver
from tests.fake_apiserver import FakeApiServer
from tests.sources.apiserver.following import service


@pytest.fixture
async def api() -> AsyncIterator[FakeApiServer]:
    async with fake_apiserver.serving() as server:
        await server.load([service(f"s{n}") for n in range(8)])
        await server.put({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}})
        yield server
