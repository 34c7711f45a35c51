"""The query log: which queries it has, how its lines look, and that nothing waits for it."""

import asyncio
import functools
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svcdns.serve.runtime import ipc
from svcdns.serve.worker import query_log
from svcdns.serve.worker.query_log import QueryLogEntry
from tests import asking, running, scraping, server
from tests.serve import manifests

QUERY = dns.message.make_query("Web.default.svc.cluster.local.", "AAAA").to_wire()[2:]
REPLIES = [bytes((0x85, 0x80 | code)) + bytes(8) for code in range(6)]


@pytest.fixture
def sink() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A worker's end, and the log's."""
    ours, theirs = ipc.create_socket_pair()
    with ours, theirs:
        yield ours, theirs


def has_restarts(times: int, seen: scraping.Scrape) -> bool:
    return seen.value("svcdns_process_restarts_total") == times


def entries(source: socket.socket) -> list[QueryLogEntry]:
    """What has been handed over."""
    return list(query_log._receive_entries(source))


async def test_errors(sink: tuple[socket.socket, socket.socket]) -> None:
    """Neither NOERROR nor NXDOMAIN; what waits is logged when its reply is there."""
    log = query_log.open_query_log("errors", 7, sink[0])
    assert log is not None
    log.add_batch("udp 1", [QUERY] * 7, [*REPLIES, None], 0.001, lambda place: f"192.0.2.{place}")
    log.add_late_reply("tcp 2", QUERY, REPLIES[0], 1.0, "2001:db8::1")
    log.add_late_reply("tcp 2", QUERY, REPLIES[2], 1.0, "2001:db8::1")
    await asyncio.sleep(2 * query_log.FLUSH_DELAY)
    logged = entries(sink[1])
    assert [(entry.client, entry.reply_flags & 15) for entry in logged] == [
        ("192.0.2.1", 1),
        ("192.0.2.2", 2),
        ("192.0.2.4", 4),
        ("192.0.2.5", 5),
        ("2001:db8::1", 2),
    ]
    assert (log.logged_count, log.dropped_count) == (5, 0)


async def test_samples(sink: tuple[socket.socket, socket.socket]) -> None:
    assert query_log.open_query_log("off", 1, sink[0]) is None
    every = query_log.open_query_log("sampled", 1, sink[0])
    few = query_log.open_query_log("sampled", 100, sink[0])
    assert every is not None and few is not None
    for _ in range(2):
        every.add_batch("udp 1", [QUERY] * 64, [REPLIES[0]] * 64, 0.001, lambda place: "192.0.2.1")
    assert len(entries(sink[1])) == 128, "two full messages do not wait"
    for _ in range(200):
        few.add_batch("udp 1", [QUERY] * 64, [REPLIES[0]] * 64, 0.001, lambda place: "192.0.2.1")
    await asyncio.sleep(2 * query_log.FLUSH_DELAY)
    assert abs(few.logged_count - 128) < 50


async def test_what_nobody_reads_is_dropped_and_counted(sink: tuple[socket.socket, socket.socket]) -> None:
    log = query_log.open_query_log("sampled", 1, sink[0])
    assert log is not None
    begin = time.monotonic()
    for _ in range(1000):
        log.add_batch("udp 1", [QUERY] * 64, [REPLIES[0]] * 64, 0.001, lambda place: "192.0.2.1")
    assert time.monotonic() - begin < 10, "it waits for nobody"
    assert log.dropped_count > 0
    assert log.logged_count + log.dropped_count == 64_000
    assert len(entries(sink[1])) == log.logged_count


@example(bytes(10) + b"A" + b"a" * 65 + b"\0\0\1\0\1", b"", 0, "text")  # a length that looks like a letter
@given(
    st.binary(max_size=300), st.binary(max_size=40), st.integers(0, 65535), st.sampled_from(["json", "text"])
)
def test_any_packet_is_one_line(packet: bytes, client: bytes, flags: int, form: str) -> None:
    entry = QueryLogEntry(
        1.5, "udp 1", "192.0.2.1", packet[: query_log.MAX_QUERY_SIZE], 99, flags, flags & 15, 0.25
    )
    line = query_log._format_json(entry) if form == "json" else query_log._format_text(entry)
    assert line.endswith("\n") and line[:-1].isprintable()
    if form == "json":
        found = json.loads(line)
        assert (found["client"], found["size"], found["seconds"]) == ("192.0.2.1", 99, 0.25)


def test_lines() -> None:
    entry = QueryLogEntry(1.5, "tls 2", "2001:db8::1", QUERY, 99, 0x8583, 3, 0.0123456)
    assert query_log._format_text(entry) == (
        "1970-01-01T00:00:01.500000Z [info     ] 2001:db8::1 tls web.default.svc.cluster.local. AAAA "
        "NXDOMAIN (qr aa rd ra, 99 bytes, 12.346 ms) [svcdns.query]\n"
    )
    assert json.loads(query_log._format_json(entry)) == {
        "client": "2001:db8::1",
        "protocol": "tls",
        "name": "web.default.svc.cluster.local.",
        "type": "AAAA",
        "rcode": "NXDOMAIN",
        "flags": "qr aa rd ra",
        "size": 99,
        "seconds": 0.012346,
        "level": "info",
        "logger": "svcdns.query",
        "timestamp": "1970-01-01T00:00:01.500000Z",
    }


async def test_answers_go_on_while_nobody_reads_the_log(tmp_path: Path) -> None:
    """Its pipe is full: the log's process waits, and lines are dropped; the supervisor drops its own."""
    folder, http = manifests.folder(tmp_path / "m", web=manifests.WEB), server.free_port()
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    queries = [b"id" + QUERY] * 20_000
    arguments = ("--manifests", str(folder), "--http", f"127.0.0.1:{http}", "--workers", "1")
    log = ("--query-log", "sampled", "--query-log-sample", "1", "--log-format", "json")
    try:
        async with server.running(tmp_path, *arguments, *log) as serving:
            answers = await asking.udp(serving.address, queries)
            assert all(answers)
            seen = await scraping.scrape(http, lambda seen: seen.value("svcdns_query_log_dropped_total"))
            assert seen.value("svcdns_query_log_lines_total") > 100
            for times in (1, 2, 3):
                os.kill(running.workers(serving.process.pid)[0], signal.SIGKILL)
                await scraping.scrape(http, functools.partial(has_restarts, times))
                await running.until(lambda: running.workers(serving.process.pid), "another worker")
            assert all(await asking.udp(serving.address, queries[:10]))
            read = asyncio.get_running_loop().run_in_executor(None, _read_all, reader)
        text = await read
    finally:
        os.close(reader)
    lines = [json.loads(line) for line in text.splitlines()]
    assert len([line for line in lines if line["logger"] == "svcdns.query"]) > 100


def _read_all(reader: int) -> str:
    """Until all writers are gone."""
    os.set_blocking(reader, True)
    parts = []
    while part := os.read(reader, 1 << 16):
        parts.append(part)
    return b"".join(parts).decode()
