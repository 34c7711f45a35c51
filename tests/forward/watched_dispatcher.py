"""Upstreams over real sockets, the notes that they told, and servers to ask."""

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Sequence

from msgspec import structs

from svcdns.dns.wire import names
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.health_checks import CheckIntervals
from svcdns.forward.options import ForwardOptions, Policy, Route, Upstream
from svcdns.forward.questions import UpstreamAnswer
from svcdns.forward.upstream_client import UpstreamClients
from tests.forward.fake_upstreams import Behaviour, fine, good
from tests.forward.fake_upstreams import Upstream as Server
from tests.forward.fake_upstreams import upstream as serve
from tests.forward.test_upstream_probes import KEY, of

ROOT = names.ROOT
CORP = names.from_text("corp.example.")
QUICK = CheckIntervals(
    files_reload=0.02, initial_probe=0.02, max_probe=0.05, loop_recheck=0.05, suspect_timeout=0.2
)
QUIET = CheckIntervals(
    files_reload=60.0, initial_probe=600.0, max_probe=600.0, loop_recheck=600.0, suspect_timeout=0.2
)
"""Nothing happens in the background after the start."""


def addresses(answer: UpstreamAnswer) -> list[str]:
    return [socket.inet_ntoa(record.rdata) for record in answer.sections.answer]


def users(server: Server) -> Server:
    """Count what is asked from now on."""
    server.asked = 0
    return server


class Watched(Dispatcher):
    """With the notes that it told."""

    def __init__(self, routes: Sequence[Route], clients: UpstreamClients, pace: CheckIntervals) -> None:
        self.notes: list[ForwardEvent] = []
        super().__init__(routes, clients, time.monotonic, self.notes.append, KEY, pace)

    def told(self, kind: str) -> list[str]:
        return [note.text for note in self.notes if note.kind == kind]


@contextlib.asynccontextmanager
async def watched(
    *given: Route | Server,
    policy: Policy = "sequential",
    pace: CheckIntervals = QUIET,
    start: bool = False,
    per_try: float = 1.0,
) -> AsyncIterator[Watched]:
    """The default route to these servers, or these routes; a route's own options stay."""
    servers = [of(one) for one in given if isinstance(one, Server)]
    routes = [one for one in given if isinstance(one, Route)] or [Route(ROOT, tuple(servers))]
    options = ForwardOptions(policy=policy, timeout=2.5 * per_try, attempts=2.5)
    clients = UpstreamClients()
    routes = [
        structs.replace(route, options=options) if route.options == ForwardOptions() else route
        for route in routes
    ]
    made = Watched(routes, clients, pace)
    if start:
        made.start()
    try:
        yield made
    finally:
        made.close()
        clients.close()


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
