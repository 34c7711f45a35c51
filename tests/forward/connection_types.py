"""What the tests of connections share, beside the fixtures of conftest: their types, and the right answer."""

import asyncio
from collections.abc import Callable

from svcdns.forward.connection_pool import ConnectionPool
from svcdns.forward.options import Upstream
from tests.forward.transport_helpers import is_right, query
from tests.patience import PATIENCE

Make = Callable[..., ConnectionPool]
Pair = tuple[str, str]


async def ask(asked: ConnectionPool, server: Upstream, name: str = "www.example.com.") -> None:
    """Expect the right answer."""
    async with asyncio.timeout(PATIENCE):
        assert is_right(await asked.exchange(server, query(name)))
