"""What is given beyond its end, and what is asked for again before."""

import asyncio

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.message import Message

from svcdns.dns.wire import messages, records
from svcdns.forward.options import CacheOptions, ForwardOptions
from tests.forward.fake_upstreams import (
    Behaviour,
    cut_off,
    failing,
    fine,
    silent,
)
from tests.forward.running_forwarder import addresses, ede, outside
from tests.forward.transport_helpers import question


@pytest.mark.parametrize("behave", [silent, failing("SERVFAIL"), failing("REFUSED")])
async def test_stale_where_no_upstream_answers(behave: Behaviour) -> None:
    async with outside(fine) as made:
        await made.ask()
        await made.ask("no.example.com")
        made.now += 100
        made.server.behave = behave
        found = await made.ask()
        assert (addresses(found), ede(found)) == ([bytes((192, 0, 2, 1))], messages.STALE_ANSWER)
        assert found.sections.answer[0].ttl == 30
        found = await made.ask("no.example.com")
        assert (found.rcode, ede(found)) == (records.NXDOMAIN, messages.STALE_NXDOMAIN)
        assert (await made.ask("never.asked.example.com")).rcode != records.NOERROR


async def test_a_stale_answer_comes_after_the_client_timer_and_a_late_one_is_kept() -> None:
    """RFC 8767 5: the client waits no longer, but the question goes on."""
    slow = ForwardOptions(timeout=5, attempts=1)
    async with outside(fine, slow, CacheOptions(client_timer=0.02)) as made:
        await made.ask()
        made.now += 100
        held: list[Message] = []

        def hold(query: Message) -> list[bytes]:
            held.append(query)
            return []

        made.server.behave = hold
        assert ede(await made.ask()) == messages.STALE_ANSWER
        assert len(held) == 1
        made.server.behave = fine
        while (await made.ask()).extended_errors:  # noqa: ASYNC110 - joins the flight, which sends once more after a while
            await asyncio.sleep(0.02)
        assert (await made.ask()).sections.answer[0].ttl == 60


async def test_after_a_failure_stale_answers_are_ready_at_once() -> None:
    """RFC 8767 5: no more than one try in 30 seconds."""
    async with outside(fine) as made:
        await made.ask()
        made.now += 100
        made.server.behave = failing("SERVFAIL")
        assert made.ready() is None
        await made.ask()
        asked = made.server.asked
        ready = made.ready()
        assert ready is not None
        assert ready[2] != messages.OPT_RECORDS
        assert ede(await made.ask()) == messages.STALE_ANSWER
        assert made.server.asked == asked
        made.server.behave = fine
        made.now += 31
        assert made.ready() is None
        assert not (await made.ask()).extended_errors


async def test_a_failure_never_replaces_an_answer() -> None:
    async with outside(fine) as made:
        await made.ask()
        made.server.behave = failing("SERVFAIL")
        made.now += 61
        for _ in range(3):
            assert addresses(await made.ask())
        made.server.behave = fine
        made.now += 31
        assert not (await made.ask()).extended_errors


async def test_without_serve_stale_a_failure_is_one() -> None:
    async with outside(fine, cache=CacheOptions(serve_stale=0)) as made:
        await made.ask()
        made.now += 61
        made.server.behave = failing("SERVFAIL")
        assert (await made.ask()).rcode == records.SERVFAIL


async def test_what_is_asked_often_is_asked_again_before_it_ends() -> None:
    async with outside(fine) as made:
        for _ in range(3):
            await made.ask()
            made.now += 1
        made.now = 157.0
        assert made.ready() is not None
        while made.forwarder.counts.prefetches and made.server.asked < 2:  # noqa: ASYNC110 - a real socket
            await asyncio.sleep(0.01)
        assert made.forwarder.counts.prefetches == 1
        made.now = 170.0
        await asyncio.sleep(0.05)
        found = await made.ask()
        assert (made.server.asked, found.extended_errors) == (2, ())
        assert found.sections.answer[0].ttl > 30


async def test_what_is_asked_seldom_is_not() -> None:
    async with outside(fine) as made:
        await made.ask()
        made.now = 157.0
        await made.ask()
        assert made.forwarder.counts.prefetches == 0


def chain(*links: str) -> Behaviour:
    """CNAMEs from the name that was asked for through these, and nothing of the last one."""

    def behave(query: Message) -> list[bytes]:
        reply = dns.message.make_response(query)
        owners = (query.question[0].name.to_text(), *links)
        for owner, target in zip(owners, links, strict=False):
            reply.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", target))
        return [reply.to_wire()]

    return behave


async def test_a_chain_without_an_end_is_kept_and_served_stale_but_is_no_whole_answer() -> None:
    async with outside(chain("a.example.com.", "b.example.com.")) as made:
        for now in (100, 130):
            made.now = now
            assert len((await made.ask()).sections.answer) == 2
            assert made.ready() is None, "what lies behind it is to be asked for"
        assert made.server.asked == 1
        made.now = 200
        made.server.behave = failing("SERVFAIL")
        found = await made.ask()
        assert (len(found.sections.answer), ede(found)) == (2, messages.STALE_ANSWER)


async def test_an_alias_that_was_asked_for_is_kept_and_served_stale() -> None:
    async with outside(chain("a.example.com.")) as made:
        alias = question("www.example.com", records.CNAME)
        await made.forwarder.resolve(alias)
        ready = made.forwarder.lookup_cached(alias.name + b"\0\5", 0x0100, -1)
        assert ready is not None and ready[2] == messages.OPT_RECORDS
        made.now = 200
        made.server.behave = failing("REFUSED")
        found = await made.forwarder.resolve(alias)
        assert (len(found.sections.answer), ede(found)) == (1, messages.STALE_ANSWER)
        assert made.forwarder.counts.upstream_lookups == 2


async def test_a_part_is_not_kept_and_an_old_answer_is_worth_more() -> None:
    async with outside(cut_off) as made:
        made.server.over_tcp = silent  # it closes the connection
        for _ in range(2):
            assert (await made.ask()).is_truncated
        assert len(made.forwarder.answer_cache) == 0
        made.server.behave = fine
        assert not (await made.ask()).is_truncated
        made.server.behave = cut_off
        made.now += 61
        found = await made.ask()
        assert (found.is_truncated, ede(found)) == (False, messages.STALE_ANSWER)
