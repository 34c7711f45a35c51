"""Who is let in, for how long, and what of it is logged: real sockets and real TLS."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from svcdns import rate_limited_log, server_certificate
from svcdns.asyncio_private import TlsServerProtocol
from svcdns.web import http_connections, http_listener, request_handler
from tests.certificates import make_certificate
from tests.web.webhook.serving import PATIENCE, until

ASK = b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
GET = b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n"
MOST = 8


class Stream(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> bool:
        """Whether it is answered, by a connection that stays."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.writer.write(ASK)
            async with asyncio.timeout(PATIENCE):
                head = await self.reader.readuntil(b"\r\n\r\n")
                return head.startswith(b"HTTP/1.1 200 ") and await self.reader.readexactly(2) == b"ok"
        return False

    async def rest(self) -> bytes:
        """What comes until the other side ends it."""
        found = b""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(PATIENCE):
                while part := await self.reader.read(1 << 16):
                    found += part
        return found


class Site:
    """A server, and the way to it."""

    def __init__(self, port: int, secure: bool) -> None:
        self.port = port
        self.secure = secure
        self._streams: list[Stream] = []

    async def connect(self, address: str = "127.0.0.1", secure: bool | None = None) -> Stream:
        """Once more; without TLS it is silent where the server waits for a handshake."""
        secure = self.secure if secure is None else secure
        context = ssl._create_unverified_context() if secure else None
        made = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, local_addr=(address, 0))
        self._streams.append(Stream(*made))
        return self._streams[-1]

    async def asks(self) -> bool:
        """Whether somebody new is answered."""
        try:
            stream = await self.connect()
        except OSError:
            return False
        return await stream.ask()

    def close(self) -> None:
        for stream in self._streams:
            stream.writer.transport.abort()


async def ok(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def broken(_: web.Request) -> web.Response:
    raise KeyError("oops")


async def body(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


async def large(_: web.Request) -> web.Response:
    return web.Response(body=b"x" * (32 << 20))


@contextlib.asynccontextmanager
async def site(folder: Path, secure: bool = True, most: int = MOST) -> AsyncIterator[Site]:
    app = web.Application()
    app.router.add_route("*", "/ok", ok)
    app.router.add_post("/broken", broken)
    app.router.add_post("/large", large)
    app.router.add_post("/body", body)
    certificate = (
        server_certificate.ServerCertificate(*make_certificate(folder), "http/1.1") if secure else None
    )
    sock = socket.create_server(("127.0.0.1", 0))
    found = Site(sock.getsockname()[1], secure)
    async with http_listener.serve_http(
        app, [sock], http_listener.ConnectionLimits(most, 60.0, 1.0), certificate
    ):
        try:
            yield found
        finally:
            found.close()


@pytest.fixture(params=[True, False], ids=["tls", "plain"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, secure=request.param) as found:
        yield found


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds ends soon."""
    monkeypatch.setattr(http_listener, "SWEEP_INTERVAL", 0.02)
    monkeypatch.setattr(http_connections, "HEAD_TIMEOUT", 0.3)
    monkeypatch.setattr(http_connections, "ANSWER_TIMEOUT", 0.3)


# --- who goes


async def test_new_ones_get_in_however_many_are_silent(server: Site) -> None:
    silent = [await server.connect(secure=False) for _ in range(5 * MOST)]
    for _ in range(3):
        assert await server.asks()
    for stream in silent[: 3 * MOST]:
        assert await stream.rest() == b""


async def test_new_ones_get_in_however_many_are_idle(server: Site) -> None:
    for _ in range(5 * MOST):
        assert await server.asks()


async def test_who_asks_is_not_driven_away_by_silent_ones(server: Site) -> None:
    stream = await server.connect()
    assert await stream.ask()
    for _ in range(3 * MOST):
        await server.connect(secure=False)
    assert await server.asks()
    assert await stream.ask()


async def test_who_is_alone_is_not_driven_away_by_a_crowd(server: Site) -> None:
    """The API server beside a Pod that floods: each has its own address."""
    silent, asking = [await server.connect("127.0.0.2", secure=False), await server.connect("127.0.0.3")]
    assert await asking.ask()
    for _ in range(3 * MOST):
        stream = await server.connect()
        assert await stream.ask()
    assert await asking.ask()
    assert not silent.reader.at_eof()


async def test_closed_ones_take_no_place(server: Site) -> None:
    stays = await server.connect()
    assert await stays.ask()
    for _ in range(4 * MOST):
        stream = await server.connect()
        assert await stream.ask()
        stream.writer.close()
        await stream.writer.wait_closed()
    assert await stays.ask()


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


# --- for how long

PARTS = [b"", b"GET /ok HTTP/1.1\r\nHos", b"GET /ok HTTP/1.1\r\nHost: x\r\n"]


@pytest.mark.parametrize("part", PARTS, ids=["nothing", "half", "no end"])
async def test_a_head_has_its_time(server: Site, at_once, part: bytes) -> None:
    stream = await server.connect()
    stream.writer.write(part)
    assert await stream.rest() == b""


async def test_a_head_that_drips_has_no_more(server: Site, at_once) -> None:
    stream = await server.connect()
    stream.writer.write(b"GET /ok HTTP/1.1\r\n")
    ended = asyncio.create_task(stream.rest())
    for number in range(500):
        stream.writer.write(b"X-%d: y\r\n" % number)
        await asyncio.sleep(0.02)
        if ended.done():
            break
    assert await ended == b""


async def test_a_handshake_has_its_time(tmp_path: Path, at_once) -> None:
    async with site(tmp_path) as server:
        stream = await server.connect(secure=False)
        assert await stream.rest() == b""
        assert await server.asks()


async def test_who_does_not_take_its_answer_is_ended(server: Site, at_once) -> None:
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"large"))
    await asyncio.sleep(1)
    assert len(await stream.rest()) < 32 << 20


async def test_who_asks_stays(server: Site, at_once) -> None:
    stream = await server.connect()
    for _ in range(3):
        assert await stream.ask()
        await asyncio.sleep(0.3)


async def test_who_does_not_post_asks_once(server: Site) -> None:
    stream = await server.connect()
    stream.writer.write(GET * 100)
    answer = await stream.rest()
    assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"\r\nConnection: close\r\n") == 1
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"none") * 100)
    assert (await stream.rest()).count(b"HTTP/1.1 404 ") == 1


# --- what is logged

BAD = [
    b"nonsense\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /ok HTTP/1.1\r\n" + b"X: a\r\n" * 1000 + b"\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n",
]


@pytest.mark.parametrize("sent", BAD, ids=lambda value: str(value)[:40])
async def test_a_mistake_of_a_client_is_a_line(server: Site, caplog, sent: bytes) -> None:
    caplog.set_level(logging.INFO)
    stream = await server.connect()
    stream.writer.write(sent)
    assert (await stream.rest()).split()[1] in (b"400", b"500")
    assert await server.asks()
    assert [record.exc_info for record in caplog.records] == [None]


SECRET = b"aiohttp-and-what-was-asked"
TELLING = [
    SECRET + b"\r\n\r\n",
    b"GET /%s HTTP/9.9\r\n\r\n" % SECRET,
    b"GET /ok HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n" % SECRET,
    b"GET /ok HTTP/1.1\r\n%s\r\n\r\n" % SECRET,
    b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % SECRET,
    b"GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"a" * 5000, SECRET),
    b"%s /body HTTP/1.1\r\nHost: x\r\n\r\n" % SECRET,
    b"POST /ok HTTP/1.1\r\nHost: x\r\nExpect: %s\r\nContent-Length: 0\r\n\r\n" % SECRET,
    b"POST /broken HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nX: %s\r\nContent-Length: 0\r\n\r\n" % SECRET,
]


@pytest.mark.parametrize("sent", TELLING, ids=lambda value: str(value)[:40])
async def test_a_page_names_neither_the_library_nor_what_was_asked(server: Site, sent: bytes) -> None:
    stream = await server.connect()
    stream.writer.write(sent)
    answer = await stream.rest()
    assert int(answer.split()[1]) >= 400
    assert b"\r\nServer: svcdns\r\n" in answer
    assert SECRET not in answer
    assert b"aiohttp" not in answer.lower()


async def test_a_client_that_goes_within_a_body_is_a_line_at_most(server: Site, caplog) -> None:
    caplog.set_level(logging.INFO)
    stream = await server.connect()
    stream.writer.write(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx")
    await asyncio.sleep(0.05)
    stream.writer.transport.abort()
    for _ in range(5):
        assert await server.asks()
    assert not any(record.exc_info for record in caplog.records)


async def test_the_log_is_bounded(server: Site, caplog) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(rate_limited_log.LINES + 20):
        stream = await server.connect()
        stream.writer.write(b"nonsense\r\n\r\n")
        await stream.rest()
    assert len(caplog.records) == rate_limited_log.LINES


async def test_a_mistake_of_ours_has_its_traceback(server: Site, caplog) -> None:
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"broken"))
    assert (await stream.reader.readline()).split()[1] == b"500"
    assert "oops" in caplog.text
    assert await server.asks()


# --- and at the end


def sockets() -> set[str]:
    """All of this process."""
    found = set()
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the folder itself is gone
            found.add(str(one.readlink()))
    return {name for name in found if name.startswith("socket:")}


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
    left = int(os.read(reading, 100))
    for end in (reading, writing):
        os.close(end)
    assert left == len(before) - 2  # the one that listens, and the connection
    assert await stream.ask()


async def test_nothing_stays_open(tmp_path: Path) -> None:
    async with site(tmp_path) as server:
        silent, asking = await server.connect(secure=False), await server.connect()
        assert await asking.ask()
    assert (await silent.rest(), await asking.rest()) == (b"", b"")

    async def refused() -> bool:
        try:
            await server.connect()
        except ConnectionRefusedError:
            return True
        return False

    await until(refused)
