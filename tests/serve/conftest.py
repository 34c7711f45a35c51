"""Tables for watchers; and the transports run in both loops: the workers' one, and asyncio's own."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.serve.watched import Table, new_table

BOTH = ("test_tcp.py", "test_client_connections.py", "test_udp.py")


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asked by pytest-asyncio for each test."""
    own = {"asyncio": asyncio.new_event_loop}
    return own | {"uvloop": uvloop.new_event_loop} if item.path.name in BOTH else own


@pytest.fixture
def table() -> Iterator[Table]:
    with new_table() as new:
        yield new
