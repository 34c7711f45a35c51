"""Whom to ask, over real sockets: by suffix, and after one that fails or keeps silent."""

import asyncio
import time

import dns.message
import dns.rrset
import pytest
from dns.message import Message

from svcdns.dns.wire import messages, names, records
from svcdns.forward.dispatcher import MAX_DOWN_ATTEMPTS
from svcdns.forward.options import ForwardOptions, Route, Upstream
from svcdns.forward.upstream_client import UpstreamClients
from tests.forward.fake_upstreams import (
    cut_off,
    failing,
    fine,
    good,
    silent,
    truncated,
)
from tests.forward.test_upstream_probes import of, this_server
from tests.forward.transport_helpers import question, until
from tests.forward.watched_dispatcher import (
    CORP,
    QUICK,
    QUIET,
    ROOT,
    Watched,
    addresses,
    answering,
    refusing,
    servers,
    users,
    watched,
)

# Routes


async def test_the_longest_suffix_is_asked() -> None:
    async with servers(answering("192.0.2.1"), answering("192.0.2.2")) as (default, corp):
        routes = Route(ROOT, (of(default),)), Route(CORP, (of(corp),))
        async with watched(*routes) as upstreams:
            assert addresses(await upstreams.resolve(question("a.corp.example."))) == ["192.0.2.2"]
            assert addresses(await upstreams.resolve(question("corp.example."))) == ["192.0.2.2"]
            assert addresses(await upstreams.resolve(question("evilcorp.example."))) == ["192.0.2.1"]
            assert upstreams.has_route(ROOT) and upstreams.has_route(CORP)


async def test_a_stub_whose_upstreams_are_down_never_goes_to_the_default_ones() -> None:
    async with servers(fine) as (default,):
        routes = Route(ROOT, (of(default),)), Route(CORP, (await refusing(),))
        async with watched(*routes) as upstreams:
            for _ in range(3):
                assert (await upstreams.resolve(question("a.corp.example."))).rcode == records.SERVFAIL
        assert default.asked == 0


async def test_names_that_nobody_is_asked_for() -> None:
    async with servers(fine) as (default,), watched(Route(ROOT, (of(default),)), Route(CORP)) as upstreams:
        assert upstreams.has_route(names.from_text("example."))
        assert not upstreams.has_route(names.from_text("a.corp.example."))
        assert (await upstreams.resolve(question("a.corp.example."))).rcode == records.SERVFAIL
    assert default.asked == 0


async def test_the_default_route_may_be_missing_and_forbids_nothing() -> None:
    async with watched(
        Route(CORP), Route(names.from_text("corp.test."), (Upstream("192.0.2.1"),))
    ) as upstreams:
        never = [
            text
            for text in ("a.corp.example.", "corp.test.", "example.")
            if upstreams.is_never_forwarded(names.from_text(text))
        ]
        assert never == ["a.corp.example."]


async def test_without_a_default_route_other_names_have_nobody() -> None:
    async with servers(fine) as (corp,), watched(Route(CORP, (of(corp),))) as upstreams:
        assert upstreams.has_route(names.from_text("a.corp.example."))
        assert not upstreams.has_route(names.from_text("example."))
        found = await upstreams.resolve(question("example."))
        assert found.rcode == records.SERVFAIL and found.extended_errors
        assert corp.asked == 0


# One question in turn


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR", "NOTAUTH"])
async def test_the_next_is_asked_after_a_failure(rcode: str) -> None:
    async with servers(failing(rcode), fine) as (bad, other), watched(bad, other) as upstreams:
        assert addresses(await upstreams.resolve(question()))
        assert bad.asked and other.asked == 1
        assert all(state.is_up for state in upstreams.snapshot()), "any response is a sign of life"
        assert [state.failure_count for state in upstreams.snapshot()] == [1, 0]


def referring(query: Message) -> list[bytes]:
    reply = dns.message.make_response(query)
    reply.authority.append(dns.rrset.from_text("example.com.", 60, "IN", "NS", "ns.example.com."))
    return [reply.to_wire()]


async def test_a_server_that_does_not_resolve_is_followed_by_the_next() -> None:
    async with servers(referring, fine) as both, watched(*both) as upstreams:
        assert addresses(await upstreams.resolve(question()))
    async with servers(referring) as (only,), watched(only) as upstreams:
        found = await upstreams.resolve(question())
        assert found.rcode == records.SERVFAIL
        assert found.extended_errors and "referral" in found.extended_errors[0][1]


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
        found = await upstreams.resolve(question())
        assert (found.rcode, found.sections, found.failure_reason) == (wanted, messages.Sections(), None)
        ((code, text),) = found.extended_errors
        assert code == messages.NETWORK_ERROR
        for server in all_of_them:
            assert f"{of(server)}: says " in text


async def test_what_one_says_is_worth_more_than_our_own_failure() -> None:
    async with servers(failing("REFUSED"), silent) as both, watched(*both, per_try=0.2) as upstreams:
        assert (await upstreams.resolve(question())).rcode == records.REFUSED


async def test_nobody_answers() -> None:
    async with servers(silent) as (one,):
        gone = await refusing()
        async with watched(Route(ROOT, (of(one), gone)), per_try=0.2) as upstreams:
            began = time.monotonic()
            found = await upstreams.resolve(question())
            assert time.monotonic() - began < 5
            assert found.rcode == records.SERVFAIL and found.extended_errors
            code, text = found.extended_errors[0]
            assert code == messages.NO_REACHABLE_AUTHORITY
            assert f"{of(one)}: " in text and f"{gone}: " in text


async def test_nobody_listens() -> None:
    async with watched(Route(ROOT, (await refusing(),))) as upstreams:
        found = await upstreams.resolve(question())
        assert found.extended_errors and found.extended_errors[0][0] == messages.NETWORK_ERROR


async def test_a_long_reason_is_cut() -> None:
    gone = tuple([await refusing() for _ in range(20)])
    async with watched(Route(ROOT, gone)) as upstreams:
        found = await upstreams.resolve(question())
        assert (
            found.extended_errors
            and len(found.extended_errors[0][1]) <= 180
            and found.extended_errors[0][1].endswith("...")
        )


async def test_one_that_keeps_silent_is_asked_once_more() -> None:
    lost = iter((silent, silent, silent, fine))
    async with servers(lambda query: next(lost)(query)) as (only,), watched(only, per_try=0.2) as upstreams:
        assert addresses(await upstreams.resolve(question()))
        assert upstreams.snapshot()[0].unanswered_count == 1


async def test_a_try_leaves_time_for_a_second_one() -> None:
    async with servers(silent, fine) as both:
        clients = UpstreamClients()
        options = ForwardOptions(policy="sequential", timeout=0.4, attempts=0.4 / 60)
        upstreams = Watched([Route(ROOT, tuple(map(of, both)), options=options)], clients, QUIET)
        assert addresses(await upstreams.resolve(question()))
        clients.close()


async def test_other_names_are_not_let_in() -> None:
    def poisoning(query: Message) -> list[bytes]:
        reply = dns.message.from_wire(good(query))
        reply.answer.append(dns.rrset.from_text("bank.example.", 60, "IN", "A", "192.0.2.66"))
        reply.additional.append(dns.rrset.from_text("bank.example.", 60, "IN", "A", "192.0.2.66"))
        return [reply.to_wire()]

    async with servers(poisoning) as (only,), watched(only) as upstreams:
        found = await upstreams.resolve(question())
        assert addresses(found) == ["192.0.2.1"] and not found.sections.additional


# Bounds, and the end


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


@pytest.mark.parametrize("fail_fast", [False, True])
async def test_all_that_are_down_cost_little(fail_fast: bool) -> None:
    """By default they are tried for a moment; or not at all."""
    async with servers(silent) as (only,):
        options = ForwardOptions(timeout=4, fail_fast=fail_fast)
        route = Route(ROOT, (of(only),), options=options)
        async with watched(route) as upstreams:
            pool = upstreams.pool_for(ROOT)
            pool.servers[0].record_failure(time.monotonic(), True, "nobody listens", b"\0")
            users(only)
            answer = await upstreams.resolve(question())
            assert answer.rcode == records.SERVFAIL
            assert bool(only.asked) != fail_fast
            if fail_fast:
                assert "are down" in answer.extended_errors[0][1]

            only.behave = fine
            assert bool(addresses(await upstreams.resolve(question()))) != fail_fast


async def test_of_a_flood_only_some_try_upstreams_that_are_down() -> None:
    options = ForwardOptions(timeout=4)
    async with servers(silent) as (only,), watched(Route(ROOT, (of(only),), options=options)) as upstreams:
        pool = upstreams.pool_for(ROOT)
        pool.servers[0].record_failure(time.monotonic(), True, "nobody listens", b"\0")
        flood = [asyncio.create_task(upstreams.resolve(question())) for _ in range(100)]
        answers = await asyncio.gather(*flood)
        texts = [answer.extended_errors[0][1] for answer in answers]
        assert sum("are down" in text for text in texts) == 100 - MAX_DOWN_ATTEMPTS

        only.behave = fine
        assert addresses(await upstreams.resolve(question())), "their places are free again"


# Parts


async def test_a_part_is_given_where_tcp_fails_and_nobody_has_the_whole() -> None:
    async with servers(cut_off, failing("SERVFAIL")) as (first, second), watched(first, second) as upstreams:
        first.over_tcp = silent  # it closes the connection
        for _ in range(3):
            found = await upstreams.resolve(question())
            assert (found.rcode, addresses(found), found.is_truncated) == (
                records.NOERROR,
                ["192.0.2.1"],
                True,
            )
            assert "cut off, and over TCP: it closed" in found.extended_errors[-1][1]
        assert not upstreams.told("down"), "it answers over UDP"
        second.behave = answering("192.0.2.2")
        found = await upstreams.resolve(question())
        assert (addresses(found), found.is_truncated) == (["192.0.2.2"], False)


async def test_a_part_without_a_record_is_none() -> None:
    async with servers(truncated) as (server,), watched(server) as upstreams:
        server.over_tcp = silent
        found = await upstreams.resolve(question())
        assert (found.rcode, found.is_truncated) == (records.SERVFAIL, False)
        assert not upstreams.told("down")
