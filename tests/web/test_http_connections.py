"""Who is let in where there are too many, and how long each may stay: real sockets and real TLS."""

import asyncio
from pathlib import Path

import pytest

from svcdns.web import http_connections, http_listener
from tests.web.http_site import ASK, GET, MOST, Site, site


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds ends soon."""
    monkeypatch.setattr(http_listener, "SWEEP_INTERVAL", 0.02)
    monkeypatch.setattr(http_connections, "HEAD_TIMEOUT", 0.3)
    monkeypatch.setattr(http_connections, "ANSWER_TIMEOUT", 0.3)


async def test_new_ones_get_in_however_many_are_silent(server: Site) -> None:
    silent = [await server.connect(secure=False) for _ in range(5 * MOST)]
    for _ in range(3):
        assert await server.asks()
    for stream in silent[: 3 * MOST]:
        assert await stream.read_to_end() == b""


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


# --- for how long

PARTS = [b"", b"GET /ok HTTP/1.1\r\nHos", b"GET /ok HTTP/1.1\r\nHost: x\r\n"]


@pytest.mark.parametrize("part", PARTS, ids=["nothing", "half", "no end"])
async def test_a_head_has_its_time(server: Site, at_once: None, part: bytes) -> None:
    stream = await server.connect()
    stream.writer.write(part)
    assert await stream.read_to_end() == b""


async def test_a_head_that_drips_has_no_more(server: Site, at_once: None) -> None:
    stream = await server.connect()
    stream.writer.write(b"GET /ok HTTP/1.1\r\n")
    ended = asyncio.create_task(stream.read_to_end())
    for number in range(500):
        stream.writer.write(b"X-%d: y\r\n" % number)
        await asyncio.sleep(0.02)
        if ended.done():
            break
    assert await ended == b""


async def test_a_handshake_has_its_time(tmp_path: Path, at_once: None) -> None:
    async with site(tmp_path) as server:
        stream = await server.connect(secure=False)
        assert await stream.read_to_end() == b""
        assert await server.asks()


async def test_who_does_not_take_its_answer_is_ended(server: Site, at_once: None) -> None:
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"large"))
    await asyncio.sleep(1)
    assert len(await stream.read_to_end()) < 32 << 20


async def test_who_asks_stays(server: Site, at_once: None) -> None:
    stream = await server.connect()
    for _ in range(3):
        assert await stream.ask()
        await asyncio.sleep(0.3)


async def test_who_does_not_post_asks_once(server: Site) -> None:
    stream = await server.connect()
    stream.writer.write(GET * 100)
    answer = await stream.read_to_end()
    assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"\r\nConnection: close\r\n") == 1
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"none") * 100)
    assert (await stream.read_to_end()).count(b"HTTP/1.1 404 ") == 1
