"""Keeps a crew at work: who ends or hangs is replaced, a damaged table is made anew, the crew of
another configuration takes over.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Callable

from svcdns import errors
from svcdns.serve import changeover, channel, greeting, lameduck, stored
from svcdns.serve.children import Child
from svcdns.serve.crew import Crew, Post
from svcdns.serve.hearsay import Hearsay
from svcdns.serve.lookout import Lookout
from svcdns.serve.runtime_config import RuntimeConfig
from svcdns.serve.sockets import Sockets
from svcdns.table.files import StateFolder

log = logging.getLogger("svcdns.supervisor")

STOP_TIMEOUT = 10.0
"""Seconds that children have to end after they were told to."""
LATE = 1.0
"""Seconds after which no more is waited for workers that begin: what hinders them, others may show."""
LAST_LINES = 2.0
"""Seconds for those of the query log, which waits for who reads them: perhaps nobody does."""
HUNG, HUNG_WATCHER = 5.0, 180.0
"""Seconds of silence after which one is replaced; a watcher is silent while it makes a large table."""

_TABLE_FAULTS = (signal.SIGBUS, signal.SIGSEGV)
"""What ends a process that reads a map of a file that was cut or damaged."""


class Keeper:
    """Of one server; in an event loop."""

    def __init__(
        self, config: RuntimeConfig, state: StateFolder, opened: list[Sockets], failed: Callable[[int], None]
    ) -> None:
        """`failed` is told the exit code when nothing can be served. Raises ConfigError."""
        self._state = state
        self._failed = failed
        self._stopping = False
        self._damaged = False
        self._greeted = False
        self._hearsay = Hearsay(time.monotonic)
        self._post = Post(state.path, opened, secrets.token_bytes(16), self._received, self._ended)
        self._crew = Crew(config, state.live, self._post)
        self.lookout = Lookout(config.only_listener.listen, state.path, opened, self._crew.all)

    @property
    def config(self) -> RuntimeConfig:
        """What is served now."""
        return self._crew.config

    async def answer(self, has_answers: bool) -> None:
        """Begin, with a table that has answers or none; returns when the workers are there, or late."""
        self.lookout.laid(has_answers)
        crew = self._crew
        for child in crew.all:
            if child is not crew.watcher:
                child.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LATE):
                for worker in crew.workers:
                    await worker.ready.wait()

    def watch(self) -> None:
        """Begin to follow the source; where the table was found damaged meanwhile, `look_after` does."""
        watcher = self._crew.watcher
        if not self._damaged and not watcher.pid:
            watcher.unplan()
            watcher.start()

    async def change(self, config: RuntimeConfig) -> None:
        """Serve by another configuration, without a query lost; raises SvcdnsError where that cannot be."""
        last, table = self._crew, self._crew.table
        if config.identity != last.config.identity:
            table = self._state.live if table == self._state.other else self._state.other
            stored.lay(config, self._state, table)
        new = Crew(config, table, self._post, last)
        await changeover.begin(last, new)
        self._crew = new
        self.lookout.follow(new.all, new.watcher is not last.watcher and new.watcher.ready.is_set())
        await changeover.end(last, new)
        if table != last.table:
            self._state.remove(last.table)

    async def answer_on(self, most: float) -> None:
        """Say that it is stopping, and wait until nobody asks any more, so many seconds at most."""
        self.lookout.stopping = True
        await lameduck.until_quiet(self.lookout.queries, most)

    async def stop(self) -> None:
        """End all, those who answer first; the watcher saves the table."""
        self._stopping = self.lookout.stopping = True
        crew = self._crew
        for children, patience in (
            (crew.workers, STOP_TIMEOUT),
            ([crew.watcher], STOP_TIMEOUT),
            ([crew.log], LAST_LINES),
        ):
            for child in children:
                child.retire()
            for child in children:
                await child.gone(patience)
        self._state.close()

    def _received(self, child: Child, message: channel.Message) -> None:
        self.lookout.told(child, message)
        if isinstance(message, channel.Told):
            self._hearsay.heard(message.note)
        elif isinstance(message, channel.Ready) and child.name == channel.WATCHER:
            log.info("ready: %d Services", message.services)
            if not self._greeted and self.config.logs.format == "text":
                greeting.show(self.config, message.services, message.examples)
            self._greeted = True

    def _ended(self, child: Child, code: int) -> bool:
        """Whether the child is to be started again."""
        self.lookout.ended(child)
        if self._stopping or self._damaged or child.is_leaving:
            return False
        if child.name == channel.WATCHER and 0 < code < 64 and not child.ready.is_set():
            if child is not self._crew.watcher:
                return False
            if not self._greeted:
                self._failed(code)
                return False
        log.warning("%s ended by %s; starting another", child.name, _cause(code))
        if -code in _TABLE_FAULTS:
            self._damaged = True
            for other in self._crew.readers:
                other.unplan()
                other.kill()
            return False
        if child.name != channel.WATCHER:
            self._crew.watcher.send(channel.ReaderDied())
        self.lookout.replaced(child)
        return True

    def look_after(self) -> None:
        """Children have ended: a damaged table is made anew when nobody has it open any more."""
        if not self._damaged or self._stopping or any(child.pid for child in self._crew.readers):
            return
        self._damaged = False
        log.warning("the table may be damaged: it is made anew")
        try:
            self.lookout.laid(stored.lay(self.config, self._state, self._crew.table))
        except errors.TableError as error:
            log.error("%s", error)
            self._failed(error.exit_code)
            return
        for child in self._crew.readers:
            self.lookout.replaced(child)
            child.start_again()

    async def replace_hung(self) -> None:
        """End who tells nothing of itself any more, until cancelled; another takes its place."""
        awake = time.monotonic()
        while True:
            slept = time.monotonic()
            await asyncio.sleep(channel.TELL)
            now = time.monotonic()
            if now - slept > 2 * channel.TELL:  # this process was stopped: perhaps the others were
                awake = now
            for child in self._crew.readers:
                patience = HUNG_WATCHER if child is self._crew.watcher else HUNG
                if child.pid and min(self.lookout.silent(child, now), now - awake) > patience:
                    log.error("%s has said nothing for %d s: it is ended", child.name, patience)
                    child.kill()


def _cause(code: int) -> str:
    if -code in set(signal.Signals):
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
