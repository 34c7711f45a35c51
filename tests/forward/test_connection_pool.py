"""Questions over TCP and TLS: connections that are shared, grow old, hang up, keep silent and open slowly."""

import asyncio
import contextlib

import pytest

from svcdns.forward import connection_pool, pipelined_connection
from svcdns.forward.options import Upstream
from svcdns.forward.pipelined_connection import ConnectionLostError
from tests.forward.connection_types import Make, Pair, ask
from tests.forward.transport_helpers import (
    Clock,
    nothing_left,
    of,
    query,
    until,
)
from tests.upstream import Behave, Peer, faulty, right, silent


def backwards(count: int) -> Behave:
    """Answer when so many have asked, the last one first."""
    waiting: list[tuple[bytes, Peer]] = []

    async def behave(packet: bytes, peer: Peer) -> None:
        waiting.append((packet, peer))
        if len(waiting) == count:
            while waiting:
                await right(*waiting.pop())

    return behave


# One connection, many questions


async def test_questions_share_a_connection(make: Make) -> None:
    asked = make()
    async with faulty() as server:
        for number in range(10):
            await ask(asked, of(server), f"w{number}.example.com.")
        assert server.connections == 1
    assert (asked.tcp_query_count, asked.tls_query_count, asked.opened_count) == (10, 0, 1)


async def test_200_at_once_over_one_tls_connection_out_of_order(make: Make, pair: Pair) -> None:
    asked = make(ca=pair[0])
    async with faulty(stream=backwards(200), certificate=pair) as server:
        names = [f"w{number}.example.com." for number in range(200)]
        await asyncio.gather(*(ask(asked, of(server, tls=True), name) for name in names))
        assert server.connections == 1
        negotiated = next(iter(server.open)).get_extra_info("ssl_object").selected_alpn_protocol()
    assert negotiated == "dot"
    assert (asked.tcp_query_count, asked.tls_query_count, asked.opened_count) == (0, 200, 1)


async def test_a_full_connection_is_joined_by_others_up_to_a_limit(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelined_connection, "MAX_PENDING", 3)
    monkeypatch.setattr(connection_pool, "MAX_CONNECTIONS_PER_UPSTREAM", 2)
    asked = make()
    async with faulty(stream=backwards(6)) as server:
        asking = [asyncio.ensure_future(ask(asked, of(server), f"w{n}.example.com.")) for n in range(5)]
        await until(lambda: len(server.asked_streams) == 5)
        last, beyond = await asyncio.gather(
            ask(asked, of(server)), ask(asked, of(server)), return_exceptions=True
        )
        assert last is None and "too many questions wait" in str(beyond)
        await asyncio.gather(*asking)
        assert server.connections == 2


# Its end


async def test_an_old_connection_takes_no_question_and_closes_after_its_last_answer(
    make: Make, clock: Clock
) -> None:
    asked = make(max_age=60.0)
    async with faulty(stream=backwards(3)) as server:
        first = [asyncio.ensure_future(ask(asked, of(server), f"w{n}.example.com.")) for n in range(2)]
        await until(lambda: len(server.asked_streams) == 2)
        clock.now += 60.0
        await ask(asked, of(server), "new.example.com.")
        await asyncio.gather(*first)
        assert server.connections == 2
        await until(lambda: len(server.open) == 1)
        clock.now += 30.0
        server.stream = right
        await ask(asked, of(server))
        assert server.connections == 2


async def test_an_idle_connection_is_closed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelined_connection, "IDLE_TIMEOUT", 0.05)
    asked = make()
    async with faulty() as server, nothing_left():
        await ask(asked, of(server))
        await until(lambda: not server.open)
        await ask(asked, of(server))
        assert server.connections == 2
        await until(lambda: not server.open)


@pytest.mark.parametrize("at_once", [1, 10])
@pytest.mark.parametrize("secured", [False, True], ids=["tcp", "tls"])
async def test_a_server_that_hangs_up_after_each_answer(
    make: Make, pair: Pair, at_once: int, secured: bool
) -> None:
    async def one_answer(packet: bytes, peer: Peer) -> None:
        await right(packet, peer)
        peer.end()

    asked = make(ca=pair[0])
    async with faulty(stream=one_answer, certificate=pair if secured else None) as server:
        for _ in range(3):
            names = [f"w{number}.example.com." for number in range(at_once)]
            await asyncio.gather(*(ask(asked, of(server, secured), name) for name in names))


@pytest.mark.parametrize(
    "sent", [b"", b"\0", b"\0\x50\0\0"], ids=["at once", "in the length", "in the answer"]
)
async def test_questions_of_a_connection_that_dies_are_asked_again(make: Make, sent: bytes) -> None:
    async def dying(packet: bytes, peer: Peer) -> None:
        if server.connections > 1:
            await right(packet, peer)
        else:
            peer.send_raw(sent)
            peer.end()

    asked = make()
    async with faulty(stream=dying) as server:
        await asyncio.gather(*(ask(asked, of(server), f"w{number}.example.com.") for number in range(20)))
        assert server.connections == 2


async def test_a_server_that_always_hangs_up_is_asked_twice(make: Make) -> None:
    async def dying(packet: bytes, peer: Peer) -> None:
        peer.end()

    asked = make()
    async with faulty(stream=dying) as server:
        with pytest.raises(ConnectionLostError, match="it closed the connection"):
            await asked.exchange(of(server), query())
        assert server.connections == 2


async def test_dead_connections_are_forgotten(make: Make) -> None:
    async def at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(at_once, "127.0.0.1", 0)
    there = Upstream("127.0.0.1", server.sockets[0].getsockname()[1])
    asked = make()
    for _ in range(connection_pool.MAX_CONNECTIONS_PER_UPSTREAM + 1):
        with pytest.raises(ConnectionLostError):
            await asked.exchange(there, query())
    server.close()


async def test_a_connection_that_was_reset_while_idle(make: Make) -> None:
    asked = make()
    async with faulty() as server:
        await ask(asked, of(server))
        for writer in server.open:
            writer.transport.abort()
        await ask(asked, of(server))
        assert server.connections == 2


async def test_a_silent_connection_gets_no_more_questions(make: Make) -> None:
    asked = make()
    async with faulty(stream=silent) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asked.exchange(of(server), query())
        await until(lambda: not server.open)
        server.stream = right
        await ask(asked, of(server))
        assert server.connections == 2


async def test_a_slow_question_does_not_end_a_connection_that_answers(make: Make) -> None:
    async def slow(packet: bytes, peer: Peer) -> None:
        if b"slow" not in packet:
            await right(packet, peer)

    asked = make()
    async with faulty(stream=slow) as server:
        waiting = asyncio.ensure_future(asked.exchange(of(server), query("slow.example.com.")))
        await until(lambda: server.asked_streams)
        await ask(asked, of(server))
        waiting.cancel()
        await asyncio.wait((waiting,))
        await right(*server.asked_streams[0])  # nobody waits for it any more
        await ask(asked, of(server))
        assert server.connections == 1


# The beginning of a connection


async def test_nobody_listens(make: Make) -> None:
    async with faulty() as server:
        gone = of(server)
    asked = make()
    found = await asyncio.gather(*(asked.exchange(gone, query()) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(error, ConnectionRefusedError) for error in found)
    assert asked.opened_count == 0


async def hang(connected: list[asyncio.StreamWriter]) -> tuple[asyncio.Server, Upstream]:
    """A server that takes connections and says nothing, until they end; so TLS does not begin."""

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    return server, Upstream("127.0.0.1", server.sockets[0].getsockname()[1], True)


async def test_an_opening_that_nobody_waits_for_is_given_up(make: Make) -> None:
    connected: list[asyncio.StreamWriter] = []
    server, silent_one = await hang(connected)
    async with nothing_left():
        asked = make(timeout=60.0, attempts=1)
        asking = [asyncio.ensure_future(asked.exchange(silent_one, query())) for _ in range(5)]
        await until(lambda: connected)
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)
    assert len(connected) == 1
    server.close()


async def test_an_opening_ends_in_time_and_another_one_begins(make: Make) -> None:
    connected: list[asyncio.StreamWriter] = []
    server, silent_one = await hang(connected)
    asked = make(timeout=0.05, attempts=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asked.exchange(silent_one, query())
    assert len(connected) > 1
    server.close()


async def test_close_ends_what_waits(make: Make) -> None:
    connected: list[asyncio.StreamWriter] = []
    hanging, silent_one = await hang(connected)
    asked = make()
    async with faulty(stream=silent) as server:
        asking = [asyncio.ensure_future(asked.exchange(one, query())) for one in (of(server), silent_one)]
        await until(lambda: server.asked_streams and connected)
        asked.close()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [str(error) for error in found] == ["the server stops", "the server stops"]
    hanging.close()
