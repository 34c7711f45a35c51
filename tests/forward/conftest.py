"""Connections over streams; and the transports run in both loops: the workers' one, and asyncio's own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from svcdns.forward.connection_pool import ConnectionPool
from tests.certificates import make_certificate
from tests.forward.connection_types import Make, Pair
from tests.forward.transport_helpers import Clock, making

BOTH = (
    "test_connection_pool.py",
    "test_pipelined_connection.py",
    "test_upstream_client.py",
    "test_upstream_tls.py",
    "test_upstream_udp.py",
)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asked by pytest-asyncio for each test."""
    own = {"asyncio": asyncio.new_event_loop}
    return own | {"uvloop": uvloop.new_event_loop} if item.path.name in BOTH else own


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    """Makes connections."""
    async with making(ConnectionPool, clock) as new:
        yield new


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A certificate for 127.0.0.1, and its key."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("pair"))
    return str(certificate), str(key)
