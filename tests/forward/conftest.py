"""The transports run in both loops: the workers' one, and asyncio's own."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

BOTH = ("test_exchange.py", "test_stream.py", "test_udp.py")


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asked by pytest-asyncio for each test."""
    own = {"asyncio": asyncio.new_event_loop}
    return own | {"uvloop": uvloop.new_event_loop} if item.path.name in BOTH else own
