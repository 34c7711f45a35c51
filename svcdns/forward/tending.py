"""What goes on in the background: upstreams that are new, down or left out, and files that change.

    new, just down, just back    loop probes: does it lead back to this server?
    left out                     the same every minute, until all of them end elsewhere
    down                         a probe after each pause, until one is answered
    in use                       nothing: users' questions tell
    others than before           once: do those of one route agree?

Where several servers stand behind one address, a probe may miss the loop at first. The questions that
run into it then make the upstream go down, and it is probed again.
"""

import asyncio
import contextlib
import functools
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Coroutine

from msgspec import Struct

from svcdns.dns import names
from svcdns.forward import health
from svcdns.forward.member import Member
from svcdns.forward.notes import Note
from svcdns.forward.pool import Pool
from svcdns.forward.probe import Prober

log = logging.getLogger("svcdns.forward")

PROBES = 3
"""Loop probes at once: several servers may stand behind one address."""
PROBES_TO_END = 10
"""That must all have ended elsewhere before one that was left out is asked again."""

_uniform = secrets.SystemRandom().uniform


class Pace(Struct, frozen=True):
    """Seconds."""

    files: float = 5.0
    """Between looks at the files."""
    first_probe: float = 0.5
    """The longest pause before the first probe of one that is down; then twice as long, and so on."""
    slowest_probe: float = 30.0
    left_out: float = 60.0
    """Between loop probes of one that is left out, a quarter more or less."""


class Tender:
    """Tends the pools of one worker, from `start` to `close`."""

    def __init__(
        self,
        pools: Collection[Pool],
        loop_key: bytes,
        clock: Callable[[], float],
        tell: Callable[[Note], None],
        pace: Pace,
    ) -> None:
        self._pools = pools
        self._probers = {
            pool: Prober(pool.exchange, loop_key, pool.options.attempt_timeout) for pool in pools
        }
        self._clock = clock
        self._tell = tell
        self._pace = pace
        self._tasks: dict[object, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin; needs a running loop."""
        for pool in self._pools:
            self._take_up(pool)
        self._begin(self, self._forever(self._look_at_files))

    def close(self) -> None:
        """End all of it."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    def _begin(self, key: object, work: Coroutine[None, None, None]) -> None:
        self._end(key)
        self._tasks[key] = asyncio.get_running_loop().create_task(work)

    def _end(self, key: object) -> None:
        if task := self._tasks.pop(key, None):
            task.cancel()

    def _take_up(self, pool: Pool) -> None:
        """Its members are others now: tend the new ones, forget those that are gone."""
        staying = {member for other in self._pools for member in other.members}
        for key in [key for key in self._tasks if isinstance(key, Member) and key not in staying]:
            self._end(key)
        for member in pool.members:
            if member not in self._tasks:
                self._begin(member, self._forever(functools.partial(self._tend, self._probers[pool], member)))
        self._begin(pool, self._compare(pool))

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception:  # a bug must cost one probe, not all that would follow
                log.exception("the upstreams' background")
                await asyncio.sleep(self._pace.files)

    async def _look_at_files(self) -> None:
        await asyncio.sleep(self._pace.files)
        for pool in self._pools:
            if pool.look():
                text = f"the {pool} are now {pool.listed()}"
                self._tell(Note("resolv-conf", names.to_text(pool.suffix), text))
                self._take_up(pool)

    async def _tend(self, prober: Prober, member: Member) -> None:
        member.changed.clear()
        if not member.proven.is_set():
            await self._prove(prober, member)
        elif member.left_out:
            await _rest(member, self._pace.left_out * _uniform(0.75, 1.25))
            await self._prove(prober, member)
        elif not member.health.up:
            await self._revive(prober, member)
        else:
            await _rest(member, None)

    async def _prove(self, prober: Prober, member: Member) -> None:
        count = PROBES_TO_END if member.left_out else PROBES
        found = await prober.leads_back(member.upstream, member.suffix, count)
        member.proved(member.left_out if found is None else found)

    async def _revive(self, prober: Prober, member: Member) -> None:
        pace = self._pace
        await _rest(member, health.pause(member.attempts, pace.first_probe, pace.slowest_probe, _uniform))
        if member.health.up:  # a user's question was quicker
            return
        member.attempts += 1
        sent = self._clock()
        if await prober.opinion(member.upstream, member.suffix):
            member.revived(sent, self._clock())
        else:
            member.probes_failed += 1

    async def _compare(self, pool: Pool) -> None:
        for member in pool.members:
            await member.proven.wait()
        used = [member.upstream for member in pool.members if not member.left_out]
        if text := await self._probers[pool].disagreement(used, pool.suffix):
            self._tell(Note("disagree", names.to_text(pool.suffix), text))


async def _rest(member: Member, seconds: float | None) -> None:
    """Until the time is over, or something has changed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await member.changed.wait()
