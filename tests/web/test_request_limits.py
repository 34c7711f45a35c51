"""Bodies are bounded in size and in time: over HTTP, by a server of nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from svcdns.web.request_limits import BodyLimits, BodyReader
from tests.patience import PATIENCE

LIMITS = BodyLimits(max_bytes=1000, max_total_bytes=1 << 20, timeout=PATIENCE)


@contextlib.asynccontextmanager
async def reading(limits: BodyLimits) -> AsyncIterator[int]:
    """A server that says how long each body is; its port."""
    bodies = BodyReader(limits)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        return web.Response(text=str(len(await bodies.read(request))))

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def parts(size: int) -> AsyncIterator[bytes]:
    """A body whose length nobody says beforehand."""
    for _ in range(size // 100):
        yield b"x" * 100


@pytest.mark.parametrize("is_chunked", [True, False])
@pytest.mark.parametrize(("size", "status"), [(0, 200), (1000, 200), (1100, 413)])
async def test_size(size: int, status: int, is_chunked: bool) -> None:
    async with reading(LIMITS) as port, ClientSession() as client:
        data = parts(size) if is_chunked else b"x" * size
        async with client.post(f"http://127.0.0.1:{port}/", data=data) as response:
            assert response.status == status
            if status == 200:
                assert await response.text() == str(size)


async def test_time() -> None:
    limits = BodyLimits(max_bytes=1000, max_total_bytes=1000, timeout=0.1)
    async with reading(limits) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readline()).split()[1] == b"408"
        writer.close()
