"""A forwarder with one upstream, over real sockets; the time is the test's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from svcdns.dns.wire import messages, names
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.questions import UpstreamAnswer
from svcdns.forward.settings import Asking, Forwarding, Keeping, Route
from svcdns.forward.settings import Upstream as Address
from svcdns.forward.upstream_client import UpstreamClient
from tests.forward.fake_upstreams import Behaviour, Upstream, upstream
from tests.forward.transport_helpers import question

QUICK = Asking(per_try=0.2, in_all=0.5)


class Outside:
    """A forwarder with one upstream, and the clock of its cache."""

    def __init__(self, server: Upstream, asking: Asking, keeping: Keeping) -> None:
        self.now = 100.0
        self.server = server
        loop = asyncio.get_running_loop()
        route = Route(names.ROOT, (Address(*server.address[:2]),))
        forwarding = Forwarding((route,), asking, keeping)
        exchange = UpstreamClient(asking, loop.time)
        upstreams = Dispatcher(forwarding, exchange, loop.time, lambda note: None, b"key")
        self.forwarder = Forwarder(forwarding, upstreams, lambda: self.now)
        self.close = exchange.close

    async def ask(self, text: str = "www.example.com") -> UpstreamAnswer:
        return await self.forwarder.resolve(question(text))

    def ready(
        self, text: str = "www.example.com", do: int = -1
    ) -> tuple[int, bytes, messages.OptRecords] | None:
        name_and_type = names.from_text(text) + b"\0\1"
        return self.forwarder.lookup_cached(name_and_type, 0x0180, do)


@contextlib.asynccontextmanager
async def outside(
    behave: Behaviour, asking: Asking = QUICK, keeping: Keeping | None = None
) -> AsyncIterator[Outside]:
    async with upstream(behave) as server:
        made = Outside(server, asking, keeping or Keeping(client_timer=0.05))
        with contextlib.closing(made):
            yield made


def addresses(answer: UpstreamAnswer) -> list[bytes]:
    return [record.rdata for record in answer.sections.answer]


def ede(answer: UpstreamAnswer) -> int | None:
    return answer.extended_errors[0][0] if answer.extended_errors else None
