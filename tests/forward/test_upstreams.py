"""Whom to ask, over real sockets: upstreams that die, come back, refuse, lead back here and disagree."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import dns.message
import dns.rrset
import pytest
from dns.message import Message

from svcdns.dns import names, records, wire
from svcdns.forward.exchange import Exchange
from svcdns.forward.member import Member
from svcdns.forward.notes import Note
from svcdns.forward.question import Answer, Question
from svcdns.forward.settings import Asking, Forwarding, Policy, Route, Upstream
from svcdns.forward.tending import Pace
from svcdns.forward.upstreams import Upstreams
from tests.forward.test_probe import KEY, of, this_server
from tests.forward.upstreams import Behaviour, failing, good
from tests.forward.upstreams import Upstream as Server
from tests.forward.upstreams import upstream as serve

ROOT = names.ROOT
CORP = names.from_text("corp.example.")
QUICK = Pace(files=0.02, first_probe=0.02, slowest_probe=0.05, left_out=0.05)
QUIET = Pace(files=60.0, first_probe=600.0, slowest_probe=600.0, left_out=600.0)
"""Nothing happens in the background after the start."""


def fine(query: Message) -> list[bytes]:
    return [good(query)]


def silent(query: Message) -> list[bytes]:
    return []


def question(text: str = "www.example.com.") -> Question:
    return Question(names.from_text(text), records.A, False, False)


def addresses(answer: Answer) -> list[str]:
    return [socket.inet_ntoa(record.rdata) for record in answer.sections.answer]


def users(server: Server) -> Server:
    """Count what is asked from now on."""
    server.asked = 0
    return server


class Watched(Upstreams):
    """With the notes that it told."""

    def __init__(self, forwarding: Forwarding, exchange: Exchange, pace: Pace) -> None:
        self.notes: list[Note] = []
        super().__init__(forwarding, exchange, time.monotonic, self.notes.append, KEY, pace)

    def told(self, kind: str) -> list[str]:
        return [note.text for note in self.notes if note.kind == kind]


@contextlib.asynccontextmanager
async def watched(
    *given: Route | Server,
    policy: Policy = "sequential",
    pace: Pace = QUIET,
    start: bool = False,
    per_try: float = 1.0,
) -> AsyncIterator[Watched]:
    """The default route to these servers, or these routes."""
    servers = [of(one) for one in given if isinstance(one, Server)]
    routes = [one for one in given if isinstance(one, Route)] or [Route(ROOT, tuple(servers))]
    asking = Asking(policy, per_try, 2.5 * per_try)
    exchange = Exchange(asking)
    made = Watched(Forwarding(tuple(routes), asking), exchange, pace)
    if start:
        made.start()
    try:
        yield made
    finally:
        made.close()
        exchange.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - a poll, for some turns
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def servers(*behaviours: Behaviour) -> AsyncIterator[list[Server]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serve(behave)) for behave in behaviours]


async def refusing() -> Upstream:
    """Nobody listens there."""
    async with serve(fine) as server:
        return of(server)


def answering(address: str) -> Behaviour:
    return lambda query: [good(query, address=address)]


# Routes


async def test_the_longest_suffix_is_asked() -> None:
    async with servers(answering("192.0.2.1"), answering("192.0.2.2")) as (default, corp):
        routes = Route(ROOT, (of(default),)), Route(CORP, (of(corp),))
        async with watched(*routes) as upstreams:
            assert addresses(await upstreams.ask(question("a.corp.example."))) == ["192.0.2.2"]
            assert addresses(await upstreams.ask(question("corp.example."))) == ["192.0.2.2"]
            assert addresses(await upstreams.ask(question("evilcorp.example."))) == ["192.0.2.1"]
            assert upstreams.has_route(ROOT) and upstreams.has_route(CORP)


async def test_a_stub_whose_upstreams_are_down_never_goes_to_the_default_ones() -> None:
    async with servers(fine) as (default,):
        routes = Route(ROOT, (of(default),)), Route(CORP, (await refusing(),))
        async with watched(*routes) as upstreams:
            for _ in range(3):
                assert (await upstreams.ask(question("a.corp.example."))).rcode == records.SERVFAIL
        assert default.asked == 0


async def test_names_that_nobody_is_asked_for() -> None:
    async with servers(fine) as (default,), watched(Route(ROOT, (of(default),)), Route(CORP)) as upstreams:
        assert upstreams.has_route(names.from_text("example."))
        assert not upstreams.has_route(names.from_text("a.corp.example."))
        assert (await upstreams.ask(question("a.corp.example."))).rcode == records.SERVFAIL
    assert default.asked == 0


async def test_without_a_default_route_other_names_have_nobody() -> None:
    async with servers(fine) as (corp,), watched(Route(CORP, (of(corp),))) as upstreams:
        assert upstreams.has_route(names.from_text("a.corp.example."))
        assert not upstreams.has_route(names.from_text("example."))
        found = await upstreams.ask(question("example."))
        assert found.rcode == records.SERVFAIL and found.errors
        assert corp.asked == 0


# One question in turn


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR", "NOTAUTH"])
async def test_the_next_is_asked_after_a_failure(rcode: str) -> None:
    async with servers(failing(rcode), fine) as (bad, other), watched(bad, other) as upstreams:
        assert addresses(await upstreams.ask(question()))
        assert bad.asked and other.asked == 1
        assert all(state.up for state in upstreams.snapshot()), "any response is a sign of life"
        assert [state.failures for state in upstreams.snapshot()] == [1, 0]


def referring(query: Message) -> list[bytes]:
    reply = dns.message.make_response(query)
    reply.authority.append(dns.rrset.from_text("example.com.", 60, "IN", "NS", "ns.example.com."))
    return [reply.to_wire()]


async def test_a_server_that_does_not_resolve_is_followed_by_the_next() -> None:
    async with servers(referring, fine) as both, watched(*both) as upstreams:
        assert addresses(await upstreams.ask(question()))
    async with servers(referring) as (only,), watched(only) as upstreams:
        found = await upstreams.ask(question())
        assert found.rcode == records.SERVFAIL
        assert found.errors and "referral" in found.errors[0][1]


@pytest.mark.parametrize(
    ("rcodes", "wanted"),
    [
        (("SERVFAIL", "REFUSED"), records.SERVFAIL),
        (("REFUSED", "SERVFAIL"), records.SERVFAIL),
        (("NOTIMP", "REFUSED"), records.REFUSED),
        (("REFUSED",), records.REFUSED),
        (("BADVERS",), records.SERVFAIL),
    ],
)
async def test_what_they_say_is_said_where_all_fail(rcodes: tuple[str, ...], wanted: int) -> None:
    async with servers(*map(failing, rcodes)) as all_of_them, watched(*all_of_them) as upstreams:
        found = await upstreams.ask(question())
        assert (found.rcode, found.sections, found.failure) == (wanted, wire.Sections(), None)
        ((code, text),) = found.errors
        assert code == wire.NETWORK_ERROR
        for server in all_of_them:
            assert f"{of(server)}: says " in text


async def test_what_one_says_is_worth_more_than_our_own_failure() -> None:
    async with servers(failing("REFUSED"), silent) as both, watched(*both, per_try=0.2) as upstreams:
        assert (await upstreams.ask(question())).rcode == records.REFUSED


async def test_nobody_answers() -> None:
    async with servers(silent) as (one,):
        gone = await refusing()
        async with watched(Route(ROOT, (of(one), gone)), per_try=0.2) as upstreams:
            began = time.monotonic()
            found = await upstreams.ask(question())
            assert time.monotonic() - began < 5
            assert found.rcode == records.SERVFAIL and found.errors
            code, text = found.errors[0]
            assert code == wire.NO_REACHABLE_AUTHORITY
            assert f"{of(one)}: " in text and f"{gone}: " in text


async def test_nobody_listens() -> None:
    async with watched(Route(ROOT, (await refusing(),))) as upstreams:
        found = await upstreams.ask(question())
        assert found.errors and found.errors[0][0] == wire.NETWORK_ERROR


async def test_a_long_reason_is_cut() -> None:
    gone = tuple([await refusing() for _ in range(20)])
    async with watched(Route(ROOT, gone)) as upstreams:
        found = await upstreams.ask(question())
        assert found.errors and len(found.errors[0][1]) <= 180 and found.errors[0][1].endswith("...")


async def test_one_that_keeps_silent_is_asked_once_more() -> None:
    lost = iter((silent, silent, silent, fine))
    async with servers(lambda query: next(lost)(query)) as (only,), watched(only, per_try=0.2) as upstreams:
        assert addresses(await upstreams.ask(question()))
        assert upstreams.snapshot()[0].unanswered == 1


async def test_a_try_leaves_time_for_a_second_one() -> None:
    async with servers(silent, fine) as both:
        exchange = Exchange(Asking())
        asking = Asking("sequential", per_try=60.0, in_all=0.4)
        forwarding = Forwarding((Route(ROOT, tuple(map(of, both))),), asking)
        upstreams = Watched(forwarding, exchange, QUIET)
        assert addresses(await upstreams.ask(question()))
        exchange.close()


async def test_other_names_are_not_let_in() -> None:
    def poisoning(query: Message) -> list[bytes]:
        reply = dns.message.from_wire(good(query))
        reply.answer.append(dns.rrset.from_text("bank.example.", 60, "IN", "A", "192.0.2.66"))
        reply.additional.append(dns.rrset.from_text("bank.example.", 60, "IN", "A", "192.0.2.66"))
        return [reply.to_wire()]

    async with servers(poisoning) as (only,), watched(only) as upstreams:
        found = await upstreams.ask(question())
        assert addresses(found) == ["192.0.2.1"] and not found.sections.additional


# Health


async def test_one_that_is_down_gets_no_user_question() -> None:
    async with servers(silent, fine) as (dead, other), watched(dead, other, per_try=0.2) as upstreams:
        for _ in range(2):
            assert addresses(await upstreams.ask(question()))
        assert [state.up for state in upstreams.snapshot()] == [False, True]
        users(dead)
        for _ in range(5):
            assert addresses(await upstreams.ask(question()))
        other.behave = failing("SERVFAIL")
        assert (await upstreams.ask(question())).rcode == records.SERVFAIL
        assert dead.asked == 0
        assert upstreams.told("down") == [f"upstream {of(dead)} is down: no answer within 0.2 s"]


async def test_a_refusal_is_down_at_once() -> None:
    gone = await refusing()
    async with servers(fine) as (other,), watched(Route(ROOT, (gone, of(other)))) as upstreams:
        assert addresses(await upstreams.ask(question()))
        assert [state.up for state in upstreams.snapshot()] == [False, True]
        assert [note.about for note in upstreams.notes] == [str(gone)]


async def test_one_slow_name_makes_no_upstream_down() -> None:
    async with servers(silent) as (only,), watched(only, per_try=0.2) as upstreams:
        await upstreams.ask(question())
        assert upstreams.snapshot()[0].unanswered == 2
        assert upstreams.snapshot()[0].up


async def test_all_that_are_down_are_tried() -> None:
    async with servers(silent, silent) as both, watched(*both, per_try=0.2) as upstreams:
        for _ in range(3):
            await upstreams.ask(question())
        assert not any(state.up for state in upstreams.snapshot())
        both[1].behave = fine
        assert addresses(await upstreams.ask(question()))
        assert [state.up for state in upstreams.snapshot()] == [False, True]
        assert upstreams.told("up") == [f"upstream {of(both[1])} is up again"]


async def test_a_probe_brings_one_back() -> None:
    async with (
        servers(fine, fine) as (one, other),
        watched(one, other, pace=QUICK, start=True, per_try=0.2) as upstreams,
    ):
        one.behave = silent
        for _ in range(2):
            assert addresses(await upstreams.ask(question()))
        await until(lambda: one.asked > 8)
        assert upstreams.told("down") and not upstreams.told("up")
        one.behave = failing("REFUSED")
        await until(lambda: upstreams.told("up"))
        await asyncio.sleep(0.1)
        users(one), users(other)
        await asyncio.sleep(0.2)
        assert one.asked == other.asked == 0, "no probe while it is up"


async def test_random_and_round_robin_ask_all() -> None:
    for policy in ("random", "round_robin"):
        async with servers(fine, fine, fine) as three, watched(*three, policy=policy) as upstreams:
            for _ in range(60):
                await upstreams.ask(question())
            assert all(server.asked for server in three)
            if policy == "round_robin":
                assert [server.asked for server in three] == [20, 20, 20]


def test_only_users_answers_make_the_pauses_short_again() -> None:
    member = Member(Upstream("127.0.0.1"), ROOT, lambda note: None)
    member.failed(1.0, True, "nobody listens")
    member.attempts = 5
    member.revived(2.0, 2.0)
    assert member.health.up and member.attempts == 5
    member.failed(3.0, True, "nobody listens")
    assert member.attempts == 5
    member.answered(4.0, 4.0)
    assert member.health.up and member.attempts == 0


# Loops


async def test_an_upstream_that_leads_back_is_left_out() -> None:
    async with servers(this_server, fine) as (back, other), watched(back, other, start=True) as upstreams:
        await until(lambda: upstreams.told("loop"))
        users(back)
        for _ in range(5):
            assert addresses(await upstreams.ask(question()))
        assert back.asked == 0
        assert [state.left_out for state in upstreams.snapshot()] == [True, False]
        assert upstreams.told("loop") == [
            f"upstream {of(back)} leads back to this server and is left out; give --forward the node's real "
            "resolver, on systemd hosts /run/systemd/resolve/resolv.conf"
        ]


async def test_all_lead_back() -> None:
    async with servers(this_server) as (back,), watched(Route(CORP, (of(back),)), start=True) as upstreams:
        await until(lambda: upstreams.told("loop"))
        found = await upstreams.ask(question("a.corp.example."))
        assert found.rcode == records.SERVFAIL and found.errors
        assert found.errors[0][1] == f"all upstreams of corp.example. lead back to this server: {of(back)}"
        assert "one that has corp.example. itself" in upstreams.told("loop")[0]


async def test_a_loop_that_ends() -> None:
    async with (
        servers(this_server) as (back,),
        watched(back, pace=QUICK, start=True, per_try=0.2) as upstreams,
    ):
        await until(lambda: upstreams.told("loop"))
        back.behave = silent
        await asyncio.sleep(0.3)
        assert not upstreams.told("loop-ended"), "silence is no proof"
        back.behave = fine
        await until(lambda: upstreams.told("loop-ended"))
        assert addresses(await upstreams.ask(question()))
        assert len(upstreams.told("loop")) == 1


async def test_a_loop_that_comes_later_is_seen_when_its_questions_die() -> None:
    def looping(query: Message) -> list[bytes]:
        return this_server(query) if query.question[0].rdtype == records.TXT else []

    async with servers(fine) as (only,), watched(only, pace=QUIET, start=True, per_try=0.2) as upstreams:
        await until(lambda: only.asked >= 3)
        only.behave = looping
        for _ in range(2):
            await upstreams.ask(question())
        await until(lambda: upstreams.told("loop"))
        assert not upstreams.told("up")


# Disagreement


async def test_mixed_upstreams_are_told_once() -> None:
    mixed = servers(fine, failing("NXDOMAIN"), this_server, silent)
    async with mixed as found, watched(*found, pace=QUICK, start=True, per_try=0.2) as upstreams:
        await until(lambda: upstreams.told("disagree"))
        await asyncio.sleep(0.1)
        (text,) = upstreams.told("disagree")
        assert text.endswith(f"{of(found[0])} says NOERROR with an answer, {of(found[1])} says NXDOMAIN")


# Files


async def test_a_resolv_conf_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"

    def write(*hosts: str) -> None:
        path.with_suffix(".new").write_text("".join(f"nameserver {host}\n" for host in hosts))
        path.with_suffix(".new").replace(path)

    write("127.0.9.1", "x")
    others = asyncio.all_tasks()
    async with watched(Route(ROOT, (), (str(path),)), pace=QUICK, start=True) as upstreams:
        assert upstreams.told("resolv-conf") == [f"{path}:2: nameserver 'x' is no IP address"]
        write("127.0.9.2", "127.0.9.1")
        await until(lambda: len(upstreams.snapshot()) == 2)
        assert upstreams.told("resolv-conf")[1:] == ["the upstreams are now 127.0.9.2:53, 127.0.9.1:53"]
        path.unlink()
        await until(lambda: len(upstreams.told("resolv-conf")) == 3)
        assert len(upstreams.snapshot()) == 2
        write("127.0.9.2")
        await until(lambda: len(upstreams.snapshot()) == 1)
        await until(lambda: len(asyncio.all_tasks() - others) == 2)  # the file, and who stayed


async def test_a_file_without_upstreams(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("search example.\n")
    async with watched(Route(ROOT, (), (str(path),))) as upstreams:
        assert upstreams.has_route(names.from_text("example."))
        found = await upstreams.ask(question())
        assert found.errors and found.errors[0][1] == f"there are no upstreams; no nameserver in {path}"


async def test_too_many_upstreams() -> None:
    many = tuple(Upstream(f"192.0.2.{number}") for number in range(40))
    async with watched(Route(ROOT, many)) as upstreams:
        assert len(upstreams.snapshot()) == 32
        assert upstreams.told("resolv-conf") == ["only the first 32 of 40 upstreams are asked"]


async def test_close_ends_everything() -> None:
    before = asyncio.all_tasks()
    async with (
        servers(silent, this_server) as both,
        watched(*both, pace=QUICK, start=True, per_try=0.2) as upstreams,
    ):
        await until(lambda: upstreams.told("loop"))
    await asyncio.sleep(0)
    await until(lambda: asyncio.all_tasks() <= before)
