"""Upstreams that keep silent: what waits for them is bounded, and the cluster's names do not wait."""

import asyncio
import os
import time
from pathlib import Path

import dns.edns
import dns.message
import dns.rcode
from dns.message import Message

from tests import asking, running, upstream
from tests.asking import Address
from tests.forwarding import served
from tests.upstream import Faulty, right, silent

MOST = 50
"""Questions in flight."""
SHARE = 40
"""Of them one client's, who leaves room for another (`forward/client_shares`)."""
QUESTIONS = 500
MANY = 10_000
TIMEOUT = 3
QUEUE = 5000
"""Queries of one worker that wait, for however few questions."""

NAMES = [f"n{number}.example.com." for number in range(QUESTIONS)]
TOO_MANY = [(dns.edns.EDECode.NETWORK_ERROR, "too many queries wait for an upstream")]
ARGUMENTS = "--forward-in-flight", str(MOST), "--forward-timeout", str(TIMEOUT), "--workers", "1"


async def cluster_is_answered(at: Address) -> None:
    """For as long as it runs, at once."""
    while True:
        began = time.monotonic()
        assert served.said(await served.ask(at, served.WEB)) == f"A {served.WEB_ADDRESS}"
        assert time.monotonic() - began < 2, "it takes milliseconds"
        await asyncio.sleep(0.02)


async def ask_all(at: Address) -> list[Message]:
    """All at once, beside questions for the cluster's names."""
    beside = asyncio.create_task(cluster_is_answered(at))
    server = await asyncio.gather(*(served.ask(at, name) for name in NAMES))
    assert not beside.done(), beside.exception()
    beside.cancel()

    return server


async def test_no_more_than_so_many_are_in_flight(tmp_path: Path) -> None:
    async with (
        upstream.faulty(silent, silent) as up,
        served.running(tmp_path, *served.forward(up.port), *ARGUMENTS) as server,
    ):
        replies = await ask_all(server.address)
        assert {served.said(reply) for reply in replies} == {"SERVFAIL"}
        errors = [served.extended_errors(reply) for reply in replies]
        waited = [error for error in errors if error != TOO_MANY]
        assert SHARE <= len(waited) < QUESTIONS / 2
        assert {code for ((code, _),) in waited} == {dns.edns.EDECode.NO_REACHABLE_AUTHORITY}
        assert len(waited) == len(names_asked(up))
        up.udp = up.stream = right
        for name in NAMES:  # one after the other: no failure was kept
            assert served.said(await served.ask(server.address, name)) == "A 192.0.2.53"


def names_asked(up: Faulty) -> set[bytes]:
    return {query[12 : query.index(0, 12)] for query, _ in up.asked if query[13:14] == b"n"}


async def test_silent_servers_of_one_suffix_leave_all_others_answered(tmp_path: Path) -> None:
    queries = [dns.message.make_query(f"n{n}.corp.", "A").to_wire() for n in range(4 * MOST)]
    async with upstream.faulty(silent, silent) as silence, upstream.faulty(right, right) as up:
        forward = *served.forward(up.port), *served.forward(silence.port, suffix="corp")
        async with served.running(tmp_path, *forward, *ARGUMENTS) as server:
            stub = asyncio.create_task(asking.udp(server.address, queries, patience=2 * TIMEOUT))
            await running.until(lambda: len(silence.asked) >= SHARE, "all places of the suffix are taken")
            for name in NAMES[:50]:
                assert served.said(await served.ask(server.address, name)) == "A 192.0.2.53"
            assert not stub.done()
            answers = await stub

    assert all(answer and answer[3] & 0xF == dns.rcode.SERVFAIL for answer in answers)


async def test_memory_and_sockets_are_bounded(tmp_path: Path) -> None:
    queries = [dns.message.make_query(f"n{n}.example.com.", "A").to_wire() for n in range(MANY)]
    async with (
        upstream.faulty(silent, silent) as up,
        served.running(tmp_path, *served.forward(up.port), *ARGUMENTS) as server,
    ):
        (worker,) = running.workers(server.process.pid)
        await asking.udp(server.address, queries[:200], patience=2 * TIMEOUT)
        memory, sockets = _memory(worker), _descriptors(worker)
        answers = await asking.udp(server.address, queries, patience=2 * TIMEOUT)
        assert all(answer and answer[3] & 0xF == dns.rcode.SERVFAIL for answer in answers)
        assert _memory(worker) - memory < 8 << 20
        await running.until(lambda: _descriptors(worker) <= sockets, "all sockets are closed")


async def test_more_clients_wait_for_one_question_than_may(tmp_path: Path) -> None:
    queries = [dns.message.make_query("www.example.com.", "A", use_edns=0).to_wire()] * (QUEUE + 1000)
    async with (
        upstream.faulty(silent, silent) as up,
        served.running(tmp_path, *served.forward(up.port), *ARGUMENTS) as server,
    ):
        beside = asyncio.create_task(cluster_is_answered(server.address))
        answers = await asking.udp(server.address, queries, sockets=100, window=100, patience=3 * TIMEOUT)
        assert not beside.done(), beside.exception()
        beside.cancel()

    assert all(answer and answer[3] & 0xF == dns.rcode.SERVFAIL for answer in answers)
    assert any(answer and b"too many queries wait for an upstream" in answer for answer in answers)


def _memory(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
