"""Background work of one worker: upstreams that are new, down or looping, and files that change.

    new, just down, just back    loop probes: does it lead back to this server?
    looping                      the same every minute, until all of them end elsewhere
    suspect                      one probe: is it the upstream that is silent, or the names?
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

from svcdns import backoff
from svcdns.dns.wire import names
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.upstream_pool import UpstreamPool
from svcdns.forward.upstream_probes import Prober
from svcdns.forward.upstream_server import UpstreamServer

log = logging.getLogger("svcdns.forward")

LOOP_PROBES = 3
"""Loop probes sent at once: several servers may stand behind one address."""
# More than LOOP_PROBES: with several servers behind one address, a few probes may miss the loop.
LOOP_PROBES_TO_CLEAR = 10
"""Loop probes that all have to end elsewhere before a looping upstream is used again."""

_uniform = secrets.SystemRandom().uniform


class CheckIntervals(Struct, frozen=True):
    """How long the background work waits, in seconds."""

    files_reload: float = 5.0
    """The time between two looks at the files."""
    initial_probe: float = 0.5
    """The longest pause before the first probe of an upstream that is down; it doubles each time."""
    max_probe: float = 30.0
    suspect_timeout: float = 1.0
    """How long a suspect may take for the probe that decides; meanwhile questions still go to it."""
    loop_recheck: float = 60.0
    """The time between loop probes of a looping upstream, plus or minus a quarter."""


class HealthChecker:
    """Checks the upstreams of one worker, from `start` to `close`."""

    def __init__(
        self,
        pools: Collection[UpstreamPool],
        loop_key: bytes,
        clock: Callable[[], float],
        on_event: Callable[[ForwardEvent], None],
        intervals: CheckIntervals,
    ) -> None:
        self._pools = pools
        self._probers = {pool: Prober(pool.client, loop_key, pool.options.attempt_timeout) for pool in pools}
        self._clock = clock
        self._on_event = on_event
        self._intervals = intervals
        self._tasks: dict[object, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin the checks; needs a running loop."""
        for pool in self._pools:
            self._sync_tasks(pool)
        # The key is this object: keys of the other tasks are upstreams and pools.
        self._start_task(self, self._repeat(self._reload_files))

    def close(self) -> None:
        """End the checks."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    def _start_task(self, key: object, coroutine: Coroutine[None, None, None]) -> None:
        self._cancel_task(key)
        self._tasks[key] = asyncio.get_running_loop().create_task(coroutine)

    def _cancel_task(self, key: object) -> None:
        if task := self._tasks.pop(key, None):
            task.cancel()

    def _sync_tasks(self, pool: UpstreamPool) -> None:
        """Its upstreams have changed: check the new ones, and stop checking those that are gone."""
        # Of all pools: the tasks of other routes' upstreams are in the same dict, and stay.
        current_servers = {server for each_pool in self._pools for server in each_pool.servers}
        for key in list(self._tasks):
            if isinstance(key, UpstreamServer) and key not in current_servers:
                self._cancel_task(key)

        for server in pool.servers:
            if server not in self._tasks:
                check = functools.partial(self._check_server, self._probers[pool], server)
                self._start_task(server, self._repeat(check))

        # Started anew: a comparison that still runs is of the upstreams as they were.
        self._start_task(pool, self._compare_answers(pool))

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception:  # a bug must cost one probe, not all that would follow
                log.exception("the upstreams' background")
                await asyncio.sleep(self._intervals.files_reload)

    async def _reload_files(self) -> None:
        await asyncio.sleep(self._intervals.files_reload)
        for pool in self._pools:
            if pool.reload_files():
                text = f"the {pool} are now {pool.format_upstreams()}"
                self._on_event(ForwardEvent("resolv-conf", names.to_text(pool.suffix), text))
                self._sync_tasks(pool)

    async def _check_server(self, prober: Prober, server: UpstreamServer) -> None:
        # Cleared first: what changes during this step begins the next one.
        server.state_changed.clear()

        if not server.loop_checked.is_set():
            await self._check_loop(prober, server)
        elif server.is_looping:
            # Random, so that workers and replicas do not probe in step.
            await _wait_for_change(server, self._intervals.loop_recheck * _uniform(0.75, 1.25))
            await self._check_loop(prober, server)
        elif not server.health.is_up:
            await self._probe_down_server(prober, server)
        elif server.health.is_suspect:
            await self._probe_suspect(prober, server)
        else:
            await _wait_for_change(server, None)

    async def _check_loop(self, prober: Prober, server: UpstreamServer) -> None:
        # One probe that comes back proves a loop. That none does proves less.
        count = LOOP_PROBES_TO_CLEAR if server.is_looping else LOOP_PROBES
        is_looping = await prober.detect_loop(server.upstream, server.suffix, count)

        # Without an answer nothing is known, so nothing changes.
        server.record_loop_check(server.is_looping if is_looping is None else is_looping)

    async def _probe_suspect(self, prober: Prober, server: UpstreamServer) -> None:
        sent_at = self._clock()
        if await prober.probe(server.upstream, server.suffix, self._intervals.suspect_timeout):
            server.record_probe_answer(sent_at, self._clock())
        else:
            server.failed_probe_count += 1
            server.record_probe_failure(sent_at)

    async def _probe_down_server(self, prober: Prober, server: UpstreamServer) -> None:
        pause = backoff.jittered(
            server.probe_attempts, self._intervals.initial_probe, self._intervals.max_probe, _uniform
        )
        await _wait_for_change(server, pause)
        if server.health.is_up:  # a user's question was quicker
            return

        # Reset only by an answer to a user's question, so one that answers probes alone is probed ever less.
        server.probe_attempts += 1
        sent_at = self._clock()
        if await prober.probe(server.upstream, server.suffix):
            server.record_probe_answer(sent_at, self._clock())
        else:
            server.failed_probe_count += 1

    async def _compare_answers(self, pool: UpstreamPool) -> None:
        for server in pool.servers:
            # An upstream that leads back here would agree with itself, or disagree by our own answer.
            await server.loop_checked.wait()

        used = [server.upstream for server in pool.servers if not server.is_looping]
        if text := await self._probers[pool].find_disagreement(used, pool.suffix):
            self._on_event(ForwardEvent("disagree", names.to_text(pool.suffix), text))


async def _wait_for_change(server: UpstreamServer, timeout: float | None) -> None:
    """Wait until the state has changed, or at most `timeout` seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await server.state_changed.wait()
