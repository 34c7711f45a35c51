"""What a client learns of mistakes, and what of them is logged: real sockets and real TLS."""

import asyncio
import logging

import pytest

from svcdns import rate_limited_log
from tests.web.http_site import ASK, Site

BAD = [
    b"nonsense\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /ok HTTP/1.1\r\n" + b"X: a\r\n" * 1000 + b"\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n",
]


@pytest.mark.parametrize("sent", BAD, ids=lambda value: str(value)[:40])
async def test_a_mistake_of_a_client_is_a_line(
    server: Site, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level(logging.INFO)
    stream = await server.connect()
    stream.writer.write(sent)
    assert (await stream.read_to_end()).split()[1] in (b"400", b"500")
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
    answer = await stream.read_to_end()
    assert int(answer.split()[1]) >= 400
    assert b"\r\nServer: svcdns\r\n" in answer
    assert SECRET not in answer
    assert b"aiohttp" not in answer.lower()


async def test_a_client_that_goes_within_a_body_is_a_line_at_most(
    server: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stream = await server.connect()
    stream.writer.write(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx")
    await asyncio.sleep(0.05)
    stream.writer.transport.abort()
    for _ in range(5):
        assert await server.asks()
    assert not any(record.exc_info for record in caplog.records)


async def test_the_log_is_bounded(server: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(rate_limited_log.LINES + 20):
        stream = await server.connect()
        stream.writer.write(b"nonsense\r\n\r\n")
        await stream.read_to_end()
    assert len(caplog.records) == rate_limited_log.LINES


async def test_a_mistake_of_ours_has_its_traceback(server: Site, caplog: pytest.LogCaptureFixture) -> None:
    stream = await server.connect()
    stream.writer.write(ASK.replace(b"ok", b"broken"))
    assert (await stream.reader.readline()).split()[1] == b"500"
    assert "oops" in caplog.text
    assert await server.asks()
