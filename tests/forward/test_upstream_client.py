"""One question to one upstream: whichever way it takes, it gets the right answer or an UpstreamError."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest
from dns.rcode import Rcode
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import names, records
from svcdns.forward import edns_memory, pipelined_connection, upstream_client, upstream_udp
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.upstream_client import UpstreamClient, UpstreamError
from tests import upstream
from tests.certificates import make_certificate
from tests.forward.transport_helpers import (
    ADDRESS,
    Clock,
    forged,
    forgeries,
    is_right,
    making,
    nothing_left,
    of,
    question,
    truncated,
    until,
)
from tests.forwarding import programs
from tests.server import free_port
from tests.sources.zonefiles import peers
from tests.upstream import Behave, Peer, faulty, right, silent

LONG = 30.0
"""Seconds that no test waits."""

Make = Callable[..., UpstreamClient]


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    """Makes clients."""
    async with making(UpstreamClient, clock) as new:
        yield new


async def ask(asked: UpstreamClient, server: Upstream, name: str = "www.example.com.") -> None:
    """Expect the right answer."""
    assert is_right(await asked.exchange(server, question(name), LONG))


# UDP, and TCP behind it


async def test_an_answer_that_was_cut_off_is_asked_for_over_tcp(make: Make) -> None:
    asked = make()
    async with faulty(truncated) as server:
        await ask(asked, of(server))
        assert (len(server.asked), len(server.asked_streams)) == (1, 1)
    counts = asked.counts
    assert (
        counts.udp_queries,
        counts.tcp_queries,
        counts.tls_queries,
        counts.opened_connections,
        counts.truncated_responses,
    ) == (1, 1, 0, 1, 1)


async def test_tcp_never_answers(make: Make) -> None:
    async with faulty(truncated, silent) as server:
        with pytest.raises(UpstreamError, match=r"no answer within 0\.1 s") as raised:
            await make().exchange(of(server), question(), 0.1)
    assert not raised.value.is_refused


async def test_somebody_who_guesses_is_answered_by_tcp(make: Make) -> None:
    async def guessing(packet: bytes, peer: Peer) -> None:
        for _ in range(upstream_udp.MAX_UNMATCHED):
            peer.send(forgeries(packet)[0])

    asked = make()
    async with faulty(guessing) as server:
        await ask(asked, of(server))
    assert (asked.counts.ignored_datagrams, asked.counts.tcp_queries, asked.counts.truncated_responses) == (
        upstream_udp.MAX_UNMATCHED,
        1,
        0,
    )


async def test_over_tcp_alone_where_that_is_wanted(make: Make) -> None:
    asked = make(force_tcp=True)
    async with faulty(silent, right) as server:
        for name in ("a.example.com.", "b.example.com."):
            await ask(asked, of(server), name)
        assert not server.asked
    counts = asked.counts
    assert (counts.udp_queries, counts.tcp_queries, counts.opened_connections) == (0, 2, 1)


async def test_over_tls_alone(make: Make, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    asked = make(ca=str(certificate))
    async with faulty(certificate=(str(certificate), str(key))) as server:
        await ask(asked, of(server, tls=True))
        assert not server.asked
    assert (asked.counts.udp_queries, asked.counts.tls_queries) == (0, 1)


async def test_nobody_listens(make: Make) -> None:
    gone = "127.0.0.1", free_port()
    for there in (Upstream(*gone), Upstream(*gone, tls=True)):
        with pytest.raises(UpstreamError) as raised:
            await make().exchange(there, question(), LONG)
        assert raised.value.is_refused


# EDNS


def header_alone(rcode: int) -> Behave:
    """The answer of a server that does not know OPT, and is old."""

    async def behave(packet: bytes, peer: Peer) -> None:
        if packet[11]:
            peer.send(packet[:2] + bytes((0x81, 0x80 | rcode)) + bytes(8))
        else:
            await right(packet, peer)

    return behave


async def without_edns(packet: bytes, peer: Peer) -> None:
    query = dns.message.from_wire(packet)
    if query.edns < 0:
        await right(packet, peer)
    else:
        query.use_edns(False)
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.NOTIMP)
        peer.send(reply.to_wire())


@pytest.mark.parametrize("secured", [False, True], ids=["udp", "tls"])
@pytest.mark.parametrize(
    "behave",
    [header_alone(records.FORMERR), header_alone(records.NOTIMP), without_edns],
    ids=["FORMERR", "NOTIMP", "with the question"],
)
async def test_edns_is_left_out_for_who_does_not_know_it(
    make: Make, clock: Clock, tmp_path: Path, behave: Behave, secured: bool
) -> None:
    certificate, key = make_certificate(tmp_path)
    pair = (str(certificate), str(key)) if secured else None
    asked = make(ca=str(certificate))
    async with faulty(behave, behave, pair) as server:
        seen = server.asked_streams if secured else server.asked
        for name in ("a.example.com.", "b.example.com.", "c.example.com."):
            await ask(asked, of(server, secured), name)
        assert [packet[11] for packet, _ in seen] == [1, 0] * 3
        await ask(asked, of(server, secured))
        assert [packet[11] for packet, _ in seen[6:]] == [0], "it is known now"
        clock.now += edns_memory.LIFETIME_SECONDS
        await ask(asked, of(server, secured))
        await ask(asked, of(server, secured))
        assert [packet[11] for packet, _ in seen[7:]] == [1, 0, 0], "it may have learned"


def with_rcode(rcode: int) -> Behave:
    """A server whose answer to OPT is this, and right without."""

    async def behave(packet: bytes, peer: Peer) -> None:
        query = dns.message.from_wire(packet)
        if query.edns < 0:
            await right(packet, peer)
            return
        if rcode < 16:
            query.use_edns(False)
        reply = dns.message.make_response(query)
        reply.set_rcode(Rcode(rcode))
        peer.send(reply.to_wire())

    return behave


async def dropping(packet: bytes, peer: Peer) -> None:
    if not packet[11]:
        await right(packet, peer)


@pytest.mark.parametrize(
    ("behave", "sends"),
    [
        (with_rcode(records.SERVFAIL), [1, 0]),
        (with_rcode(records.BADVERS), [1, 0]),
        (dropping, [1, 1, 0]),
    ],
    ids=["SERVFAIL", "BADVERS", "silence"],
)
async def test_one_that_is_right_only_without_edns(
    make: Make, behave: Behave, sends: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_udp, "RETRANSMIT_FRACTION", 0.002)
    asked = make()
    async with faulty(behave) as server:
        for number in range(3):
            await ask(asked, of(server), f"w{number}.example.com.")
        assert [packet[11] for packet, _ in server.asked] == sends * 3
        await ask(asked, of(server))
        assert [packet[11] for packet, _ in server.asked[len(sends) * 3 :]] == [0]


async def test_over_tls_silence_to_edns_leads_to_a_query_without(make: Make, tmp_path: Path) -> None:
    """In the same time; once the upstream has accepted OPT, silence is silence."""
    certificate, key = make_certificate(tmp_path)
    asked = make(ca=str(certificate))
    async with faulty(right, dropping, (str(certificate), str(key))) as server:
        assert (await asked.exchange(of(server, tls=True), question(), 2.0)).rcode == records.NOERROR
        assert [packet[11] for packet, _ in server.asked_streams] == [1, 0]

        server.stream = right
        await ask(asked, of(server, tls=True))
        server.stream = dropping
        with pytest.raises(UpstreamError):
            await asked.exchange(of(server, tls=True), question(), 0.2)
        await until(lambda: len(server.asked_streams) == 4)
        assert [packet[11] for packet, _ in server.asked_streams[2:]] == [1, 1]


async def test_silence_of_one_that_speaks_edns_is_loss(make: Make) -> None:
    """Neither a plain query nor a plain answer: a client that wants signatures would miss them."""
    asked = make()
    async with faulty() as server:
        await ask(asked, of(server))
        server.udp = dropping
        with pytest.raises(UpstreamError):
            await asked.exchange(of(server), question(), 0.1)
        await until(lambda: len(server.asked) == 3)
        assert [packet[11] for packet, _ in server.asked] == [1, 1, 1]


async def test_one_that_says_formerr_and_drops_what_has_no_opt(make: Make) -> None:
    async def behave(packet: bytes, peer: Peer) -> None:
        if packet[11]:
            await header_alone(records.FORMERR)(packet, peer)

    async with faulty(behave) as server:
        assert (await make().exchange(of(server), question(), 0.1)).rcode == records.FORMERR


async def test_a_question_that_is_never_understood(make: Make) -> None:
    async def never(packet: bytes, peer: Peer) -> None:
        peer.send(packet[:2] + b"\x81\x81" + bytes(8))

    asked = make()
    async with faulty(never) as server:
        assert (await asked.exchange(of(server), question(), LONG)).rcode == records.FORMERR
        server.udp = right
        await ask(asked, of(server))
        assert server.asked[-1][0][11] == 1, "EDNS was not the cause"


# Mixed case


def qname(packet: bytes) -> bytes:
    return packet[12 : packet.index(0, 12) + 1]


async def folding(packet: bytes, peer: Peer) -> None:
    """A server that writes each name in lower case."""
    await right(packet[:12] + qname(packet).lower() + packet[12 + len(qname(packet)) :], peer)


async def test_names_leave_in_random_case(make: Make) -> None:
    asked = make(mixed_case=True)
    async with faulty() as server:
        for _ in range(20):
            await ask(asked, of(server), "www-1.example.com.")
        spelled = {qname(packet) for packet, _ in server.asked}
    assert len(spelled) > 15
    assert {name.lower() for name in spelled} == {names.from_text("www-1.example.com")}
    assert asked.counts.tcp_queries == 0


async def test_names_leave_as_they_are(make: Make) -> None:
    async with faulty() as server:
        await ask(make(), of(server))
        assert qname(server.asked[0][0]) == names.from_text("www.example.com")


async def test_one_that_folds_is_spared_the_case(make: Make, clock: Clock) -> None:
    asked = make(mixed_case=True)
    async with faulty(folding, folding) as server:
        for name in ("one.example.com.", "two.example.com.", "three.example.com."):
            await ask(asked, of(server), name)
        assert len(server.asked_streams) == 1
        assert [qname(packet).islower() for packet, _ in server.asked] == [False, True, True]
        clock.now += upstream_client.LIMITATION_LIFETIME
        await ask(asked, of(server))
        assert len(server.asked_streams) == 2


async def test_a_forger_who_has_guessed_all_but_the_case(make: Make) -> None:
    async def lucky(packet: bytes, peer: Peer) -> None:
        evil = upstream.recorded_response(packet).replace(ADDRESS, bytes(4))
        peer.send(evil[:12] + qname(evil).swapcase() + evil[12 + len(qname(evil)) :])

    asked = make(mixed_case=True)
    async with faulty(lucky) as server:
        for number in range(20):
            await ask(asked, of(server), f"w{number}.example.com.")
        assert len(server.asked_streams) == 20, "he has not made us send folded names"


# Whatever comes


@given(st.data())
async def test_nothing_but_upstream_errors(data: st.DataObject) -> None:
    """An answer with some bytes changed, over UDP and then over TCP."""
    changes = data.draw(st.lists(st.tuples(st.integers(2, 60), st.integers(0, 255)), max_size=4))

    async def changed(packet: bytes, peer: Peer) -> None:
        answer = bytearray(upstream.recorded_response(packet))
        for at, value in changes:
            answer[at] = value
        peer.send(bytes(answer))

    asked = UpstreamClient(ForwardOptions(mixed_case=True))
    async with nothing_left(), faulty(changed, changed) as server:
        try:
            await asked.exchange(of(server), question(), 0.02)
        except UpstreamError as error:
            assert str(error)
        asked.close()


async def test_many_questions_through_everything_that_goes_wrong(make: Make) -> None:
    chance = random.Random(5)
    lost = set()

    async def anything(packet: bytes, peer: Peer) -> None:
        fate = chance.random()
        name = qname(packet).lower()
        if fate < 0.02 and name not in lost:  # losing both would be an error
            lost.add(name)
            return
        if fate < 0.04:
            await forged(packet, peer)
        elif fate < 0.08:
            await truncated(packet, peer)
        else:
            await asyncio.sleep(chance.random() / 50)
            await right(packet, peer)

    async def hanging_up(packet: bytes, peer: Peer) -> None:
        await right(packet, peer)
        if chance.random() < 0.1:
            peer.end()

    asked = make(mixed_case=True)
    async with faulty(anything, hanging_up) as server:
        limit = asyncio.Semaphore(30)

        async def one(number: int) -> None:
            async with limit:
                found = await asked.exchange(of(server), question(f"w{number}.example.com."), 4.0)
                assert is_right(found)

        await asyncio.gather(*(one(number) for number in range(400)))
    assert asked.counts.ignored_datagrams and asked.counts.truncated_responses
    assert asked.counts.opened_connections < asked.counts.tcp_queries


async def test_cancelled_nothing_is_left(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pipelined_connection, "IDLE_TIMEOUT", 0.1
    )  # a new connection waits so long for whoever needs it next
    certificate, key = make_certificate(tmp_path)
    pair = str(certificate), str(key)
    asked = make(ca=pair[0], mixed_case=True)
    async with faulty(truncated, silent) as server, faulty(silent, silent, pair) as secured:
        there = of(server), of(secured), of(secured, tls=True)
        for moment in (0.0, 0.001, 0.01, 0.05):
            async with nothing_left():
                asking = [asyncio.ensure_future(asked.exchange(one, question(), LONG)) for one in there * 5]
                await asyncio.sleep(moment)
                for task in asking:
                    task.cancel()
                done, _ = await asyncio.wait(asking)
                assert all(task.cancelled() for task in done)


# A real one


LOCAL = """
local-zone: "example." static
local-data: "example. 300 SOA ns.example. hostmaster.example. 1 7200 1800 86400 60"
local-data: "www.example. 300 A 192.0.2.53"
"""


async def test_unbound(make: Make, tmp_path: Path) -> None:
    """Over UDP, over TCP after TC, and over TLS."""
    programs.need(programs.unbound())
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    (tmp_path / "local").write_text(
        LOCAL + "\n".join(f'local-data: "large.example. 300 TXT {number}{"." * 200}"' for number in range(20))
    )
    over_tls = f"interface: 127.0.0.1@{port}\ntls-port: {port}"
    unbound = programs.unbound(over_tls, f"tls-service-key: {key}\ntls-service-pem: {certificate}")
    asked = make(ca=str(certificate), mixed_case=True)
    async with peers.running(unbound, tmp_path, {"example.": tmp_path / "local"}) as at:
        there = (Upstream(*at), Upstream("127.0.0.1", port, tls=True))
        await ask(asked, there[0], "www.example.")
        for one in there:
            many = (asked.exchange(one, question("large.example.", records.TXT), LONG) for _ in range(20))
            for found in await asyncio.gather(*many):
                assert len(found.sections.answer) == 20
            await ask(asked, one, "www.example.")
            assert (await asked.exchange(one, question("no.example."), LONG)).rcode == records.NXDOMAIN
    counts = asked.counts
    assert (counts.tcp_queries, counts.truncated_responses, counts.tls_queries) == (20, 20, 22)
    assert counts.opened_connections < 10
