"""Each route has its own options, beside others: policy, times, bound, CA, and the case of names."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from dns.message import Message
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svcdns.dns.wire import names, records
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.options import NOT_KEPT, CacheOptions, ForwardOptions, Route
from svcdns.forward.options import Upstream as Address
from svcdns.forward.upstream_client import UpstreamClients
from tests.certificates import make_certificate
from tests.forward.fake_upstreams import fine, good, silent
from tests.forward.test_upstream_probes import of
from tests.forward.transport_helpers import question
from tests.forward.watched_dispatcher import addresses, answering, servers
from tests.upstream import faulty

CORP = names.from_text("corp.example.")
QUICK = ForwardOptions(timeout=0.2)


@contextlib.asynccontextmanager
async def dispatching(*routes: Route) -> AsyncIterator[Dispatcher]:
    clients = UpstreamClients()
    made = Dispatcher(routes, clients, asyncio.get_running_loop().time, lambda note: None, b"key")
    with contextlib.closing(clients), contextlib.closing(made):
        yield made


async def test_policies() -> None:
    async with servers(answering("192.0.2.1"), answering("192.0.2.2")) as both:
        given_servers = tuple(map(of, both))
        in_order = ForwardOptions(policy="sequential")
        in_turn = ForwardOptions(policy="round_robin")
        async with dispatching(
            Route(names.ROOT, given_servers, options=in_order), Route(CORP, given_servers, options=in_turn)
        ) as upstreams:
            first = [addresses(await upstreams.resolve(question(f"w{n}.example."))) for n in range(6)]
            corp = [addresses(await upstreams.resolve(question(f"w{n}.corp.example."))) for n in range(6)]
    assert first == [["192.0.2.1"]] * 6
    assert corp.count(["192.0.2.1"]) == corp.count(["192.0.2.2"]) == 3


async def test_timeouts() -> None:
    async with servers(silent) as (only,):
        slow = ForwardOptions(timeout=20)
        async with dispatching(
            Route(names.ROOT, (of(only),), options=slow), Route(CORP, (of(only),), options=QUICK)
        ) as upstreams:
            waiting = asyncio.create_task(upstreams.resolve(question("www.example.")))
            assert (await upstreams.resolve(question("w.corp.example."))).rcode == records.SERVFAIL
            assert not waiting.done()
            waiting.cancel()


async def test_questions_under_way() -> None:
    async with servers(silent) as (only,):
        few, many = replace(QUICK, in_flight=2), replace(QUICK, in_flight=4)
        routes = Route(names.ROOT, (of(only),), options=few), Route(CORP, (of(only),), options=many)
        async with dispatching(*routes) as upstreams:
            both = Forwarder(NOT_KEPT, upstreams, asyncio.get_running_loop().time)
            asked = [question(f"w{n}.{zone}") for zone in ("example.", "corp.example.") for n in range(8)]
            answers = await asyncio.gather(*map(both.resolve, asked))
    refused = [answer.failure_reason == "too_many" for answer in answers]
    assert (refused[:8].count(True), refused[8:].count(True)) == (6, 4)


async def test_certificate_authorities(tmp_path: Path) -> None:
    """That of one route's servers is good for no other route's."""
    pairs = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        certificate, key = make_certificate(folder)
        pairs.append((str(certificate), str(key)))
    (ours, _), (theirs, _) = pairs
    async with faulty(certificate=pairs[0]) as mine, faulty(certificate=pairs[1]) as other:
        to_mine = Address("127.0.0.1", mine.port, tls=True)
        to_other = Address("127.0.0.1", other.port, tls=True)
        async with dispatching(
            Route(names.ROOT, (to_mine,), options=ForwardOptions(ca=ours)),
            Route(CORP, (to_other,), options=ForwardOptions(ca=theirs)),
            Route(names.from_text("wrong."), (to_other,), options=ForwardOptions(ca=ours)),
        ) as upstreams:
            assert (await upstreams.resolve(question("www.example."))).rcode == records.NXDOMAIN
            assert (await upstreams.resolve(question("w.corp.example."))).rcode == records.NXDOMAIN
            wrong = await upstreams.resolve(question("w.wrong."))
    assert wrong.rcode == records.SERVFAIL
    assert "self-signed certificate" in wrong.extended_errors[0][1]


async def test_the_case_of_names() -> None:
    seen: list[bytes] = []

    def noting(query: Message) -> list[bytes]:
        seen.append(query.question[0].name.to_wire() or b"")
        return [good(query)]

    async with servers(noting) as (only,):
        mixed = ForwardOptions(mixed_case=True)
        routes = Route(names.ROOT, (of(only),), options=mixed), Route(CORP, (of(only),))
        async with dispatching(*routes) as upstreams:
            await upstreams.resolve(question("a-name-with-many-letters.corp.example."))
            await upstreams.resolve(question("a-name-with-many-letters.example."))
    plain, random = seen
    assert plain == plain.lower() and random != random.lower()


def test_routes_with_equal_options_share_connections() -> None:
    clients = UpstreamClients()
    assert clients.client_for(ForwardOptions()) is clients.client_for(ForwardOptions())
    assert clients.client_for(ForwardOptions()) is not clients.client_for(QUICK)


async def test_without_a_cache_nothing_is_kept() -> None:
    async with servers(fine) as (only,), dispatching(Route(names.ROOT, (of(only),))) as upstreams:
        made = Forwarder(NOT_KEPT, upstreams, asyncio.get_running_loop().time)
        for _ in range(2):
            assert (await made.resolve(question("www.example."))).rcode == records.NOERROR
        assert (only.asked, len(made.answer_cache)) == (2, 0)


@given(st.integers(0, 3600), st.integers(0, 3600), st.integers(0, 3600))
def test_ttls_that_do_not_go_together(least: int, most: int, negative: int) -> None:
    options = CacheOptions(min_ttl=least, max_ttl=most, max_negative_ttl=negative)
    assert bool(list(options.conflicts())) == (least > min(most, negative))
