"""What API servers do to those who watch them. Each fault ends, and the answers are what is true again."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

from tests.certificates import make_certificate
from tests.fake_apiserver import PATHS, TOKEN, refusal
from tests.faults.load import Counts
from tests.faults.world import World

Run: TypeAlias = Callable[[World], Awaitable[None]]


class Fault(NamedTuple):
    """What happens, and what the server must have said of it (nothing: it is no trouble)."""

    run: Run
    says: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return self.run.__name__.replace("_", " ")


class Borne(NamedTuple):
    """A fault that is over, the seconds until all was well again, and what came of queries meanwhile."""

    fault: Fault
    seconds: float
    counts: Counts

    def __str__(self) -> str:
        return f"{self.fault.name}: well after {self.seconds:.1f} s; {self.counts}"


async def happens(fault: Fault, world: World) -> Borne:
    """Let it happen, and wait until all is well again."""
    before, counts = world.log(), world.load.counts
    await fault.run(world)
    seconds = await world.heals()
    await world.load.settle()
    log = world.log().removeprefix(before)
    assert fault.says in log, f"{fault.name}: {fault.says!r} was not said:\n{log}"
    assert "Traceback" not in log, log
    return Borne(fault, seconds, world.load.counts - counts)


async def a_watch_falls_silent(world: World) -> None:
    """Connections stay, and nothing comes: no event, no bookmark."""
    world.api.frozen = True
    await asyncio.sleep(2 * world.times.stale_after)
    world.api.frozen = False


async def the_history_is_gone_again_and_again(world: World) -> None:
    """410 for every watch that goes on from somewhere."""
    for _ in range(15):
        world.api.compact()
        world.api.drop()
        await asyncio.sleep(0.1)


async def too_many_requests(world: World) -> None:
    """429 with Retry-After, for lists as for watches."""
    world.api.refuse = [refusal(429, "slow down", **{"Retry-After": "1"}) for _ in range(10)]
    world.api.drop()
    await asyncio.sleep(1)


async def it_fails(world: World) -> None:
    """500 for all, for longer than a watch may be silent."""
    world.api.refused_paths = dict.fromkeys(PATHS, 500)
    world.api.drop()
    await asyncio.sleep(world.times.stale_after + 1)
    world.api.refused_paths = {}


async def events_are_sent_by_halves(world: World) -> None:
    """A watch breaks off in an event, five times."""
    for _ in range(5):
        world.api.half_event = True
        await asyncio.sleep(0.3)


async def a_watch_says_what_is_no_event(world: World) -> None:
    """A proxy's words, and an event that is cut and goes on with another."""
    world.api.last_words = [b"<html>502 Bad Gateway</html>\n", b'{"type": "ADDED", "obj{"type"\n'] * 3
    world.api.drop()
    await asyncio.sleep(0.5)


async def lists_are_slow(world: World) -> None:
    """Each page takes half the time that it may, while the history is gone."""
    world.api.slowness = min(world.times.page_timeout / 2, 5.0)
    world.api.compact()
    world.api.drop()
    await asyncio.sleep(world.api.slowness + 0.5)
    world.api.slowness = 0.0


async def the_token_ends(world: World) -> None:
    """Another is in the file only after a while."""
    world.api.token = "fresh"
    world.api.drop()
    await asyncio.sleep(world.times.credentials_check_interval + 1)
    path = world.folder / "kubeconfig"
    path.write_text(path.read_text().replace(TOKEN, "fresh"))
    await world.heals()
    path.write_text(path.read_text().replace("fresh", TOKEN))
    world.api.token = TOKEN


async def the_certificate_ends(world: World) -> None:
    """It is trusted, but its time is over; then comes another, which the kubeconfig's file has as well."""
    for days in (-1, 30):
        async with _restarting(world):
            certificate, key = make_certificate(world.folder, days=days)
            world.api.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            world.api.tls.load_cert_chain(certificate, key)
        await asyncio.sleep(world.times.stale_after + 1)


async def it_restarts(world: World) -> None:
    """As at each upgrade; the objects change meanwhile."""
    async with _restarting(world):
        await asyncio.sleep(1)


async def it_restarts_without_its_last_revisions(world: World) -> None:
    """etcd is restored from a backup: older objects, and a resourceVersion that comes again."""
    backup = await world.api.save()
    await asyncio.sleep(1)
    await goes_back(world, backup)


async def goes_back(world: World, backup: Any) -> None:
    """It is down, and comes up from what its `save` gave."""
    async with world.cluster.paused, _restarting(world):
        begun = time.monotonic()
        await world.api.restore(backup)
        world.cluster.went_back(begun)


async def it_is_gone_for_long(world: World) -> None:
    """The answers go on, marked; and new ones are not invented."""
    async with _restarting(world):
        await asyncio.sleep(world.times.stale_after + 1)
        stale = world.load.stale
        await asyncio.sleep(0.5)
        assert world.load.stale > stale, "nothing was marked"


@contextlib.asynccontextmanager
async def _restarting(world: World) -> AsyncIterator[None]:
    """It is down, and then there again, on the same port."""
    await world.api.stop()
    try:
        yield
    finally:
        await world.api.start()


FAULTS = (
    Fault(a_watch_falls_silent, "a watch was silent"),
    Fault(the_history_is_gone_again_and_again),
    Fault(too_many_requests, "refused (429)"),
    Fault(it_fails, "refused (500)"),
    Fault(events_are_sent_by_halves),
    Fault(a_watch_says_what_is_no_event, "a line of the watch is not an event"),
    Fault(lists_are_slow),
    Fault(the_token_ends, "refused (401)"),
    Fault(the_certificate_ends, "certificate has expired"),
    Fault(it_restarts),
    Fault(it_restarts_without_its_last_revisions),
    Fault(it_is_gone_for_long, "answers may be stale"),
)
