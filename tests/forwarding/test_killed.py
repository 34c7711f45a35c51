"""One of two upstreams ends under a steady load, and comes back: no client notices, the log says it once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from dns.message import Message

from tests import running, server, upstream
from tests.asking import Address
from tests.forwarding import served
from tests.upstream import Faulty, right, silent

PACE = 0.005
"""Seconds between two questions."""
BEFORE, AWAY = 0.5, 2.5
"""Seconds of load before it ends, and until it comes back."""
PROBED = 0.5


@contextlib.asynccontextmanager
async def steady_load(at: Address) -> AsyncIterator[list[Message]]:
    """Ask for another name each time; all replies are there at the end."""
    tasks: list[asyncio.Task[Message]] = []
    replies: list[Message] = []

    async def load() -> None:
        while True:
            tasks.append(asyncio.create_task(served.ask(at, f"n{len(tasks)}.example.com.")))
            await asyncio.sleep(PACE)

    loading = asyncio.create_task(load())
    try:
        yield replies
    finally:
        loading.cancel()
        replies += await asyncio.gather(*tasks)


def told(log: Path, port: int) -> list[str]:
    """What the log says of that upstream, without the reasons."""
    lines = [line for line in log.read_text().splitlines() if f"upstream 127.0.0.1:{port}" in line]
    return ["down" if "is down" in line else "up" if "is up again" in line else line for line in lines]


def all_right(replies: list[Message]) -> bool:
    return len(replies) > 100 and {served.said(reply) for reply in replies} == {"A 192.0.2.53"}


async def is_asked(item: Faulty) -> None:
    """Questions of users come to it, beside probes."""
    count = len(item.asked)
    await running.until(lambda: len(item.asked) > count + 20, "the upstream is asked again")


async def test_closed(tmp_path: Path) -> None:
    port = server.free_port()
    async with contextlib.AsyncExitStack() as life, upstream.faulty() as stays:
        ends = await life.enter_async_context(upstream.faulty(port=port))
        forward = served.forward(stays.port, port)
        async with served.running(tmp_path, *forward) as result, steady_load(result.address) as replies:
            await is_asked(ends)
            await life.aclose()
            await asyncio.sleep(AWAY)
            assert told(result.log, port) == ["down"]
            async with upstream.faulty(port=port) as back:
                await is_asked(back)
                await running.until(lambda: told(result.log, port) == ["down", "up"], "it is said")

            await running.until(lambda: told(result.log, port)[2:] == ["down"], "it is said again")

        assert all_right(replies)
        assert told(result.log, stays.port) == []


async def test_silent(tmp_path: Path) -> None:
    """As where a firewall drops what is sent to it, or its address is gone."""
    async with (
        upstream.faulty() as stays,
        upstream.faulty() as item,
        served.running(tmp_path, *served.forward(stays.port, item.port)) as result,
    ):
        async with steady_load(result.address) as replies:
            await is_asked(item)
            await asyncio.sleep(BEFORE)
            item.udp = item.stream = silent
            await running.until(lambda: told(result.log, item.port) == ["down"], "it is known")
            await asyncio.sleep(AWAY)
            question = len(item.asked)
            await asyncio.sleep(PROBED)
            assert len(item.asked) - question < PROBED / PACE / 10, "while it is down it is probed, no more"
            item.udp = item.stream = right
            await is_asked(item)

        assert all_right(replies)
        assert told(result.log, item.port) == ["down", "up"]
        assert told(result.log, stays.port) == []
