"""DNS over TCP: deadlines and bounds, with short limits; no client keeps another from its answers."""

import asyncio
import contextlib
import functools

import pytest

from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.serve.worker.client_connections import ClientLimits
from tests import running
from tests.dns import tables
from tests.serve.streams import WEB, Client, numbered, serving


async def test_the_idle_deadline() -> None:
    async with serving(ClientLimits(idle_timeout=2.0, read_timeout=30.0)) as server:
        silent, asking = await server.connect(), await server.connect()
        for _ in range(5):
            await asyncio.sleep(0.5)
            await asking.ask(WEB)
        await running.until(lambda: len(server.connections) == 1, "the silent one is closed")
        await silent.closed()
        assert await asking.ask(WEB)
        await asking.closed()


async def test_the_read_deadline() -> None:
    """A message has so long from its first byte, however busily its sender drips; idle is longer."""
    async with serving(ClientLimits(idle_timeout=30.0, read_timeout=0.2)) as server:
        half, dripping, whole = [await server.connect() for _ in range(3)]
        half.writer.write(b"\0")
        dripping.writer.write(b"\xff\xff")
        drip = asyncio.create_task(_drip(dripping))
        await half.closed()
        await dripping.closed()
        drip.cancel()
        await asyncio.sleep(0.2)
        assert await whole.ask(WEB)


async def _drip(client: Client) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            client.writer.write(b"\0")
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "sent",
    [b"\0\0", b"\0\0\0", b"\0\1x", b"\0\x0b" + bytes(11), b"\0\x0c\0\0\x80" + bytes(9)],
    ids=["empty", "empty and half", "short", "no header", "a reply"],
)
async def test_messages_that_are_no_queries_give_no_time(sent: bytes) -> None:
    """Nor does any part of them: such a client is closed as a silent one is."""
    async with serving(ClientLimits(idle_timeout=0.5, read_timeout=0.4)) as server:
        client = await server.connect()
        repeated = asyncio.create_task(_repeat(client, sent))
        await client.closed()
        repeated.cancel()


async def _repeat(client: Client, sent: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            client.writer.write(sent)
            await asyncio.sleep(0.02)


async def test_a_question_that_waits_for_an_upstream_is_not_idle() -> None:
    async with serving(ClientLimits(idle_timeout=0.15, read_timeout=30.0)) as server:
        client = await server.connect()
        client.send(numbered(1, "example.com."))
        await asyncio.sleep(0.5)
        server.service.tell(0)
        assert (await client.receive())[:2] == b"\0\1"
        await client.closed()


async def test_too_many_of_one_client() -> None:
    """The one of its own that was idle longest goes; others stay."""
    async with serving(ClientLimits(idle_timeout=30.0, read_timeout=30.0, max_per_client=3)) as server:
        neighbour = await server.connect(address="127.0.0.2")
        await neighbour.ask(WEB)
        first, second, third = [await server.connect() for _ in range(3)]
        for client in (first, second, third, first):
            await client.ask(WEB)
        fourth = await server.connect()
        await fourth.ask(WEB)
        await second.closed()
        for client in (first, third, fourth, neighbour):
            assert await client.ask(WEB)
        assert len(server.connections) == 4


async def test_too_many_in_all() -> None:
    async with serving(
        ClientLimits(idle_timeout=30.0, read_timeout=30.0, max_connections=3, max_per_client=2)
    ) as server:
        clients = [await server.connect(address=f"127.0.0.{number}") for number in range(1, 4)]
        for client in (*clients, clients[0]):
            await client.ask(WEB)
        last = await server.connect(address="127.0.0.9")
        await last.ask(WEB)
        await clients[1].closed()
        for client in (clients[0], clients[2], last):
            assert await client.ask(WEB)
        assert len(server.connections) == 3


async def test_silent_ones_do_not_drive_away_who_asks() -> None:
    limits = ClientLimits(idle_timeout=30.0, read_timeout=30.0, max_connections=8, max_per_client=6)
    async with serving(limits) as server:
        asking, neighbour = await server.connect(), await server.connect(address="127.0.0.2")
        for client in (asking, neighbour):
            await client.ask(WEB)
        for number in range(40):
            await server.connect(address=f"127.0.0.{1 + number % 4}")
        await running.until(lambda: server.connections.counts.opened == 42, "they are accepted")
        assert len(server.connections) == 8
        for client in (asking, neighbour):
            assert await client.ask(WEB)


async def test_a_client_without_an_address_is_counted_out() -> None:
    """It may be gone before we ask for its address."""

    class Gone:
        def drain(self) -> None: ...

        def abort(self) -> None:
            connections.remove(self)

    async with serving(ClientLimits(max_per_client=2)) as server:
        connections = server.connections
        for _ in range(3):
            gone = Gone()
            connections.add(gone, "")
            connections.mark_active(gone)
            assert len(connections) <= 2
        connections.remove(gone)
        assert len(connections) == 1
        connections.drain()
        (left,) = [*connections._active]
        left.abort()
        assert not connections and not connections._count_by_client


@functools.cache
def large() -> FastPathCaches:
    """A reply to `many` has some 64 KB."""
    return tables.make([f"many 30 A 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(5000)])


async def test_who_does_not_read_is_not_answered_on() -> None:
    """However much is asked: the answers of one turn, and what the write buffer and the kernel hold."""
    async with serving(
        ClientLimits(idle_timeout=30.0, read_timeout=30.0, write_buffer_size=1 << 18), large()
    ) as server:
        client = await server.connect(buffer=1)
        client.send(*[numbered(number, "many") for number in range(2000)])
        await asyncio.sleep(0.3)
        handled = server.service.handled
        assert 0 < handled < 200, "of 2,000, whose answers are 128 MB"
        for number in range(2000):
            reply = await client.receive()
            assert int.from_bytes(reply[:2]) == number
            if number == handled:
                break
        assert server.service.handled < 2000


async def test_who_does_not_read_is_closed_in_the_end() -> None:
    async with serving(ClientLimits(idle_timeout=0.2, read_timeout=0.2), large()) as server:
        client = await server.connect(buffer=1)
        client.send(*[numbered(number, "many") for number in range(2000)])
        await running.until(lambda: server.service.handled, "it was read")
        await running.until(lambda: not server.connections, "the deadline")


async def test_one_client_does_not_keep_others_waiting() -> None:
    """Between two turns of a client with much to ask, another is answered."""
    async with serving(caches=large()) as server:
        greedy, modest = await server.connect(), await server.connect()
        greedy.send(*[numbered(number, "many") for number in range(100)])
        await running.until(lambda: server.service.handled, "it was read")
        await modest.ask(numbered(1, "many"))
        assert server.service.handled < 100
        for _ in range(100):
            await greedy.receive()


async def test_no_more_wait_for_upstreams_than_may() -> None:
    async with serving(ClientLimits(idle_timeout=30.0, read_timeout=30.0, max_waiting=10)) as server:
        client = await server.connect()
        client.send(*[numbered(number, "example.com.") for number in range(50)])
        await running.until(lambda: len(server.service.asked) == 10, "as many as may")
        await asyncio.sleep(0.05)
        assert len(server.service.asked) == 10
        for number in range(50):
            await running.until(lambda: server.service.asked, "the next")
            server.service.tell(0)
            assert int.from_bytes((await client.receive())[:2]) == number
            assert len(server.service.asked) <= 10


async def test_drain_lets_answers_out() -> None:
    async with serving(caches=large()) as server:
        client = await server.connect()
        client.send(*[numbered(number, "many") for number in range(3)])
        await running.until(lambda: server.service.handled == 3, "it was read")
        server.connections.drain()
        for number in range(3):
            assert int.from_bytes((await client.receive())[:2]) == number
        await client.closed()
