"""Connections over streams; and the transports run in both loops: the workers' one, and asyncio's own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from svcdns.forward.connections import Connections
from svcdns.forward.settings import Asking
from tests.certificates import make_certificate
from tests.forward.asking import nothing_left
from tests.forward.streams import Clock, Make, Pair

BOTH = ("test_exchange.py", "test_stream.py", "test_stream_bytes.py", "test_stream_tls.py", "test_udp.py")


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asked by pytest-asyncio for each test."""
    own = {"asyncio": asyncio.new_event_loop}
    return own | {"uvloop": uvloop.new_event_loop} if item.path.name in BOTH else own


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    """Makes connections, and closes them; none is left."""
    made = []

    def new(**settings: object) -> Connections:
        made.append(Connections(Asking(**settings), clock))  # type: ignore[arg-type]
        return made[-1]

    async with nothing_left():
        yield new
        for one in made:
            one.close()


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A certificate for 127.0.0.1, and its key."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("pair"))
    return str(certificate), str(key)
