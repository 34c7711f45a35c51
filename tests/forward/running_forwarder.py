"""A forwarder with one upstream, over real sockets; the time is the test's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from svcdns.dns.answer.answer_context import CachedAnswer
from svcdns.dns.wire import names
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.options import CacheOptions, ForwardOptions, Route
from svcdns.forward.options import Upstream as Address
from svcdns.forward.questions import UpstreamAnswer
from svcdns.forward.upstream_client import UpstreamClients
from tests.forward.fake_upstreams import Behaviour, Upstream, upstream
from tests.forward.transport_helpers import question

QUICK = ForwardOptions(timeout=0.5, attempts=2.5)


class Outside:
    """A forwarder with one upstream, and the clock of its cache."""

    def __init__(self, server: Upstream, options: ForwardOptions, cache: CacheOptions) -> None:
        self.now = 100.0
        self.server = server
        loop = asyncio.get_running_loop()
        route = Route(names.ROOT, (Address(*server.address[:2]),), options=options)
        clients = UpstreamClients(loop.time)
        upstreams = Dispatcher((route,), clients, loop.time, lambda note: None, b"key")
        self.forwarder = Forwarder(cache, upstreams, lambda: self.now)
        self.close = clients.close

    async def ask(self, text: str = "www.example.com") -> UpstreamAnswer:
        return await self.forwarder.resolve(question(text))

    def ready(self, text: str = "www.example.com", do: int = -1) -> CachedAnswer | None:
        name_and_type = names.from_text(text) + b"\0\1"
        return self.forwarder.lookup_cached(name_and_type, 0x0180, do)


@contextlib.asynccontextmanager
async def outside(
    behave: Behaviour, options: ForwardOptions = QUICK, cache: CacheOptions | None = None
) -> AsyncIterator[Outside]:
    async with upstream(behave) as server:
        made = Outside(server, options, cache or CacheOptions(client_timer=0.05))
        with contextlib.closing(made):
            yield made


def addresses(answer: UpstreamAnswer) -> list[bytes]:
    return [record.rdata for record in answer.sections.answer]


def ede(answer: UpstreamAnswer) -> int | None:
    return answer.extended_errors[0][0] if answer.extended_errors else None
