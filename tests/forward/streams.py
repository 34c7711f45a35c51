"""What the tests of connections share, beside the fixtures of conftest: their types, and the right answer."""

import asyncio
from collections.abc import Callable

from svcdns.forward.connections import Connections
from svcdns.forward.options import Upstream
from tests.forward.asking import is_right, query

Make = Callable[..., Connections]
Pair = tuple[str, str]


async def ask(asked: Connections, server: Upstream, name: str = "www.example.com.") -> None:
    """Expect the right answer."""
    async with asyncio.timeout(10):
        assert is_right(await asked.ask(server, query(name)))
