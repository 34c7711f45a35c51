"""What a server sends over a stream that is no answer, or one in pieces."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward.connection_pool import ConnectionPool
from svcdns.forward.options import ForwardOptions
from svcdns.forward.pipelined_connection import ConnectionLostError
from tests import upstream
from tests.forward.connection_types import Make, ask
from tests.forward.transport_helpers import (
    Clock,
    nothing_left,
    of,
    query,
    until,
)
from tests.upstream import Peer, faulty, right


async def test_answers_to_nothing_are_ignored_until_they_are_too_many(make: Make) -> None:
    async def chatty(packet: bytes, peer: Peer) -> None:
        for number in range(1, 40):
            other = int.from_bytes(packet[:2], "big") ^ number
            peer.send(other.to_bytes(2, "big") + upstream.recorded_response(packet)[2:])
        await right(packet, peer)

    asked = make()
    async with faulty(stream=chatty) as server:
        for number in range(4):
            await ask(asked, of(server), f"w{number}.example.com.")
        assert server.connections == 2


async def test_a_message_that_is_none_ends_the_connection(make: Make) -> None:
    async def garbage(packet: bytes, peer: Peer) -> None:
        peer.send(packet[:11])

    asked = make()
    async with faulty(stream=garbage) as server:
        with pytest.raises(ConnectionLostError, match="no DNS message"):
            await asked.exchange(of(server), query())
        await until(lambda: not server.open)


async def test_an_answer_to_another_question_ends_the_connection(make: Make) -> None:
    async def other(packet: bytes, peer: Peer) -> None:
        peer.send(upstream.recorded_response(packet.replace(b"\3www", b"\3abc")))

    asked = make()
    async with faulty(stream=other) as server:
        with pytest.raises(ConnectionLostError, match="another question"):
            await asked.exchange(of(server), query())
        await until(lambda: not server.open)


async def test_an_answer_with_bad_records_fails_its_question_alone(make: Make) -> None:
    async def bad(packet: bytes, peer: Peer) -> None:
        if b"bad" in packet:
            peer.send(upstream.recorded_response(packet)[:-20])
            await right(*server.asked_streams[0])

    asked = make()
    async with faulty(stream=bad) as server:
        waiting = asyncio.ensure_future(ask(asked, of(server)))
        await until(lambda: server.asked_streams)
        with pytest.raises(OSError, match="breaks the format"):
            await asked.exchange(of(server), query("bad.example.com."))
        await waiting
        assert server.connections == 1


async def test_an_answer_in_small_pieces(make: Make) -> None:
    async def slowly(packet: bytes, peer: Peer) -> None:
        answer = upstream.recorded_response(packet)
        for byte in len(answer).to_bytes(2, "big") + answer:
            peer.send_raw(bytes((byte,)))
            await asyncio.sleep(0)

    asked = make()
    async with faulty(stream=slowly) as server:
        await ask(asked, of(server))


@given(st.lists(st.binary(max_size=60) | st.just(b"\0\x0c\0\0\x81\x80\0\0\0\0\0\0\0\0"), max_size=20))
async def test_any_bytes(pieces: list[bytes]) -> None:
    async def any_bytes(packet: bytes, peer: Peer) -> None:
        for piece in pieces:
            peer.send_raw(piece.replace(b"\0\0", packet[:2], 1))
            await asyncio.sleep(0)
        peer.end()

    asked = ConnectionPool(ForwardOptions(), Clock())
    async with nothing_left(), faulty(stream=any_bytes) as server:
        with pytest.raises(OSError):
            await asked.exchange(of(server), query())
        asked.close()
