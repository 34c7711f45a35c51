"""Questions over UDP, to servers that lose, delay and forge."""

import asyncio
import itertools
import socket

import pytest

from svcdns.forward import upstream_udp
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.questions import UpstreamQuery
from svcdns.forward.upstream_client import UpstreamClient
from svcdns.forward.upstream_udp import UdpTransport
from tests import upstream
from tests.forward.transport_helpers import (
    forged,
    forgeries,
    is_right,
    nothing_left,
    of,
    query,
    until,
)
from tests.running import IPV6
from tests.upstream import Peer, faulty, right, silent

LONG = 30.0
"""Seconds that no test waits."""


async def test_the_answer() -> None:
    datagrams = UdpTransport()
    async with nothing_left(), faulty() as server:
        assert is_right((await datagrams.exchange(of(server), query(), LONG)).response)
    assert (datagrams.query_count, datagrams.ignored_count) == (1, 0)


async def test_ports_and_ids_cannot_be_foreseen() -> None:
    async with faulty() as server:
        for _ in range(100):
            await UdpTransport().exchange(of(server), query(), LONG)
        ids = [int.from_bytes(data[:2], "big") for data, _ in server.asked]
        ports = [peer.address[1] for _, peer in server.asked]
    for numbers in (ids, ports):
        assert len(set(numbers)) > 90
        steps = {after - before for before, after in itertools.pairwise(numbers)}
        assert len(steps) > 90


async def test_forged_datagrams_do_not_end_the_wait() -> None:
    datagrams = UdpTransport()
    async with nothing_left(), faulty(forged) as server:
        for number in range(20):
            assert is_right(
                (await datagrams.exchange(of(server), query(f"w{number}.example.com."), LONG)).response
            )
    assert datagrams.ignored_count == 20 * len(forgeries(query().encode(0)))


async def test_datagrams_from_elsewhere_do_not_arrive() -> None:
    async def from_elsewhere(packet: bytes, peer: Peer) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(
                upstream.recorded_response(packet).replace(b"\xc0\0\2\x35", b"\6\6\6\6"), peer.address
            )
        await asyncio.sleep(0.02)
        await right(packet, peer)

    datagrams = UdpTransport()
    async with faulty(from_elsewhere) as server:
        assert is_right((await datagrams.exchange(of(server), query(), LONG)).response)
    assert datagrams.ignored_count == 0


async def test_a_lost_query_is_sent_again_from_another_port_with_another_id() -> None:
    async def lossy(packet: bytes, peer: Peer) -> None:
        if len(server.asked) > 1:
            await right(packet, peer)

    async with nothing_left(), faulty(lossy) as server:
        assert is_right((await UdpTransport().exchange(of(server), query(), 0.6)).response)
        (first, before), (second, after) = server.asked
    assert first[2:] == second[2:]
    assert (first[:2], before.address) != (second[:2], after.address)


async def test_a_late_answer_to_the_first_query_counts() -> None:
    async def late(packet: bytes, peer: Peer) -> None:
        if len(server.asked) > 1:
            await right(*server.asked[0])

    async with nothing_left(), faulty(late) as server:
        assert is_right((await UdpTransport().exchange(of(server), query(), 0.6)).response)


async def test_the_last_query_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_udp, "RETRANSMIT_FRACTION", 0.002)

    async def plain_only(packet: bytes, peer: Peer) -> None:
        if not packet[11]:
            await right(packet, peer)

    last_query = UpstreamQuery(query().question, has_edns=False)
    async with nothing_left(), faulty(plain_only) as server:
        answer = await UdpTransport().exchange(of(server), query(), LONG, last_query)
        assert is_right(answer.response) and answer.query == last_query
        assert [packet[11] for packet, _ in server.asked] == [1, 1, 0]


async def test_silence() -> None:
    async with nothing_left(), faulty(silent) as server:
        with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
            await UdpTransport().exchange(of(server), query(), 0.1)
        assert len(server.asked) == 2


async def test_an_error_tells_of_wrong_datagrams() -> None:
    async def wrong(packet: bytes, peer: Peer) -> None:
        peer.send(b"garbage")

    async with faulty(wrong) as server:
        with pytest.raises(TimeoutError, match="2 wrong datagrams"):
            await UdpTransport().exchange(of(server), query(), 0.1)


async def test_so_many_wrong_datagrams_that_somebody_guesses() -> None:
    async def guessing(packet: bytes, peer: Peer) -> None:
        for number in range(upstream_udp.MAX_UNMATCHED):
            peer.send((int.from_bytes(packet[:2], "big") ^ number + 1).to_bytes(2, "big") + packet[2:])

    datagrams = UdpTransport()
    async with nothing_left(), faulty(guessing) as server:
        with pytest.raises(upstream_udp.SpoofingError):
            await datagrams.exchange(of(server), query(), LONG)
    assert datagrams.ignored_count == upstream_udp.MAX_UNMATCHED


async def test_a_refusal_ends_the_wait_at_once() -> None:
    async with nothing_left(), faulty() as server:
        gone = of(server)
    async with nothing_left():
        with pytest.raises(ConnectionRefusedError):
            await UdpTransport().exchange(gone, query(), LONG)


async def test_what_the_system_refuses_to_send() -> None:
    async with nothing_left():
        with pytest.raises(PermissionError):
            await UdpTransport().exchange(Upstream("255.255.255.255"), query(), LONG)


async def test_cancelled_nothing_is_left() -> None:
    async with faulty(silent) as server, nothing_left():
        asking = [asyncio.ensure_future(UdpTransport().exchange(of(server), query(), 0.6)) for _ in range(20)]
        await until(lambda: len(server.asked) == 40)  # the second queries are under way too
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)


@IPV6
@pytest.mark.parametrize("host", ["::1", "::1%lo"])
async def test_ipv6(host: str) -> None:
    async with faulty(host="::1") as server:
        assert is_right((await UdpTransport().exchange(Upstream(host, server.port), query(), LONG)).response)


def unreadable(query: bytes) -> dict[str, bytes]:
    """Answers with the query's id and question that break the format, by what is wrong."""
    true = upstream.recorded_response(query)
    flags = bytes((true[2] | 0x02,)) + true[3:4]
    pointer = len(query) - 11  # where the first record begins: the query has an OPT
    return {
        "cut off": true[:-5],
        "cut off, with TC": true[:2] + flags + true[4:-5],
        "cut off in the question, with TC": true[:2] + flags + true[4:20],
        "cut off behind the header, with TC": true[:2] + flags + true[4:12],
        "a header alone, with TC": true[:2] + flags + bytes(8),
        "a header alone": true[:4] + bytes(8),
        "REFUSED without the question": true[:3] + b"\x85" + bytes(8),
        "a pointer forwards": true[:pointer] + b"\xc0\xff" + true[pointer + 2 :],
        "another class": true[: pointer + 5] + b"\3" + true[pointer + 6 :],
        "too long": true[:6] + b"\xff\xff" + true[8:] + bytes(5000),
    }


@pytest.mark.parametrize("fault", unreadable(query().encode(0)))
async def test_an_answer_that_cannot_be_read_is_asked_for_over_tcp(fault: str) -> None:
    """At once: the upstream is well, and its whole answer may be."""

    async def broken(packet: bytes, peer: Peer) -> None:
        peer.send(unreadable(packet)[fault])

    async with nothing_left(), faulty(broken) as server:
        with pytest.raises(upstream_udp.UnreadableError):
            await UdpTransport().exchange(of(server), query(), LONG)
        client = UpstreamClient(ForwardOptions(timeout=LONG))
        answer = await client.exchange(of(server), query().question, LONG)
        client.close()
    assert is_right(answer)
    assert (client.counts.udp_queries, client.counts.tcp_queries) == (1, 1)


@IPV6
@pytest.mark.parametrize("host", ["::1%lo", "::1%1", "::1%none"])
async def test_an_interface_means_nothing_at_other_addresses(host: str) -> None:
    async with faulty(host="::1") as server:
        assert is_right((await UdpTransport().exchange(Upstream(host, server.port), query(), LONG)).response)
