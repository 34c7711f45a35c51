"""A server with bounded connections, for each test twice: with TLS and without."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.http_site import Site, site


@pytest.fixture(params=[True, False], ids=["tls", "plain"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, secure=request.param) as http_site:
        yield http_site
