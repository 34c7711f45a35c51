"""What a worker keeps of upstreams, and what it asks at once."""

import asyncio
import contextlib

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.message import Message

from svcdns.dns.table import rrset_encoding
from svcdns.dns.wire import messages, names, records
from svcdns.forward import cache_entry, forwarder
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.options import CacheOptions, ForwardOptions, Route
from svcdns.forward.options import Upstream as Address
from svcdns.forward.questions import Question
from svcdns.forward.upstream_client import UpstreamClients
from tests.forward.fake_upstreams import (
    failing,
    fine,
    good,
    silent,
    upstream,
)
from tests.forward.running_forwarder import addresses, ede, outside
from tests.forward.transport_helpers import question


async def test_an_answer_is_kept_and_its_ttl_counts_down() -> None:
    async with outside(fine) as made:
        assert addresses(await made.ask()) == [bytes((192, 0, 2, 1))]
        made.now += 10
        assert (await made.ask()).sections.answer[0].ttl == 50
        assert made.server.asked == 1
        made.now += 50
        assert (await made.ask()).sections.answer[0].ttl == 60
        assert made.server.asked == 2


async def test_a_negative_answer_lives_as_its_soa_says() -> None:
    async with outside(fine, cache=CacheOptions(serve_stale=0)) as made:
        assert (await made.ask("no.example.com")).rcode == records.NXDOMAIN
        made.now += 29
        await made.ask("no.example.com")
        assert made.server.asked == 1
        made.now += 1
        await made.ask("no.example.com")
        assert made.server.asked == 2


async def test_what_is_kept_is_ready_as_bytes() -> None:
    async with outside(fine) as made:
        assert made.ready() is None
        await made.ask()
        found = made.ready()
        assert found is not None
        flags, value, opts, given = found
        assert (flags, opts) == (records.NOERROR, messages.OPT_RECORDS)
        given.count += 1
        assert made.forwarder.counts.hits == 1, "who gives it counts it"
        assert value[0] == rrset_encoding.UPSTREAM
        ((record,), _, _) = rrset_encoding.decode_sections(names.from_text("www.example.com"), value)
        assert (record.ttl, record.rdata) == (60, bytes((192, 0, 2, 1)))
        made.now += 10.5
        again = made.ready()
        assert again is not None
        ((record,), _, _) = rrset_encoding.decode_sections(names.from_text("www.example.com"), again[1])
        assert record.ttl == 50
        assert made.ready(do=1) is None, "an answer for others (CVE-2024-0874)"
        made.now += 60
        assert made.ready() is None, "it has ended, and nobody knows that none comes"
        assert made.server.asked == 1


async def test_equal_questions_share_one_flight() -> None:
    async with outside(fine) as made:
        await asyncio.gather(*(made.ask() for _ in range(100)))
        assert made.server.asked == 1


async def test_checking_disabled_and_dnssec_ok_are_other_questions() -> None:
    async with outside(fine) as made:
        name = names.from_text("www.example.com")
        for cd in (False, True):
            for do in (False, True):
                await made.forwarder.resolve(Question(name, records.A, cd, do))
        assert made.server.asked == 4


async def test_a_client_that_goes_does_not_end_the_flight() -> None:
    async with outside(fine) as made:
        impatient = asyncio.create_task(made.ask())
        await asyncio.sleep(0)
        impatient.cancel()
        assert addresses(await made.ask())
        assert made.server.asked == 1


async def test_too_many_in_flight_are_refused_and_not_kept() -> None:
    options = ForwardOptions(timeout=0.5, attempts=2.5, in_flight=5)
    async with outside(silent, options) as made:
        found = await asyncio.gather(*(made.ask(f"w{number}.example.com") for number in range(8)))
        assert [ede(answer) for answer in found].count(messages.NETWORK_ERROR) == 3
        assert made.forwarder.counts.rejected_queries == 3
        assert len(made.forwarder.answer_cache) == 0


async def test_addresses_of_one_name_are_given_in_any_order() -> None:
    def several(query: Message) -> list[bytes]:

        reply = dns.message.make_response(query)
        addresses = [f"192.0.2.{number}" for number in range(1, 9)]
        reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", *addresses))
        return [reply.to_wire()]

    async with outside(several) as made:
        await made.ask()
        found = made.ready()
        assert found is not None
        assert found[1][0] == rrset_encoding.SHUFFLE


@pytest.mark.parametrize("rcode", ["NOERROR", "NXDOMAIN"])
async def test_a_name_of_ours_is_not_theirs_to_answer(rcode: str) -> None:
    """A CNAME into the cluster: what they say of its end is dropped, and the hot path has no answer."""

    def into_ours(query: Message) -> list[bytes]:
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.from_text(rcode))
        name = query.question[0].name
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", "web.default.svc.cluster.local."))
        reply.answer.append(
            dns.rrset.from_text("web.default.svc.cluster.local.", 60, "IN", "A", "192.0.2.66")
        )
        return [reply.to_wire()]

    async with outside(into_ours) as made:
        ours = names.from_text("cluster.local.")
        made.forwarder._is_local = lambda name: names.is_subdomain(name, ours)
        for _ in range(2):
            found = await made.ask()
            assert (found.rcode, [record.type for record in found.sections.answer]) == (
                records.NOERROR,
                [records.CNAME],
            )
            assert made.ready() is None
        assert made.server.asked == 1


async def test_bounds_hold_for_the_first_answer_too() -> None:
    async with outside(fine, cache=CacheOptions(min_ttl=100, max_negative_ttl=100)) as made:
        assert (await made.ask()).sections.answer[0].ttl == 100
    async with outside(fine, cache=CacheOptions(max_negative_ttl=10)) as made:
        assert (await made.ask("no.example.com")).sections.authority[0].ttl == 10


async def test_what_an_upstream_says_of_its_answer_is_kept_with_it() -> None:
    def blocked(query: Message) -> list[bytes]:
        reply = dns.message.from_wire(good(query))
        errors = [(15, "a list of ours"), (4, None)]
        options: list[dns.edns.Option] = [
            dns.edns.EDEOption(dns.edns.EDECode(code), text) for code, text in errors
        ]
        reply.use_edns(0, options=options)
        return [reply.to_wire()]

    async with outside(blocked) as made:
        at = "{}:{}".format(*made.server.address)
        errors = ((15, f"{at}: a list of ours"), (4, at))
        assert (await made.ask()).extended_errors == errors
        assert (await made.ask()).extended_errors == errors
        ready = made.ready()
        assert ready is not None and ready[2] == messages.encode_opt_records(*errors)
        made.now = 200
        made.server.behave = failing("SERVFAIL")
        assert (await made.ask()).extended_errors == cache_entry.STALE_ERRORS


async def test_ad_is_for_those_who_want_to_know() -> None:
    """RFC 6840 5.7, 5.8: one answer is kept for all of them, and upstreams are always asked for AD."""
    asked: list[Message] = []

    def authentic(query: Message) -> list[bytes]:
        asked.append(query)
        reply = dns.message.from_wire(good(query))
        reply.flags |= dns.flags.AD
        return [reply.to_wire()]

    async with outside(authentic) as made:
        await made.ask()
        assert [bool(query.flags & dns.flags.AD) for query in asked] == [True]
        name_and_type = names.from_text("www.example.com") + b"\0\1"
        for flags, do, wanted in (
            (0, -1, 0),
            (messages.AD, -1, messages.AD),
            (0, 0, 0),
            (messages.AD, 0, messages.AD),
        ):
            found = made.forwarder.lookup_cached(name_and_type, flags, do)
            assert found is not None and found[0] == wanted
        await made.forwarder.resolve(Question(names.from_text("www.example.com"), records.A, False, True))
        signed = made.forwarder.lookup_cached(name_and_type, 0, 1)
        assert signed is not None and signed[0] == messages.AD


async def test_a_silent_route_takes_no_other_routes_place() -> None:
    options = ForwardOptions(timeout=0.4, in_flight=5)
    async with upstream(silent) as silence, upstream(fine) as server:
        routes = (
            Route(names.ROOT, (Address(*server.address[:2]),), options=options),
            Route(names.from_text("corp"), (Address(*silence.address[:2]),), options=options),
        )
        loop = asyncio.get_running_loop()
        with contextlib.closing(UpstreamClients(loop.time)) as clients:
            upstreams = Dispatcher(routes, clients, loop.time, lambda note: None, b"key")
            both = Forwarder(CacheOptions(), upstreams, loop.time)
            waiting = [asyncio.create_task(both.resolve(question(f"w{n}.corp"))) for n in range(8)]
            await asyncio.sleep(0)
            assert addresses(await both.resolve(question("www.example.com")))
            failures = [answer.failure_reason for answer in await asyncio.gather(*waiting)]
        assert sorted(map(str, failures)) == ["no_answer"] * 5 + ["too_many"] * 3
        assert both.counts.rejected_queries == 3


async def test_one_client_leaves_places_for_others() -> None:
    options = ForwardOptions(timeout=0.4, in_flight=10)
    async with outside(silent, options) as made:
        resolve = made.forwarder.resolve
        many = [asyncio.create_task(resolve(question(f"w{n}.example.com"), "10.1.0.1")) for n in range(20)]
        await asyncio.sleep(0)
        assert (await resolve(question("www.example.com"), "10.1.0.2")).failure_reason == "no_answer"
        failures = [answer.failure_reason for answer in await asyncio.gather(*many)]
        assert sorted(map(str, failures)) == ["no_answer"] * 8 + ["too_many"] * 12


async def test_a_query_that_cannot_wait_gets_an_expired_answer_or_servfail() -> None:
    async with outside(fine) as made:
        assert made.forwarder.reject(question("www.example.com")).failure_reason == "too_many"
        await made.ask()
        made.now += 100
        assert ede(made.forwarder.reject(question("www.example.com"))) == messages.STALE_ANSWER
        assert made.forwarder.counts.rejected_queries == 2


async def test_no_more_queries_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a stale answer is there for get it; all are counted."""
    monkeypatch.setattr(forwarder, "MAX_WAITING_QUERIES", 20)
    options = ForwardOptions(timeout=0.4, in_flight=10)
    async with outside(fine, options, CacheOptions(client_timer=5.0)) as made:
        await made.ask("kept.example.com")
        made.now += 100
        made.server.behave = silent
        waiting = [asyncio.create_task(made.ask()) for _ in range(20)]
        await asyncio.sleep(0)
        assert (await made.ask()).failure_reason == "too_many"
        assert ede(await made.ask("kept.example.com")) == messages.STALE_ANSWER
        assert made.forwarder.counts.rejected_queries == 2
        assert {answer.failure_reason for answer in await asyncio.gather(*waiting)} == {"no_answer"}
