"""What the listener takes while it serves, and that nothing of it is left: real sockets and real TLS."""

import asyncio
import contextlib
import gc
import os
from pathlib import Path
from typing import Any

import pytest

from svcdns.asyncio_private import TlsServerProtocol
from svcdns.web import request_handler
from tests.web.http_site import MOST, Site, site
from tests.web.webhook.serving import until


async def test_a_connection_takes_little_memory(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        for _ in range(MOST):
            await server.connect(secure=False)
        assert await server.asks()
        protocols: list[Any] = [
            instance for instance in gc.get_objects() if isinstance(instance, TlsServerProtocol)
        ]
        connected = [protocol for protocol in protocols if protocol._transport]
        assert 0 < len(connected) <= MOST
        assert max(len(protocol._ssl_buffer) for protocol in connected) <= request_handler.READ_BUFFER_BYTES


def sockets() -> set[str]:
    """All of this process."""
    names = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the folder itself is gone
            names.add(str(link.readlink()))
    return {name for name in names if name.startswith("socket:")}


async def test_a_child_has_none_of_it(server: Site) -> None:
    stream = await server.connect()
    assert await stream.ask()
    before = sockets()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(len(before & sockets())).encode())
        os._exit(0)
    await asyncio.to_thread(os.waitpid, child, 0)
    in_child = int(os.read(reading, 100))
    for end in (reading, writing):
        os.close(end)
    assert in_child == len(before) - 2  # the one that listens, and the connection
    assert await stream.ask()


async def test_nothing_stays_open(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        silent = await server.connect(secure=False)
        asking = await server.connect()
        assert await asking.ask()
    assert (await silent.read_to_end(), await asking.read_to_end()) == (b"", b"")

    async def refused() -> bool:
        try:
            await server.connect()
        except ConnectionRefusedError:
            return True
        return False

    await until(refused)


@pytest.mark.parametrize(
    ("first_line", "status"),
    [
        (b"GET /ok", b"505"),
        (b"GET /ok HTTP/0.9", b"505"),
        (b"GET /ok HTTP/1.0", b"200"),
        (b"GET /ok HTTP/1.1", b"200"),
        (b"GET /ok HTTP/1.2", b"400"),
        (b"GET /ok HTTP/2.0", b"505"),
        (b"POST /ok HTTP/0.9", b"505"),
        (b"GET /none HTTP/0.9", b"505"),
        (b"PRI * HTTP/2.0", b"400"),
    ],
)
async def test_versions(server: Site, first_line: bytes, status: bytes) -> None:
    stream = await server.connect()
    stream.writer.write(first_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await stream.read_to_end()
    assert answer.split()[1] == status
    assert answer.endswith(b"ok") == (status == b"200")
