"""What a worker does with the real table: its answers, its versions, and what it leaves in memory."""

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcdns.dns.answer import fast_path_caches, reply_cache
from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import query_parser, records
from svcdns.serve.runtime.runtime_config import Block
from svcdns.serve.worker.fair_queue import FairQueue
from svcdns.serve.worker.service import SendReply
from svcdns.serve.worker.worker import Worker
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.dns import asked, tables

HITS = 100_000
BATCH = 64

QUERIES = [
    asked.packet(name, rrtype, flags=flags, additional=additional)
    for name, rrtype in (
        ("web.default.svc", "A"),
        ("WEB.default.svc", "AAAA"),
        ("db.default.svc", "A"),
        ("_http._tcp.web.default.svc", "SRV"),
        ("1.0.96.10.in-addr.arpa.", "PTR"),
        ("default.svc", "A"),
        ("db.default.svc", "TXT"),
        ("nope.default.svc", "A"),
        ("example.com.default.svc.cluster.local", "A"),
    )
    for flags in (0x0100, 0x0120)
    for additional in ((), (asked.opt(),), (asked.opt(4096, do=True, options=asked.COOKIE),))
]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """Over a table of the lines of `tests.dns.tables`."""
    state = StateFolder(tmp_path / "state")
    state.create_live(None)
    writer = TableWriter(state.live_path)
    writer.replace(tables.entries().items())
    writer.close()
    yield Worker(state.live_path, Block())
    state.close()


def ask(worker: Worker, packets: list[bytes]) -> None:
    """In batches, as they come."""
    for start in range(0, len(packets), BATCH):
        worker.answer_batch([packet[2:] for packet in packets[start : start + BATCH]], lambda i: asked.CLIENT)


def blocks_left(worker: Worker, packets: list[bytes], rounds: int) -> int:
    """Blocks of memory that are in use after the queries, and were not after the first of them."""
    gc.collect()  # empties the interpreter's free lists too, which the first ones fill again
    gc.disable()
    try:
        for _ in range(100):
            ask(worker, packets)
        before = sys.getallocatedblocks()
        for _ in range(rounds):
            ask(worker, packets)
        return sys.getallocatedblocks() - before
    finally:
        gc.enable()


@pytest.mark.parametrize("slow", [False, True], ids=["fast", "slow"])
def test_a_hit_leaves_nothing_allocated(worker: Worker, slow: bool) -> None:
    """100,000 of them; also where each takes the slow path (a second additional record)."""
    other_query = b"\0\0\x10\0\1\0\0\0\0\0\2\1x"
    packets = QUERIES
    if slow:
        packets = [packet[:11] + b"\2" + packet[12:] + other_query * (2 - packet[11]) for packet in QUERIES]
    rounds = HITS // len(packets) // (10 if slow else 1)
    assert blocks_left(worker, packets, rounds) < 10, "the loop's own numbers, and no more"


def test_long_queries_take_no_more_memory(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by padding (RFC 7830), each another, for names that exist, change places, or do not exist."""
    monkeypatch.setattr(reply_cache, "MAX_BYTES", 2 << 20)
    monkeypatch.setattr(fast_path_caches, "MAX_TIMED_REPLY_BYTES", 1 << 20)
    names = ("web.default.svc", "db.default.svc", "www.example.com.default.svc")
    tracemalloc.start()
    try:
        for number in range(6000):
            padding = b"\0\x0c\x0e\x10" + number.to_bytes(4, "big") * 900
            ask(worker, [asked.packet(name, additional=(asked.opt(options=padding),)) for name in names])
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()


def test_kept_replies_are_bounded(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query another (as by cookies): what is kept for them has an end."""
    monkeypatch.setattr(reply_cache, "MAX_BYTES", 2 << 20)

    def queries(start: int) -> list[bytes]:
        numbers = range(start, start + 40_000)
        return [asked.packet("web.default.svc", additional=(asked.cookie(number),)) for number in numbers]

    first, second = queries(0), queries(40_000)
    ask(worker, first[:100])
    gc.collect()
    before = sys.getallocatedblocks()
    ask(worker, first)
    ask(worker, second)
    each = len(first[0]) + 100 + 200
    assert sys.getallocatedblocks() - before < 3 * reply_cache.MAX_BYTES / each < len(first) / 2


async def test_a_flood_for_upstreams_is_begun_in_turn_and_bounded(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_misses", FairQueue(10))
    begun: list[str] = []

    async def forward(pending: PendingQuery, send: SendReply, client: str) -> None:
        begun.append(client)

    monkeypatch.setattr(worker, "_forward", forward)
    query = query_parser.parse_query(asked.packet("www.example.com.")[2:])
    replies: list[bytes] = []
    for client in ["10.1.0.1"] * 12 + ["10.1.0.2"]:
        worker.answer_later(PendingQuery(query, query.qname, 512), replies.append, client)

    assert [reply[1] & 0xF for reply in replies] == [records.SERVFAIL] * 3, "the newest of who asks most"
    assert worker.waiting_count == 10
    # One turn begins the tasks, the next one runs them.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert begun == ["10.1.0.1", "10.1.0.2", "10.1.0.1", "10.1.0.1"]
    worker.close()
